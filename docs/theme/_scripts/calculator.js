/* The sums of milestones/common/budget.py, done again as the numbers change. */
(() => {
  const FIELDS = ["layers", "width", "vocabulary", "context", "words", "devices", "peak", "used"];
  const full = (value) => Math.round(value).toLocaleString("en");

  const three = (value) => value.toLocaleString("en", { maximumSignificantDigits: 3 });

  const UNITS = [[1e12, "trillion"], [1e9, "billion"], [1e6, "million"]];
  function short(value) {
    const [size, unit] = UNITS.find(([size]) => value >= size) ?? [1, ""];
    return size === 1 ? full(value) : `${three(value / size)} ${unit}`;
  }

  function bytes(value) {
    const [size, unit] = [[1e12, "TB"], [1e9, "GB"]].find(([size]) => value >= size) ?? [1e6, "MB"];
    return `${three(value / size)} ${unit}`;
  }

  function power(value) {
    const [mantissa, exponent] = value.toExponential(2).split("e");
    return `${Number(mantissa)} × 10<sup>${Number(exponent)}</sup>`;
  }

  function time(days) {
    const years = days / 365.25;
    if (years >= 1e12) return `${power(years)} years`;
    if (years >= 1e6) return `${short(years)} years`;
    if (days >= 2000) return `${three(years)} years`;
    if (days >= 2) return `${three(days)} days`;
    if (days * 86400 < 1) return "less than a second";
    return `${three(24 * days)} hours`;
  }

  /* Each line: what it is, how it is reckoned, what comes out. */
  function sums({ layers: L, width: d, vocabulary: V, context: T, words, devices, peak, used }) {
    const count = L * (12 * d * d + 13 * d) + (V + T) * d + 2 * d;
    const [half, eight, four] = [2, 1, 0.5].map((size) => size * count);
    const cards = (memory) => `${full(Math.ceil(memory / 24e9))} × 24 GB`;
    const cache = 4 * L * d * T;
    const operations = 6 * count * words * 1e9;
    const attention = (12 * L * d * T) / (6 * count);
    const days = operations / (devices * peak * 1e12 * (used / 100)) / 86400;
    return [
      ["Parameters", `${full(L)} × (12 × ${full(d)}² + 13 × ${full(d)}) + (${full(V)} + ${full(T)} + 2) × ${full(d)}`, full(count)],
      ["Weights, 16 bits", `2 × ${short(count)} bytes`, `${bytes(half)}: ${cards(half)}`],
      ["Weights, 8 and 4 bits", "half and a quarter of that", `${bytes(eight)}: ${cards(eight)}; ${bytes(four)}: ${cards(four)}`],
      ["Keys and values of a full text", `2 × ${full(L)} × ${full(d)} × ${full(T)} × 2 bytes`, bytes(cache)],
      ["Memory to train, with Adam", `16 × ${short(count)} bytes, and activations`, bytes(16 * count)],
      ["Operations to train", `6 × ${short(count)} × ${short(words * 1e9)}`, power(operations)],
      ["Attention, which this leaves out", `12 × ${full(L)} × ${full(d)} × ${full(T)} a word`, `${Number((100 * attention).toPrecision(2)).toLocaleString("en")} % more`],
      ["Time", `operations ÷ (${full(devices)} × ${peak} × 10<sup>12</sup> × ${used} %) seconds`, time(days)],
    ];
  }

  function start(form) {
    const field = (name) => form.elements[name];
    const list = form.querySelector("dl");

    function begin() {
      field("preset").value.split(" ").forEach((value, at) => (field(FIELDS[at]).value = value));
    }

    function show() {
      const wrong = FIELDS.find((name) => !field(name).checkValidity());
      if (wrong) {
        const name = field(wrong).labels[0].textContent;
        list.innerHTML = `<div><dt>${name}</dt><dd>${field(wrong).validationMessage}</dd></div>`;
        return;
      }
      const numbers = Object.fromEntries(FIELDS.map((name) => [name, field(name).valueAsNumber]));
      list.innerHTML = sums(numbers)
        .map(([what, how, result]) => `<div><dt>${what}</dt><dd><small>${how} =</small> <b>${result}</b></dd></div>`)
        .join("");
    }

    form.addEventListener("input", (event) => {
      if (event.target.name === "preset") begin();
      show();
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.dataset.ready = true;
    begin();
    show();
  }

  function prepare() {
    for (const form of document.querySelectorAll("form.calculator:not([data-ready])")) start(form);
  }

  prepare();
  window.document$?.subscribe(prepare); // each page that instant navigation brings; none by file://
})();
