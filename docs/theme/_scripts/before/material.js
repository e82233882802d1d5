/* What Material's pages say themselves, and what its script would do at once. This runs before that
   script; pages say it no more. */
(() => {
  /* Where the site begins. What a reader chose is kept by site, for several may share a server. */
  const scope = new URL("..", document.currentScript.src);
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
  const folder = location.protocol === "file:";
  if (folder) document.querySelector("link[rel=alternate]")?.remove();

  if (document.getElementById("__config")) return; // Zensical's script has settings of its own
  const settings = {
    base: scope,
    features: FEATURES.filter((feature) => !folder || !feature.startsWith("navigation.instant")),
    search: new URL("hashed(assets/javascripts/workers/search.*.min.js)", scope),
    translations: {
      "clipboard.copy": "Copy to clipboard",
      "clipboard.copied": "Copied to clipboard",
      "search.result.placeholder": "Type to start searching",
      "search.result.none": "No page has these words",
      "search.result.one": "1 page",
      "search.result.other": "# pages",
      "search.result.more.one": "1 more on this page",
      "search.result.more.other": "# more on this page",
      "search.result.term.missing": "Missing",
    },
  };
  const config = Object.assign(document.createElement("script"), { id: "__config", type: "application/json" });
  config.textContent = JSON.stringify(settings);
  document.body.append(config);
})();
