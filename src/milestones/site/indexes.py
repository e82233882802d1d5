"""Ways into the notes: by topic, by constraint, and the list on the front page."""

from collections.abc import Iterable
from pathlib import PurePosixPath

from milestones.catalogue import TOPICS, Note
from milestones.site import search
from milestones.site.cards import marks
from milestones.site.contract import (
    Page,
    Site,
    plain,
    registry,
    relative,
    topic_page,
)

_TOPIC_BOOST = 4
"""A planned milestone has its words on the page of its topic alone, and a note has many more."""

_SHOWN = 3
"""How many authors a section names."""


def topics(site: Site, page: Page) -> str:
    """Return the topics in reading order, each with what it is about and how far its notes are."""
    rows: list[str] = []
    for slug, topic in TOPICS.items():
        if found := registry(site).of_topic(slug):
            link = relative(page.target, topic_page(slug))
            written = sum(note.published for note in found)
            state = f"{written} of {len(found)} written" if written < len(found) else "complete"
            rows.append(
                f"- **[{topic.title}]({link})** {topic.about} "
                f'<span class="notes__planned">{state}</span>'
            )
    return "\n".join(rows)


def topic(site: Site, slug: str) -> str:
    """Return the page of a topic: each of its milestones has a section, which the search finds."""
    found = TOPICS[slug]
    target = topic_page(slug)
    sections = [section(note, target) for note in registry(site).of_topic(slug)]
    return _page(found.title, found.about, "\n\n".join(sections), boost=_TOPIC_BOOST)


def constraint(site: Site, page: Page) -> str:
    """Return who raised the constraint that a page is called after: first who did it most."""
    key = PurePosixPath(page.target).stem
    raised = registry(site).of_constraint(key)
    most = [note for note in raised if note.constraints[0] == key]
    also = [note for note in raised if note.constraints[0] != key]
    sections = [
        f"## {heading}\n\n{listing(group, page.target)}"
        for heading, group in (("Raised it most", most), ("Raised it too", also))
        if group
    ]
    return "\n\n".join(sections) or "No milestone of this history has raised it yet."


def listing(found: Iterable[Note], target: str) -> str:
    """Return milestones as a list; those still to be written are named without a link."""
    rows: list[str] = []
    for note in found:
        year = f'<span class="notes__year">{note.year}</span>'
        if note.published:
            name = f"**[{plain(note.name)}]({relative(target, note.source)})**"
        else:
            name = f'**{plain(note.name)}** <span class="notes__planned">planned</span>'
        raised = f'<span class="marks" markdown="1">{marks(note, target)}</span>'
        rows.append(f"- {year} {name} {raised}<br>\n  {note.contribution}")
    # Each milestone is found in its own place, and a list of many would hide it.
    opening = '<div class="notes" markdown="1" data-search-exclude>'
    return "\n\n".join([opening, "\n".join(rows), "</div>"])


def section(note: Note, target: str) -> str:
    """Return what is known of a milestone, whether its note is written or not."""
    name, state, attributes = plain(note.name), "", f"#{note.slug}"
    if note.published:
        name = f"[{name}]({relative(target, note.source)})"
        attributes += " data-search-exclude"  # it is to be found as a note, and not here
    else:
        state = ' · <span class="notes__planned">planned</span>'
    return "\n\n".join(
        [
            f"## {name} {{ {attributes} }}",
            f"{note.year} · {plain(_first_authors(note))}{state}\n{{ .entry__who }}",
            f"[{plain(note.title)}]({note.link})\n{{ .entry__paper }}",
            note.contribution,
            f"{marks(note, target)}\n{{ .marks data-search-exclude }}",
            *_found_under(note),
        ]
    )


def _first_authors(note: Note) -> str:
    """Return as many authors as a line holds."""
    named = search.authors(note)
    first = named[:_SHOWN]
    last = first.pop() if first == list(note.authors) else "others"
    return f"{', '.join(first)} and {last}" if first else last


def _found_under(note: Note) -> list[str]:
    """Return the words that a reader may know a milestone by, and those only the search needs."""
    unseen = [*search.authors(note)[_SHOWN:], *search.spellings(note)]
    lines: list[str] = []
    if note.tags:
        lines.append(f"Also found under: {plain(', '.join(note.tags))}\n{{ .entry__tags }}")
    if unseen and not note.published:
        lines.append(f"{plain(', '.join(unseen))}\n{{ hidden=hidden }}")
    return lines


def _page(title: str, about: str, body: str, *, boost: float = 1) -> str:
    front = f"title: {title}\ndescription: {about!r}\nsearch:\n  boost: {boost}"
    return f"---\n{front}\n---\n\n# {title}\n\n{about}\n\n{body}\n"
