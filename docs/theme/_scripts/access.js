/* What Material leaves out for who works by keyboard or by screen reader (WCAG 2.1.1, 4.1.2).

   The drawer and the branches of the navigation open by <label>s, which take no focus and say no
   name: each gets a button, laid over it (21-access.css). */
(() => {
  const SCROLLS = ".formula > div, .md-typeset__scrollwrap, .md-content p:has(> math), pre > code";
  const all = (selector) => document.querySelectorAll(selector);

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
    toggle.closest(".md-nav")?.classList.toggle("md-nav--under", toggle.checked);
  };

  const seen = (one) => one.checkVisibility({ visibilityProperty: true });

  const branch = (label) => (label.textContent.trim() ? label : label.previousElementSibling);

  /* What scrolls takes focus, so that arrow keys move it; what fits is no stop on the way. */
  const sizes = new ResizeObserver((entries) => {
    for (const { target } of entries)
      if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
  });

  /* On a narrow screen the drawer has the page's contents, too. */
  const fill = (toggle) => {
    const contents = document.querySelector(".md-sidebar--secondary .md-nav--secondary");
    if (!contents || toggle.parentElement.querySelector(".md-nav--secondary")) return;
    toggle.parentElement.append(contents.cloneNode(true));
  };

  const watched = new WeakSet();

  let waiting = false;
  const mend = () => {
    all("#__toc").forEach(fill);
    all(".md-header label[for=__drawer]").forEach((label) => button(label, "Navigation"));
    all(".md-nav--primary label.md-nav__link").forEach((label) =>
      button(label, `Pages of ${branch(label).textContent.trim()}`),
    );
    all(".md-nav--primary .md-nav .md-nav__title").forEach((label) =>
      button(label, `Back from ${label.textContent.trim()}`),
    );
    all(".md-search:not([aria-label])").forEach((search) => (search.ariaLabel = "Search"));
    all(".md-path[aria-label=Navigation]").forEach((path) => (path.ariaLabel = "Breadcrumbs"));
    all(".md-code__nav:not([role])").forEach((nav) => (nav.role = "none")); // not a landmark each
    for (const box of all(SCROLLS)) if (!watched.has(box)) sizes.observe(box), watched.add(box);
    waiting = false;
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
  new MutationObserver(() => {
    /* A tooltip goes when the focus does, so that it is no place for it; its note stands on the page. */
    for (const link of all(".md-tooltip2 a:not([tabindex])")) link.tabIndex = -1;
    if (!waiting) waiting = !!requestAnimationFrame(mend);
  }).observe(document.body, { childList: true, subtree: true });
  mend();
})();
