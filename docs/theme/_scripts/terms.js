/* A term of the glossary says its sentence where the pointer is on it (_styles/53-lists.css). SAYS, by
   the anchor of each, comes from milestones/site/theme.py: a page has the links alone. */
(() => {
  function explain() {
    for (const link of document.querySelectorAll(".md-content a[href*='glossary.html#']")) {
      const sentence = SAYS[link.hash.slice(1)];
      if (sentence) link.dataset.says = link.ariaDescription = sentence;
    }
  }

  explain();
  window.document$?.subscribe(explain);
})();
