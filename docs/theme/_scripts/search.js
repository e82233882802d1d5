/* The page of a topic holds many milestones, and the search would fold away all but the first that
   it found there: they are shown by name (50-browse.css). */
(() => {
  const list = document.querySelector(".md-search-result__list");
  if (!list) return;
  const unfold = () => {
    for (const folded of list.querySelectorAll("[href*='/topics/'] ~ details:not([open])"))
      if (!folded.dataset.seen) folded.open = folded.dataset.seen = true;
  };
  new MutationObserver(unfold).observe(list, { childList: true });
})();
