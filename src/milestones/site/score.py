"""The score: all milestones in the order of time, each a note on a staff of seven ceilings."""

from html import escape

from milestones.catalogue import Note
from milestones.palette import CONSTRAINTS
from milestones.site.contract import Page, Site, constraint_page, html_link, registry


def score(site: Site, page: Page) -> str:
    """Return the staff's key, and a line for each milestone: year, what it raised, its name."""
    key = "\n".join(
        f'<li><a class="mark mark--{found.key}" '
        f'href="{html_link(page.target, constraint_page(found.key))}">'
        f'<span aria-hidden="true">{found.glyph}</span> {found.name}</a></li>'
        for found in CONSTRAINTS
    )
    rows = "\n".join(_row(note, page) for note in registry(site).in_time)
    return (
        '<div class="score">\n'
        f'<ul class="score__key" aria-label="The seven ceilings">\n{key}\n</ul>\n'
        f'<ol class="score__rows" data-search-exclude>\n{rows}\n</ol>\n</div>'
    )


def staff(note: Note) -> str:
    """Return a milestone's marks on the seven lines, the largest for what it raised most."""
    marks = "".join(
        f'<i class="mark--{found.key}{" is-first" if found.key == note.constraints[0] else ""}">'
        f"{found.glyph}</i>"
        for found in CONSTRAINTS
        if found.key in note.constraints
    )
    raised = ", ".join(found.name for found in CONSTRAINTS if found.key in note.constraints)
    return f'<span class="score__staff" role="img" aria-label="raised {raised}">{marks}</span>'


def _row(note: Note, page: Page) -> str:
    """Return one milestone: its year, its marks and its name."""
    name = escape(note.name)
    if note.published:
        name = f'<a href="{html_link(page.target, note.source)}">{name}</a>'
    return (
        f'<li><span class="score__year">{note.year}</span>{staff(note)}'
        f'<span class="score__name">{name}</span></li>'
    )
