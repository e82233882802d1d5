"""Nothing leaves the site: no request to another host, no cookie, nothing kept but the scheme."""

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

from browser import show

# Addresses in the theme's scripts, and why none of them is ever asked.
NEVER_ASKED = {
    "https://unpkg.com/mermaid@11/dist/mermaid.min.js": "no page has a Mermaid diagram",
    "https://unpkg.com/resize-observer-polyfill": "for browsers from before 2020",
    "https://api.github.com/users/${e}": "no repository is named beside the search",
    "https://api.github.com/repos/${e}/${t}": "likewise",
    "https://${e}/api/v4/projects/${encodeURIComponent(t": "likewise",
    "https://bit.ly/2s3ChXG": "words of a warning",
    "http://www.w3.org/1999/xhtml": "a name, not an address",
    "http://www.w3.org/2000/svg": "likewise",
    "http://www.w3.org/1999/xlink": "likewise",
    "http://www.w3.org/1998/Math/MathML": "likewise",
}
# Elements whose addresses a browser fetches by itself; that of <a> it does not.
FETCHED = {
    "href": {"image", "use", "feimage"},
    "src": {
        "audio",
        "embed",
        "frame",
        "iframe",
        "img",
        "input",
        "script",
        "source",
        "track",
        "video",
    },
    "srcset": {"img", "source"},
    "poster": {"video"},
    "data": {"object"},
    "action": {"form"},
    "ping": {"a"},
}
LINKS = {"canonical", "alternate", "license", "author"}  # <link>s that are only read
ELSEWHERE = re.compile(r"^\s*(https?:)?//", re.IGNORECASE)
IN_STYLES = re.compile(r"""(?:url\(\s*|@import\s+)["']?((?:https?:)?//[^"')\s]+)""", re.IGNORECASE)
IN_SCRIPTS = re.compile(r"""(?:https?|wss?)://[^"'`\s)\\]+""")


class Reader(HTMLParser):
    """Gathers what of a page a browser would fetch from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.within = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        self.within = tag
        for name, value in given.items():
            kinds = FETCHED.get(name.removeprefix("xlink:"), set())
            if name == "style":
                self.found += IN_STYLES.findall(value)
            elif tag in kinds and any(ELSEWHERE.match(part) for part in value.split(",")):
                self.found.append(f"<{tag} {name}={value}>")
        if (
            tag == "link"
            and given.get("rel") not in LINKS
            and ELSEWHERE.match(given.get("href", ""))
        ):
            self.found.append(f"<link rel={given.get('rel')} href={given['href']}>")
        if tag == "base" or given.get("http-equiv", "").lower() == "refresh":
            self.found.append(self.get_starttag_text() or tag)

    def handle_data(self, data: str) -> None:
        if self.within == "style":
            self.found += IN_STYLES.findall(data)
        if self.within == "script":
            self.found += strange(data)

    def handle_endtag(self, tag: str) -> None:
        self.within = ""


def strange(script: str) -> list[str]:
    """Addresses in a script, but for those that are known to be asked for never."""
    return sorted(set(IN_SCRIPTS.findall(script)) - set(NEVER_ASKED))


def without_comments(script: str) -> str:
    """Licences in comments name their authors' sites."""
    return re.sub(r"/\*.*?\*/", "", script, flags=re.DOTALL)


def test_pages_fetch_nothing_from_elsewhere(built):
    found = []
    for path in sorted(built.rglob("*.html")):
        reader = Reader()
        # Data for machines is not run: a page may say where it stands
        text = re.sub(
            r"<script type=application/(ld\+)?json.*?</script>",
            "",
            path.read_text("utf-8"),
            flags=re.S,
        )
        reader.feed(text)
        found += [f"{path.relative_to(built)}: {what}" for what in reader.found]
    assert not found, "\n".join(found[:40])


def test_styles_and_drawings_fetch_nothing_from_elsewhere(built):
    found = []
    for path in sorted([*built.rglob("*.css"), *built.rglob("*.svg")]):
        text = path.read_text(encoding="utf-8")
        what = IN_STYLES.findall(text)
        what += re.findall(
            r"""<(?:image|use|script)[^>]*(?:href|src)=["']((?:https?:)?//[^"']+)""", text
        )
        found += [f"{path.relative_to(built)}: {address}" for address in what]
    assert not found, "\n".join(found[:40])


def test_scripts_name_no_address_that_is_not_known(built):
    found = []
    for path in sorted(built.rglob("*.js")):
        # The search's index is text of the pages; lunr's are for languages that the site has not
        if path.name == "search_index.js" or "lunr" in path.parts:
            continue
        script = without_comments(path.read_text(encoding="utf-8"))
        found += [f"{path.relative_to(built)}: {address}" for address in strange(script)]
    assert not found, "\n".join(found)


def test_our_scripts_cannot_keep_or_send_anything(built):
    """What keeps data in a browser, or sends it, is not so much as named."""
    ours = {path: path.read_text("utf-8") for path in (built / "theme").rglob("*.js")}
    assert ours
    for word in ("document.cookie", "indexedDB", "caches.", "serviceWorker", "sendBeacon"):
        assert not [path for path, script in ours.items() if word in script], word


def test_a_browser_asks_no_other_host_and_keeps_nothing(windows, address, built, kinds):
    """All pages but the reference's, of which one of a kind; then the search and the scheme."""
    host = urlsplit(address).netloc
    context = windows()
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.on("websocket", lambda socket: asked.append(socket.url))
    pages = {path.relative_to(built).as_posix() for path in built.rglob("*.html")}
    for place in sorted(place for place in pages if not place.startswith("reference/")):
        page.goto(f"{address}/{place}")
    for place in kinds.values():
        show(page, f"{address}/{place}")
        page.evaluate("for (const image of document.images) image.loading = 'eager'")
    show(page, f"{address}/index.html")
    page.keyboard.press("/")
    page.keyboard.type("gradient")
    page.wait_for_selector(".md-search-result__item")
    page.keyboard.press("Escape")
    page.locator(".scheme").press("Enter")
    page.wait_for_load_state("networkidle")
    foreign = [url for url in asked if urlsplit(url).netloc not in (host, "")]
    assert not foreign, "\n".join(foreign[:40])
    assert len(asked) > len(pages), "the requests were not seen"
    assert context.cookies() == []
    kept = page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
    assert kept == ["ceiling-scheme"], f"kept in the browser: {kept}"
