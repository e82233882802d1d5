/* Forms over tables of milestones (milestones/site/filters.py): one filters the rows, the other
   sorts them by nearness to a paper that the reader describes. What was asked stands in the
   address, so that an answer can be sent to somebody. */
(() => {
  const words = (text) => (text ?? "").split(" ").filter(Boolean);
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

  /* What a form asks: the answers to each question that has any. */
  function asked(form) {
    const data = new FormData(form);
    return Object.fromEntries(
      [...new Set(data.keys())]
        .map((name) => [name, data.getAll(name).filter((answer) => answer.trim())])
        .filter(([, answers]) => answers.length),
    );
  }

  function recall(form) {
    for (const [name, value] of new URLSearchParams(location.search))
      for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`))
        if (field.type === "checkbox") field.checked ||= field.value === value;
        else field.value = value;
  }

  function remember(questions) {
    const pairs = Object.entries(questions).flatMap(([name, answers]) => answers.map((answer) => [name, answer]));
    const address = new URL(location);
    address.search = new URLSearchParams(pairs);
    if (address.href !== location.href) history.replaceState(history.state, "", address);
  }

  /* A row stays if, for every question that has answers, it has one of them, and if it holds all
     words typed. What mirrors the table, as the skyline does, follows it. */
  function filtering(form, rows) {
    const texts = new Map(rows.map((row) => [row, plain(row.textContent)]));
    const mirrors = document.querySelectorAll(`[data-mirrors="${form.dataset.filters}"] [data-row]`);

    const fits = (row, { words: typed = [], ...facts }) =>
      Object.entries(facts).every(([name, answers]) =>
        words(row.dataset[name]).some((word) => answers.includes(word)),
      ) && words(plain(typed.join(" "))).every((word) => texts.get(row).includes(word));

    return (questions) => {
      for (const row of rows) row.hidden = !fits(row, questions);
      const left = rows.filter((row) => !row.hidden);
      const names = new Set(left.map((row) => row.id));
      for (const mark of mirrors) mark.classList.toggle("is-out", !names.has(mark.dataset.row));
      if (!left.length) return `None of ${rows.length} ${form.dataset.things}`;
      const share = left.length < rows.length ? `${left.length} of ` : "All ";
      return `${share}${rows.length} ${form.dataset.things}`;
    };
  }

  /* The rows nearest to a paper stand first: those that differ in the fewest ceilings, among them
     those that raised one of its ceilings most of all, and among them the nearest in time. */
  function placing(form, rows) {
    const SHOWN = 7;
    const names = new Map(
      [...form.querySelectorAll("[name=ceiling]")].map((box) => [box.value, box.dataset.name]),
    );
    const list = (keys) => keys.map((key) => names.get(key)).join(", ");

    function compare(row, { ceiling, year = [new Date().getFullYear()] }) {
      const raised = words(row.dataset.ceiling);
      const shared = raised.filter((key) => ceiling.includes(key));
      const more = raised.filter((key) => !ceiling.includes(key));
      const less = ceiling.filter((key) => !raised.includes(key));
      const parts = [["both raised", shared], ["only this one", more], ["only yours", less]];
      return {
        row,
        shared,
        apart: more.length + less.length,
        order: [more.length + less.length, ceiling.includes(raised[0]) ? 0 : 1, Math.abs(row.dataset.year - year[0])],
        says: parts.filter(([, keys]) => keys.length).map(([says, keys]) => `${says}: ${list(keys)}`).join(" · "),
      };
    }

    const before = (a, b) => a.order.map((value, at) => value - b.order[at]).find(Boolean) ?? 0;

    return (questions) => {
      const found = questions.ceiling
        ? rows.map((row) => compare(row, questions)).filter((one) => one.shared.length).sort(before)
        : [];
      const near = found.slice(0, SHOWN);
      for (const row of rows) {
        row.hidden = found.length > 0 && !near.some((one) => one.row === row);
        row.lastElementChild.textContent = "";
      }
      const body = rows[0].parentElement;
      body.append(...(near.length ? near.map((one) => one.row) : rows));
      for (const { row, says } of near) row.lastElementChild.textContent = says;
      if (!questions.ceiling) return "Pick a ceiling";
      const alike = found.filter((one) => one.apart === 0).length;
      if (!found.length) return `No milestone raised ${list(questions.ceiling)}: yours would be the first`;
      const raised = `raised exactly ${list(questions.ceiling)}`;
      return `${alike || "No"} ${alike === 1 ? "milestone" : "milestones"} ${raised}; the nearest ${near.length} are shown`;
    };
  }

  function start(form) {
    const table = document.getElementById(form.dataset.filters ?? form.dataset.places);
    const answer = (form.dataset.filters ? filtering : placing)(form, [...table.tBodies[0].rows]);
    const show = () => {
      const questions = asked(form);
      form.querySelector("output").textContent = answer(questions);
      remember(questions); // last, for a browser may refuse the hundredth address within a minute
    };
    recall(form);
    form.addEventListener("input", show);
    form.addEventListener("reset", () => setTimeout(show)); // the fields are emptied after this
    form.addEventListener("submit", (event) => event.preventDefault());
    form.dataset.ready = true;
    show();
  }

  function prepare() {
    for (const form of document.querySelectorAll("form.filter:not(.calculator, [data-ready])")) start(form);
  }

  prepare();
  window.document$?.subscribe(prepare); // each page that instant navigation brings; none by file://
})();
