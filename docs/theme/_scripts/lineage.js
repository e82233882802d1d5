/* Follow one milestone through the lineage (milestones/site/lineage.py): the one that the address
   names, or while it lasts the one under the pointer. */
(() => {
  let rows = new Map();

  /* All that can be reached from a milestone in one direction, without itself. */
  function reach(slug, next) {
    const found = new Set();
    const waiting = [slug];
    while (waiting.length)
      for (const other of next(waiting.pop()))
        if (!found.has(other)) {
          found.add(other);
          waiting.push(other);
        }
    return found;
  }

  const before = (slug) => rows.get(slug).dataset.before.split(" ").filter(Boolean);
  const after = (slug) => [...rows.keys()].filter((other) => before(other).includes(slug));

  function follow(slug) {
    const graph = document.querySelector(".lineage");
    const said = document.querySelector(".lineage__answer");
    const known = rows.has(slug);
    graph.classList.toggle("is-followed", known);
    said.textContent = "No milestone is chosen.";
    if (!known) return;
    const above = reach(slug, before);
    const below = reach(slug, after);
    const name = rows.get(slug).children[2].textContent;
    const count = (some, one, many) => `${some.size} ${some.size === 1 ? one : many}`;
    said.textContent = `${name}: ${count(above, "ancestor", "ancestors")}, ${count(below, "descendant", "descendants")}`;
    const upper = new Set([...above, slug]);
    const lower = new Set([...below, slug]);
    for (const [other, row] of rows) {
      row.classList.toggle("is-kin", upper.has(other) || lower.has(other));
      row.classList.toggle("is-chosen", other === slug);
    }
    for (const arc of graph.querySelectorAll("path")) {
      const { from, to } = arc.dataset;
      arc.classList.toggle("is-above", upper.has(from) && upper.has(to));
      arc.classList.toggle("is-below", lower.has(from) && lower.has(to));
    }
  }

  const chosen = () => location.hash.slice(1);

  function prepare() {
    rows = new Map([...document.querySelectorAll(".lineage li")].map((row) => [row.id, row]));
    if (!rows.size) return;
    follow(chosen());
    const graph = document.querySelector(".lineage");
    if (graph.dataset.ready) return;
    graph.dataset.ready = true;
    for (const [slug, row] of rows) {
      row.addEventListener("pointerenter", () => follow(slug));
      row.addEventListener("pointerleave", () => follow(chosen()));
      const choose = (event) => {
        event.preventDefault(); // the row is in view, and need not jump to the top
        event.stopPropagation(); // nor does instant navigation know better
        history.replaceState(history.state, "", `#${chosen() === slug ? "" : slug}`);
        follow(chosen());
      };
      for (const link of row.querySelectorAll(".lineage__mark, .lineage__planned")) link.addEventListener("click", choose);
    }
  }

  const forget = () => {
    history.replaceState(history.state, "", "#");
    follow("");
  };

  document.addEventListener("keydown", (event) => event.key === "Escape" && rows.has(chosen()) && forget());
  window.addEventListener("hashchange", () => rows.size && follow(chosen()));
  prepare();
  window.document$?.subscribe(prepare); // each page that instant navigation brings; none by file://
})();
