"""What did not show here, read from the page that tells it, for the table of all claims."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markdown.extensions.toc import slugify

from milestones.catalogue import Note
from milestones.site.contract import Page, Site, registry

SOURCE = "docs/browse/negative-results.md"
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ENTRY = re.compile(r"^## (?P<heading>.+)\n(?P<body>(?:(?!## ).*\n?)*)", re.MULTILINE)
_NOTE = re.compile(r"\((?:\.\./)*(?P<source>papers/\w+/\w+\.md)\)")


@dataclass(frozen=True, slots=True)
class Negative:
    """One result that did not reproduce.

    Attributes:
        note: The milestone, if the entry links to its note.
        page: The page on which it is told.
        anchor: The id of its heading.
        expected: What was expected, in a few words.
        reported: What the paper says.
        seen: What was seen here.
    """

    note: Note | None
    page: Page
    anchor: str
    expected: str
    reported: str
    seen: str


def negatives(site: Site) -> list[Negative]:
    """Return all entries of the page of negative results, in its order."""
    return [found for page in site.pages if page.source == SOURCE for found in _read(site, page)]


def _read(site: Site, page: Page) -> Iterator[Negative]:
    for entry in _ENTRY.finditer(_COMMENT.sub("", page.text)):
        body = entry["body"]
        link = _NOTE.search(body)
        expected = entry["heading"].partition(": ")[2] or entry["heading"]
        yield Negative(
            note=registry(site).of_source(link["source"]) if link else None,
            page=page,
            anchor=slugify(entry["heading"], "-"),
            expected=expected[:1].upper() + expected[1:],
            reported=_part(site, page, body, "Reported"),
            seen=_part(site, page, body, "Seen here"),
        )


def _part(site: Site, page: Page, body: str, name: str) -> str:
    """Return the paragraph that follows a part's name; the ledger has no room for more."""
    found = re.search(rf"^\*\*{name}\.\*\* (.+?)(?:\n\n|\Z)", body, re.MULTILINE | re.DOTALL)
    if found:
        return re.sub(r":$", " …", found[1].strip())
    heading = body.strip()[:40]
    site.report(page.source, 1, f"a negative result lacks the part **{name}.** near {heading!r}")
    return ""
