/* The parts of the search that are seen once it is open, as Material's template has them. */
document.querySelector(".md-search__form")?.insertAdjacentHTML(
  "beforeend",
  `<nav class="md-search__options" aria-label="Search">
    <a href="javascript:void(0)" class="md-search__icon md-icon" title="Share" aria-label="Share" data-clipboard data-clipboard-text="" data-md-component="search-share" tabindex="-1">svg(material/share-variant)</a>
    <button type="reset" class="md-search__icon md-icon" title="Clear" aria-label="Clear" tabindex="-1">svg(material/close)</button>
  </nav>
  <div class="md-search__suggest" data-md-component="search-suggest"></div>`,
);
/* What it copies would be one letter behind the link itself. */
document.querySelector(".md-search__options > a")?.addEventListener("click", ({ currentTarget: link }) => {
  link.dataset.clipboardText = link.href;
});
document.querySelector(".md-search__form")?.insertAdjacentHTML(
  "afterend",
  `<div class="md-search__output">
    <div class="md-search__scrollwrap" tabindex="0" data-md-scrollfix>
      <div class="md-search-result" data-md-component="search-result">
        <div class="md-search-result__meta">Initializing search</div>
        <ol class="md-search-result__list" role="presentation"></ol>
      </div>
    </div>
  </div>`,
);
