"""Every link, anchor, figure and download of the built site leads to something."""

from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest


class Reader(HTMLParser):
    """What a page is made of, as far as links go."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[tuple[str, str]] = []  # the line, and where it leads
        self.images: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given, line = dict(attributes), f"line {self.getpos()[0]}"
        if given.get("id"):
            self.ids.append(given["id"])
        for name in ("href", "src", "poster", "data"):
            if tag not in ("base", "meta") and given.get(name) is not None:
                self.links.append((line, given[name]))
        for candidate in (given.get("srcset") or "").split(","):
            if candidate.strip():
                self.links.append((line, candidate.split()[0]))
        if tag == "img":
            self.images.append((line, given))

    handle_startendtag = handle_starttag


@pytest.fixture(scope="module")
def pages(built: Path) -> dict[Path, Reader]:
    read = {}
    for path in sorted(built.rglob("*.html")):
        read[path] = Reader()
        read[path].feed(path.read_text(encoding="utf-8"))
    assert read
    return read


def mistake(built: Path, pages: dict[Path, Reader], page: Path, link: str) -> str:
    """What is wrong with a link; nothing is, if it leaves the site."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return ""
    place = unquote(parts.path)
    if place.startswith("/"):
        if page.name != "404.html":  # which is served in place of any page, however deep
            return "does not begin where the page is, so that it breaks in a folder"
        target = built / place[1:]
    else:
        target = page.parent / place if place else page
    if target.is_dir() and target != page:
        if page.name == "404.html" and target == built:
            return ""
        return "is a folder: name its index.html, or it opens no page by file://"
    if not target.exists():
        return "is not there"
    fragment = unquote(parts.fragment)
    if fragment and target.suffix == ".html" and fragment not in pages[target.resolve()].ids:
        return f"has no {fragment!r}"
    return ""


def test_links_and_anchors_resolve(built, pages):
    pages = {path.resolve(): reader for path, reader in pages.items()}
    built = built.resolve()
    mistakes = [
        f"{page.relative_to(built)}, {line}: {link} {wrong}"
        for page, reader in pages.items()
        for line, link in reader.links
        if (wrong := mistake(built, pages, page, link))
    ]
    assert not mistakes, f"{len(mistakes)} links:\n" + "\n".join(mistakes[:40])


def test_no_page_has_an_id_twice(built, pages):
    mistakes = [
        f"{page.relative_to(built)}: {name} ({count} times)"
        for page, reader in pages.items()
        for name, count in Counter(reader.ids).items()
        if count > 1
    ]
    assert not mistakes, "\n".join(mistakes[:40])


def test_every_image_says_what_it_shows_and_how_large_it_is(built, pages):
    mistakes = [
        f"{page.relative_to(built)}, {line}: {given.get('src')} has no {missing}"
        for page, reader in pages.items()
        for line, given in reader.images
        if (missing := ", ".join(name for name in ("alt", "width", "height") if name not in given))
    ]
    assert not mistakes, f"{len(mistakes)} images:\n" + "\n".join(mistakes[:40])
