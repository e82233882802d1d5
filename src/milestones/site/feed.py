"""The feed of new and changed notes, in Atom (RFC 4287)."""

import datetime
import os
import uuid
from html import escape
from pathlib import PurePosixPath
from typing import NamedTuple

from milestones.catalogue import Note
from milestones.site import metadata
from milestones.site.contract import Site, registry

PLACE = "feed.xml"
# An entry's name may never change, and the site may move: so it comes from no address.
_NAMES = uuid.UUID("f6672a77-5e4a-436f-9e30-d6c620397ea3")


class _Event(NamedTuple):
    """A note came out, or changed: an entry each, since feed readers show none twice."""

    date: datetime.date
    note: Note
    number: int
    title: str
    summary: str


def files(site: Site) -> dict[str, str]:
    """Return the feed, or nothing while no published note has a date."""
    events = [event for note in registry(site).published for event in _events(note)]
    events.sort(key=lambda event: event.date, reverse=True)
    if not events:
        return {}
    base = address()
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">',
        f"<title>{escape(metadata.SITE)}</title>",
        f"<subtitle>{escape(metadata.ABOUT)}: new and changed notes</subtitle>",
        f"<id>{_NAMES.urn}</id>",
        f"<updated>{_instant(events[0].date)}</updated>",
        f"<author><name>{escape(metadata.AUTHORS)}</name></author>",
        f'<link rel="self" type="application/atom+xml" href="{escape(base)}{PLACE}"/>',
        f'<link rel="alternate" type="text/html" href="{escape(base)}index.html"/>',
        *(_entry(event, base) for event in events),
        "</feed>",
    ]
    return {PLACE: "\n".join(lines) + "\n"}


def address() -> str:
    """Return where the site will stand, or "": mkdocs.yml has its `site_url` from there too.

    Without it links are relative, which Atom allows: they are resolved from the feed's own address.
    """
    given = os.environ.get("SITE_URL", "")
    return f"{given.rstrip('/')}/" if given else ""


def _events(note: Note) -> list[_Event]:
    if note.first_published is None:
        return []
    title = f"{note.name} ({note.year})"
    first = _Event(note.first_published, note, 0, title, metadata.plain(note.contribution))
    return [
        first,
        *(
            _Event(revision.date, note, number, f"{title}, revised", metadata.plain(revision.what))
            for number, revision in enumerate(note.revised, 1)
        ),
    ]


def _entry(event: _Event, base: str) -> str:
    page = PurePosixPath(event.note.source).with_suffix(".html")
    return "\n".join(
        [
            "<entry>",
            f"<title>{escape(event.title)}</title>",
            f"<id>{uuid.uuid5(_NAMES, f'{event.note.slug}/{event.number}').urn}</id>",
            f"<published>{_instant(event.date)}</published>",
            f"<updated>{_instant(event.date)}</updated>",
            f'<link rel="alternate" type="text/html" href="{escape(base)}{page}"/>',
            f"<summary>{escape(event.summary)}</summary>",
            *(f'<category term="{key}"/>' for key in event.note.constraints),
            "</entry>",
        ]
    )


def _instant(date: datetime.date) -> str:
    """Return a day as Atom wants it, with an hour, which nobody noted: midnight in Greenwich."""
    return f"{date.isoformat()}T00:00:00Z"
