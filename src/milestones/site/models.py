"""The models that figures show and that have no note: their numbers, and where these come from."""

from milestones.catalogue import Note
from milestones.site import cards
from milestones.site.contract import Page, Site, plain, registry


def models(site: Site, page: Page) -> str:
    """Return a section for each model that is only mentioned, the oldest first."""
    found = sorted(registry(site).mentioned, key=lambda note: (note.year, note.name.lower()))
    return "\n\n".join(map(_section, found))


def _section(note: Note) -> str:
    heading = f"## {plain(note.name)} ({note.year}) {{ #{note.slug} }}"
    about = f"[{plain(note.title)}]({note.link}), {plain(note.venue)}."
    numbers = f'<div class="milestone" markdown="1">\n\n{cards.numbers(note)}\n\n</div>'
    return f"{heading}\n\n{about}\n{plain(note.contribution)}\n\n{numbers}"
