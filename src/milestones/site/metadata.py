"""What a note tells machines: preview cards, reference managers and search engines.

It goes into the front matter of the woven page, and `docs/theme/_templates/main.html` only prints
it, so that MkDocs and Zensical, whose template languages differ, write the same head.
"""

import json
import re
from typing import Any

from milestones.catalogue import Note
from milestones.site import search

SITE = "Raising the Ceiling"
ABOUT = "An executable history of deep learning"
AUTHORS = "The Raising the Ceiling authors"
SITE_CARD = "social/site.png"  # of the home page, and of every page that has none of its own
LICENSE = "https://creativecommons.org/licenses/by/4.0/"  # of text and figures: LICENSE-TEXT


def of(note: Note) -> dict[str, Any]:
    """Return the front matter of a note's page.

    Its keys beyond title and description: `tags` for the search, the `card` that stands for the
    page where it is shared, `citation` with the names and values of meta tags, and `linked_data`,
    which is JSON-LD that may stand in a script element as it is.
    """
    title = f"{note.name} ({note.year})"
    description = plain(note.contribution)
    return {
        "title": title,
        "description": description,
        "tags": search.tags(note),
        "hide": ["footer"],  # the way on is told by its neighbours, in time and in lineage
        "card": card(note),
        "card_alt": f"{title}: {note.title}, by {byline(note)}",
        "citation": [[f"citation_{name}", value] for name, value in _citation(note, title)],
        "linked_data": _script(_article(note, title)),
    }


def plain(text: str) -> str:
    """Return a sentence without Markdown's marks, for where nothing renders it."""
    return re.sub(r"[`*$\\]|\]\([^)]*\)|\[", "", text)


def card(note: Note) -> str:
    """Return where the card of a note stands in the woven tree."""
    return f"social/{note.slug}.png"


def byline(note: Note) -> str:
    """Return the paper's authors, of whom no more than four are named, and its year."""
    first, *others = note.authors
    if len(others) > 3:
        return f"{first} and {len(others)} others, {note.year}"
    names = f"{', '.join([first, *others[:-1]])} and {others[-1]}" if others else first
    return f"{names}, {note.year}"


def _citation(note: Note, title: str) -> list[tuple[str, str]]:
    """Return the tags by which reference managers take the page.

    A `citation_title` names the document at hand. That is the note, which has authors and a date of
    its own; the paper is a reference of it. Without an institution that published it as a report,
    Zotero takes whatever has a `citation_title` for a journal article.
    """
    tags = [
        ("title", title),
        # "Last, First" without a first: else "authors" would become the family name.
        ("author", f"{AUTHORS},"),
        ("technical_report_institution", SITE),
        ("language", "en"),
        ("keywords", "; ".join(note.tags)),
        ("reference", _reference(note)),
    ]
    if note.first_published:
        tags.append(("publication_date", f"{note.first_published:%Y/%m/%d}"))
    return [(name, value) for name, value in tags if value]


def _reference(note: Note) -> str:
    """Return the paper as a list of `citation_…=…`; a semicolon within a value would end it."""
    parts = [
        ("title", note.title),
        *(("author", author) for author in note.authors),
        ("publication_date", str(note.year)),
        ("doi", note.doi),
        ("arxiv_id", note.arxiv),
    ]
    return "; ".join(f"citation_{name}={value.replace(';', ',')}" for name, value in parts if value)


def _article(note: Note, title: str) -> dict[str, Any]:
    """Return the note in schema.org's words: an article about another one, which it cites.

    Its description and keywords stand in meta tags, which those who read this read, too.
    """
    dates = [note.first_published, *(revision.date for revision in note.revised)]
    known = [date.isoformat() for date in dates if date]
    return {
        "@context": "https://schema.org",
        "@type": ["TechArticle", "LearningResource"],
        "headline": title,
        "author": {"@type": "Organization", "name": AUTHORS},
        "isPartOf": {"@type": "WebSite", "name": SITE},
        **({"datePublished": known[0], "dateModified": known[-1]} if known else {}),
        "inLanguage": "en",
        "isAccessibleForFree": True,
        "license": LICENSE,
        "about": _paper(note),
        "citation": {"@id": note.link},
    }


def _paper(note: Note) -> dict[str, Any]:
    doi = f"https://doi.org/{note.doi}" if note.doi else ""
    arxiv = f"https://arxiv.org/abs/{note.arxiv}" if note.arxiv else ""
    others = dict.fromkeys(filter(None, (doi, arxiv, note.url)))
    others.pop(note.link, None)
    return {
        "@type": "ScholarlyArticle",
        "@id": note.link,
        "name": note.title,
        "author": [{"@type": "Person", "name": author} for author in note.authors],
        "datePublished": str(note.year),
        **({"sameAs": list(others)} if others else {}),
    }


def _script(data: dict[str, Any]) -> str:
    """Return JSON that nothing in it can break out of: `</script>` ends one even within quotes."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return re.sub("[<>&]", lambda found: f"\\u{ord(found[0]):04x}", text)
