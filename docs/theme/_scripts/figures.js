/* Figures: a series of frames becomes a slider, and every figure opens larger.
   Without this script the first and the last frame are shown (_styles/42-frames.css), and a
   figure is a link to its own file. */
(() => {
  const PACE = 700; // milliseconds a frame: time to look, and not only to see it move

  function slider(figure) {
    const frames = [...figure.querySelectorAll(".frame")];
    const labels = frames.map((frame) => frame.querySelector("span").textContent);
    const controls = document.createElement("p");
    controls.className = "frames__controls";
    controls.innerHTML =
      '<button type="button">Play</button>' +
      `<input type="range" min="0" max="${frames.length - 1}" value="0" autocomplete="off">` +
      '<span aria-hidden="true"></span>'; // what is heard is the slider's text
    const [button, range, label] = controls.children;
    range.setAttribute("aria-label", figure.dataset.frames);
    label.style.minWidth = `${Math.max(...labels.map((text) => text.length))}ch`;
    let timer = 0;

    function show(index) {
      range.value = index;
      range.setAttribute("aria-valuetext", (label.textContent = labels[index]));
      frames.forEach((frame, n) => frame.classList.toggle("frame--shown", n === index));
    }

    function stop() {
      clearInterval(timer);
      timer = 0;
      button.textContent = "Play";
    }

    function step() {
      const next = range.valueAsNumber + 1;
      if (frames[next].querySelector("img").complete) show(next);
      if (range.value === range.max || !figure.isConnected) stop();
    }

    button.addEventListener("click", () => {
      if (timer) return stop();
      if (range.value === range.max) show(0);
      timer = setInterval(step, PACE);
      button.textContent = "Pause";
    });
    range.addEventListener("input", () => {
      stop();
      show(range.valueAsNumber);
    });
    frames.at(-1).after(controls);
    show(0);
  }

  function enlarge(link) {
    const small = link.querySelector("img");
    const large = small.cloneNode();
    large.loading = "eager";
    const [width, height] = ["width", "height"].map((side) => small.getAttribute(side));
    large.style.cssText = `--width: ${width}px; --ratio: ${width / height}`;
    const dialog = document.createElement("dialog");
    dialog.className = "zoomed";
    dialog.setAttribute("aria-label", "Enlarged figure");
    dialog.innerHTML = '<button type="button">Close</button>';
    dialog.append(large);
    dialog.addEventListener("click", (event) => event.target === large || dialog.close());
    dialog.addEventListener("close", () => dialog.remove()); // the focus has gone back to the link
    document.body.append(dialog);
    dialog.showModal();
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.zoom");
    const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (!link || elsewhere) return; // a new tab or window is the reader's choice
    event.preventDefault();
    enlarge(link);
  });

  function prepare() {
    document.querySelector("dialog.zoomed")?.remove();
    // A browser that cannot tell the style sheet about scripts keeps the first and the last frame.
    if (!matchMedia("(scripting: enabled)").matches) return;
    for (const figure of document.querySelectorAll("figure.frames"))
      if (!figure.querySelector(".frames__controls")) slider(figure);
  }

  prepare();
  window.document$?.subscribe(prepare); // each page that instant navigation brings; none by file://
})();
