/* Each heading and each claim links to itself, for who wants to send others there. */
(() => {
  function link() {
    for (const heading of document.querySelectorAll(".md-content :is(h2, h3, h4, h5, h6)[id]:not(:has(.headerlink))"))
      heading.insertAdjacentHTML("beforeend", `<a class="headerlink" href="#${heading.id}" title="Link to this section">¶</a>`);
    for (const label of document.querySelectorAll(".claim__label:not([href])"))
      label.href = `#${label.closest("[id]").id}`;
  }

  link();
  window.document$?.subscribe(link);
})();
