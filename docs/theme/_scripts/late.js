/* Material begins when the page has been read, and comes later than that: it is told again. Apart, so
   that what a reader does meanwhile is answered between the two. */
setTimeout(() => {
  document.dispatchEvent(new Event("DOMContentLoaded"));
  document.documentElement.dataset.ready = true; // for tests and pictures
});
