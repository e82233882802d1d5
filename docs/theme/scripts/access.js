/* What Material leaves out for who works by keyboard or by screen reader (WCAG 2.1.1, 4.1.2).

   The drawer and the branches of the navigation open by <label>s, which take no focus and say no
   name: each gets a button, laid over it (21-access.css). */
(() => {
  const all = (selector) => document.querySelectorAll(selector);
  const name = (selector, text) => all(selector).forEach((one) => (one.ariaLabel = text));

  const button = (label, text) => {
    if (label.querySelector("button")) return;
    const toggle = document.getElementById(label.htmlFor);
    const made = document.createElement("button");
    made.type = "button";
    made.ariaLabel = text;
    made.onclick = () => toggle.click();
    label.removeAttribute("tabindex");
    label.append(made);
    tell(toggle);
  };

  const tell = (toggle) => {
    for (const made of all(`label[for="${toggle.id}"] > button`)) made.ariaExpanded = toggle.checked;
  };

  const seen = (one) => one.checkVisibility({ visibilityProperty: true });

  const branch = (label) => (label.textContent.trim() ? label : label.previousElementSibling);

  /* What scrolls takes focus, so that arrow keys move it; what fits is no stop on the way. */
  const sizes = new ResizeObserver((entries) => {
    for (const { target } of entries)
      if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
  });

  const mend = () => {
    all(".md-header label[for=__drawer]").forEach((label) => button(label, "Navigation"));
    all(".md-nav--primary label.md-nav__link").forEach((label) =>
      button(label, `Pages of ${branch(label).textContent.trim()}`),
    );
    all(".md-nav--primary .md-nav .md-nav__title").forEach((label) =>
      button(label, `Back from ${label.textContent.trim()}`),
    );
    name(".md-search", "Search");
    name(".md-path", "Breadcrumbs");
    all(".md-code__nav").forEach((nav) => (nav.role = "none")); // a button each, not a landmark
    all(".formula-body, .md-typeset__scrollwrap, .md-content p:has(> math)").forEach((box) => sizes.observe(box));
  };

  document.addEventListener("change", ({ target }) => {
    if (target.matches(".md-toggle")) tell(target);
    if (target.id === "__drawer" && target.checked)
      [...all(".md-nav--primary .md-nav__list :is(a, button)")].find(seen)?.focus();
  });

  document.addEventListener("keydown", ({ key }) => {
    const drawer = document.getElementById("__drawer");
    if (key !== "Escape" || !drawer.checked) return;
    drawer.click();
    document.querySelector(".md-header label[for=__drawer] > button").focus();
  });

  /* Material adds parts late, and others with every page that it shows. */
  new MutationObserver(mend).observe(document.body, { childList: true, subtree: true });
  mend();
})();
