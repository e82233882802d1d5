"""The timeline: a skyline of the years, and below it every milestone in a table that filters."""

from collections import defaultdict
from html import escape

from milestones.catalogue import TOPICS, Note
from milestones.palette import CONSTRAINTS
from milestones.site import filters
from milestones.site.cards import marks
from milestones.site.contract import Page, Site, plain, registry, relative, topic_page

_GLYPHS = {found.key: found.glyph for found in CONSTRAINTS}
_STEP, _LINE = 22, 17  # the width of a year and the height of a milestone, in pixels


def timeline(site: Site, page: Page) -> str:
    """Return the skyline, the form and the table of all milestones by year."""
    rows = "\n".join(_row(note, page.target) for note in registry(site).in_time)
    table = (
        '<table class="listing timeline" id="timeline" markdown="1" data-search-exclude>\n'
        "<thead><tr><th>Year</th><th>Milestone</th><th>What it brought</th>"
        "<th>Raised the ceiling on</th></tr></thead>\n"
        f'<tbody markdown="1">\n{rows}\n</tbody>\n</table>'
    )
    return "\n\n".join([skyline(site, page), filters.form("timeline", "milestones"), table])


def skyline(site: Site, page: Page) -> str:
    """Return a picture: a column for each year, in it the milestones by what they raised most.

    The table says the same in words, so that whoever cannot see it, or uses no mouse, passes it by.
    """
    years: dict[int, list[Note]] = defaultdict(list)
    for note in registry(site).in_time:
        years[note.year].append(note)
    first, last = min(years), max(years)
    tallest = max(map(len, years.values()))
    width, ground = (last - first + 1) * _STEP + 12, tallest * _LINE + 6
    parts: list[str] = []
    for year in range(first, last + 1):
        middle = (year - first) * _STEP + _STEP // 2 + 6
        if year % 5 == 0 or year in (first, last):
            parts.append(
                f'<text class="skyline__year" x="{middle}" y="{ground + 18}">{year}</text>'
            )
        order = [found.key for found in CONSTRAINTS]
        for storey, note in enumerate(
            sorted(years[year], key=lambda note: order.index(note.constraints[0]))
        ):
            parts.append(_building(note, page, middle, ground - storey * _LINE - 4))
    parts.insert(0, f'<path d="M0 {ground + 2.5}H{width}"/>')
    return (
        f'<div class="skyline" data-mirrors="timeline" aria-hidden="true"><svg '
        f'viewBox="0 0 {width} {ground + 24}">{"".join(parts)}</svg></div>'
    )


def _building(note: Note, page: Page, x: int, y: int) -> str:
    key = note.constraints[0]
    link = f"#{note.slug}"
    if note.published:
        link = relative(page.target, note.source).removesuffix(".md") + ".html"
    return (
        f'<a href="{link}" tabindex="-1" data-row="{note.slug}" class="mark--{key}">'
        f"<title>{escape(note.name)}, {note.year}: raised {key.replace('_', ' ')}</title>"
        f'<text x="{x}" y="{y}">{_GLYPHS[key]}</text></a>'
    )


def _row(note: Note, target: str) -> str:
    name = plain(note.name)
    if note.published:
        name = f"**[{name}]({relative(target, note.source)})**"
    topic = f"[{TOPICS[note.topic].title}]({relative(target, topic_page(note.topic))})"
    state = "" if note.published else " · planned"
    return (
        f'<tr id="{note.slug}"{filters.attributes(note)} markdown="1">'
        f'<td>{note.year}</td>\n<td markdown="span">{name}<br><small>{topic}{state}</small></td>\n'
        f'<td markdown="span">{note.contribution}</td>\n'
        f'<td markdown="span"><span class="marks">{marks(note, target)}</span></td></tr>'
    )
