"""What surrounds the pages: heads, feed, cards, the page for wrong addresses, the zip."""

import functools
import json
import posixpath
import shutil
import threading
import urllib.parse
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Page, expect

from literate import archive
from milestones.catalogue import Catalogue

ROOT = Path(__file__).parents[2]
LENET = "papers/foundations/lenet.html"
ATOM = "{http://www.w3.org/2005/Atom}"


class Head(HTMLParser):
    """The titles, the meta tags by name, the addresses and the JSON-LD of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: dict[str, list[str]] = defaultdict(list)
        self.links: list[str] = []
        self.alternate: list[str] = []
        self.scripts: list[str] = []
        self.is_data = False
        self.feed(path.read_text(encoding="utf-8"))
        self.data = [json.loads(script) for script in self.scripts]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "meta":
            self.tags[given.get("name") or given.get("property", "")].append(
                given.get("content", "")
            )
        self.links += [given[name] for name in ("href", "src") if name in given]
        if tag == "link" and given.get("rel") == "alternate":
            self.alternate.append(given["href"])
        self.is_data = tag == "script" and given.get("type") == "application/ld+json"
        self.scripts += [""] * self.is_data

    def handle_data(self, data: str) -> None:
        if self.is_data:
            self.scripts[-1] += data


@pytest.fixture(scope="module")
def heads(built: Path) -> dict[str, Head]:
    """Every page of the site but that for wrong addresses, by its place."""
    places = [path.relative_to(built).as_posix() for path in sorted(built.rglob("*.html"))]
    return {place: Head(built / place) for place in places if place != "404.html"}


def target(place: str, link: str) -> str:
    """Where a link of a page leads, as a path from the site's root; '' for another site."""
    parts = urllib.parse.urlsplit(link)
    if parts.scheme or parts.netloc:
        return ""
    path = urllib.parse.unquote(parts.path)
    return posixpath.normpath(posixpath.join(posixpath.dirname(place), path)) if path else place


# ------------------------------------------------------------------------------------------ heads


def test_a_note_is_taken_by_reference_managers(heads: dict[str, Head]):
    tags = heads[LENET].tags
    assert tags["citation_title"] == ["LeNet-5 (1998)"]
    assert tags["citation_author"] == ["The Raising the Ceiling authors,"]
    assert tags["citation_technical_report_institution"] == ["Raising the Ceiling"]
    assert tags["citation_publication_date"] == ["2026/11/20"]
    (reference,) = tags["citation_reference"]
    assert reference.startswith(
        "citation_title=Gradient-Based Learning Applied to Document Recognition; "
        "citation_author=Yann LeCun; citation_author=Léon Bottou; "
    )
    assert reference.endswith("; citation_publication_date=1998; citation_doi=10.1109/5.726791")


def test_only_notes_are_citable(heads: dict[str, Head]):
    citable = {place for place, head in heads.items() if head.tags["citation_title"]}
    assert citable == {
        Path(note.source).with_suffix(".html").as_posix() for note in Catalogue.read(ROOT).published
    }


def test_every_page_says_what_it_is_and_has_a_card(heads: dict[str, Head], built: Path):
    for place, head in heads.items():
        for name in ("description", "og:title", "og:description", "og:image", "og:image:alt"):
            assert len(head.tags[name]) == 1, (place, name)
            assert head.tags[name][0].strip(), (place, name)
        card = built / target(place, head.tags["og:image"][0])
        picture = card.read_bytes()
        assert picture[16:24] == (1200).to_bytes(4, "big") + (630).to_bytes(4, "big")
        assert head.tags["og:type"] == ["website" if place == "index.html" else "article"]
        assert [target(place, link) for link in head.alternate] == ["feed.xml"]
    assert heads[LENET].tags["og:image"] == ["../../social/lenet.png"]
    assert heads["index.html"].tags["og:image"] == ["social/site.png"]


def test_linked_data_says_what_a_note_is(heads: dict[str, Head]):
    for place, head in heads.items():
        if place != "index.html":
            assert bool(head.data) == bool(head.tags["citation_title"]), place
    (home,), (article,) = heads["index.html"].data, heads[LENET].data
    assert (home["@type"], home["name"]) == ("WebSite", "Raising the Ceiling")
    assert article["headline"] == "LeNet-5 (1998)"
    assert "https://doi.org/10.1109/5.726791" in article["about"]["sameAs"]


def test_no_address_is_invented(heads: dict[str, Head], built: Path):
    """The tests build without SITE_URL: then there is no canonical address, and nothing to list."""
    for place, head in heads.items():
        assert not head.tags["og:url"], place
        assert 'rel="canonical"' not in (built / place).read_text(encoding="utf-8"), place
    assert len(ElementTree.parse(built / "sitemap.xml").getroot()) == 0


def test_the_feed_leads_to_the_notes(built: Path):
    feed = ElementTree.parse(built / "feed.xml").getroot()
    links = [link.get("href", "") for link in feed.iter(f"{ATOM}link")]
    assert LENET in links
    assert all((built / target("feed.xml", link)).is_file() for link in links)


# ---------------------------------------------------------------------------------- wrong address


class Forgiving(SimpleHTTPRequestHandler):
    """Serve 404.html at every address that has no file, with a status that is no error."""

    def send_head(self):
        if not Path(self.translate_path(self.path)).is_file():
            self.path = "/404.html"
        return super().send_head()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def forgiving(built: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Forgiving, directory=built))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_a_wrong_address_however_deep_is_no_dead_end(tab: Page, forgiving: str, built: Path):
    tab.goto(f"{forgiving}/papers/no/such/topic/le-net_five.html")
    expect(tab.get_by_role("heading", level=1)).to_have_text("There is no page at this address")
    assert tab.locator("meta[name=robots]").get_attribute("content") == "noindex"
    main = tab.locator("article")
    links = main.get_by_role("link").evaluate_all("links => links.map(link => link.href)")
    assert f"{forgiving}/{LENET}" in links
    assert all((built / link.removeprefix(f"{forgiving}/")).is_file() for link in links)
    width = tab.locator(".md-grid").first.evaluate("e => getComputedStyle(e).maxWidth")
    assert width != "none", "the style sheets were not found"
    field = main.get_by_label("Search for")
    assert field.input_value() == "le net five"


def test_the_page_for_wrong_addresses_opens_the_search(tab: Page, forgiving: str):
    tab.goto(f"{forgiving}/papers/lenet5")
    field = tab.locator("article").get_by_label("Search for")
    field.fill("LeNet")
    field.press("Enter")
    first = tab.locator(".md-search-result__link").first
    expect(first).to_be_visible()
    assert "LeNet" in first.inner_text()


# -------------------------------------------------------------------------------------------- zip


@pytest.fixture(scope="module")
def unpacked(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that a reader has after taking the site along."""
    folder = tmp_path_factory.mktemp("taken")
    shutil.copytree(built, folder / "site")
    with zipfile.ZipFile(archive.pack(folder / "site", "raising-the-ceiling")) as packed:
        packed.extractall(folder)
    return folder / "raising-the-ceiling"


def test_what_was_taken_along_is_whole(unpacked: Path, heads: dict[str, Head]):
    missing = {
        (place, link)
        for place, head in heads.items()
        for link in head.links
        if (found := target(place, link))
        and not (unpacked / found).exists()
        and found != "raising-the-ceiling.zip"  # it is not in itself
    }
    assert missing == set()
    assert not list(unpacked.rglob("*.map"))


def test_it_opens_from_its_folder(unpacked: Path, tab: Page):
    tab.goto((unpacked / "index.html").as_uri())
    expect(tab.get_by_role("heading", level=1)).to_be_visible()
    tab.goto((unpacked / LENET).as_uri())
    expect(tab.get_by_role("heading", level=1)).to_contain_text("LeNet-5")
