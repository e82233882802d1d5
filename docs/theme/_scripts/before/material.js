/* What Material's pages say in their heads, and what its script would do at once. This runs before
   that script; pages say it no more. */
(() => {
  const settings = JSON.parse(__config.textContent);

  /* Where it keeps what a reader chose: by site, for several may share a server. */
  const scope = new URL(settings.base, location);
  const place = (key, within) => `${within.pathname}.${key}`;
  window.__md_scope = scope;
  window.__md_get = (key, storage = localStorage, within = scope) => JSON.parse(storage.getItem(place(key, within)));
  window.__md_set = (key, value, storage = localStorage, within = scope) => {
    try {
      storage.setItem(place(key, within), JSON.stringify(value));
    } catch {} // a browser that keeps nothing: the choice holds for this page
  };

  /* The search's index would come with the first page of every visit, though few visits search: it
     waits until the search is opened, or a page is to show what was searched for. */
  const { open, send } = XMLHttpRequest.prototype;
  XMLHttpRequest.prototype.open = function (method, url, ...rest) {
    this.waits = String(url).endsWith("/search_index.json") && !/[?&][hq]=/.test(location.search);
    return open.call(this, method, url, ...rest);
  };
  XMLHttpRequest.prototype.send = function (...body) {
    const toggle = this.waits && document.getElementById("__search");
    if (!toggle || toggle.checked) return send.apply(this, body);
    toggle.addEventListener("change", () => send.apply(this, body), { once: true });
  };

  /* It writes every address anew at once, so that they hold on the next page, too; for the style sheet
     that means to be read and applied again, and letters that came late would change now. So that
     one is written when a link is followed. */
  for (const sheet of document.querySelectorAll("link[rel=stylesheet]")) {
    const whole = sheet.href;
    const write = ({ target }) => {
      if (!target.closest("a[href]")) return;
      removeEventListener("click", write, true);
      delete sheet.href;
      sheet.href = whole;
    };
    Object.defineProperty(sheet, "href", { configurable: true, get: () => whole, set() {} });
    addEventListener("click", write, true);
  }

  /* From a folder it would wait for instant navigation, which cannot be there, and show no buttons;
     and it would ask for a sitemap wherever there is a feed. */
  if (location.protocol === "file:") {
    settings.features = settings.features.filter((feature) => !feature.startsWith("navigation.instant"));
    __config.textContent = JSON.stringify(settings);
    document.querySelector("link[rel=alternate]")?.remove();
  }
})();
