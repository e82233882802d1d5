"""The timeline: a skyline of the years, and below it every milestone in a table that filters."""

from collections import defaultdict
from html import escape

from milestones.catalogue import TOPICS, Note
from milestones.palette import MARKS
from milestones.site import filters
from milestones.site.cards import marks
from milestones.site.contract import Page, Site, html_link, plain, registry, relative

_ORDER = list(MARKS)
_HEADS = ("Year", "Milestone", "What it brought", "Raised the ceiling on")


def timeline(site: Site, page: Page) -> str:
    """Return the skyline, the form and the table of all milestones by year."""
    rows = [_row(note, page.target) for note in registry(site).in_time]
    form = filters.form("timeline", len(rows), "milestones")
    table = filters.table("timeline", _HEADS, rows, searched=False)
    return "\n\n".join([skyline(site, page), form, table])


def skyline(site: Site, page: Page) -> str:
    """Return a picture: a column for each year, in it the milestones by what they raised most.

    The table says the same in words, so that whoever cannot see it, or uses no mouse, passes it by.
    """
    years: dict[int, list[Note]] = defaultdict(list)
    for note in registry(site).in_time:
        years[note.year].append(note)
    columns: list[str] = []
    for year in range(min(years), max(years) + 1):
        tower = sorted(years[year], key=lambda note: _ORDER.index(note.constraints[0]))
        column = "".join(_mark(note, page) for note in tower)
        named = year % 5 == 0 or year == min(years)
        columns.append(f"<div{f' data-year={year}' if named else ''}>{column}</div>")
    picture = "\n".join(columns)
    return f'<div class="skyline" data-mirrors="timeline" aria-hidden="true">\n{picture}\n</div>'


def _mark(note: Note, page: Page) -> str:
    """Return a milestone's mark: a link to its note, or to its row of the table."""
    key = note.constraints[0]
    link = html_link(page.target, note.source) if note.published else f"#{note.slug}"
    title = f"{note.name}, {note.year}: raised {key.replace('_', ' ')}"
    return (  # Material would take the title of a link away
        f'<a href="{link}" tabindex="-1" data-row="{note.slug}" class="mark--{key}">'
        f'<span title="{escape(title)}">{MARKS[key].glyph}</span></a>'
    )


def _row(note: Note, target: str) -> str:
    name = plain(note.name)
    if note.published:
        name = f"**[{name}]({relative(target, note.source)})**"
    topic = TOPICS[note.topic].title
    state = "" if note.published else " · planned"
    return (
        f'<tr id="{note.slug}"{filters.attributes(note)} markdown="1">'
        f'<td>{note.year}</td>\n<td markdown="span">{name}<br><small>{topic}{state}</small></td>\n'
        f'<td markdown="span">{note.contribution}</td>\n'
        f'<td markdown="span"><span class="marks">{marks(note, target)}</span></td></tr>'
    )
