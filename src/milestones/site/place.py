"""Place the next paper: a table of all milestones, sorted by nearness to what is described."""

from milestones.catalogue import Note
from milestones.site import filters, score
from milestones.site.contract import Page, Site, plain, registry, relative

_YEAR = (
    '<label>Year <input type="number" name="year" min="1943" max="2099" '
    'placeholder="this year"></label>'
)


def place(site: Site, page: Page) -> str:
    """Return the form that describes a paper, and the table of all milestones by year."""
    rows = [_row(note, page.target) for note in registry(site).in_time]
    form = filters.shell(
        'data-places="places"',
        "Describe a paper",
        "Your paper raises the ceiling on",
        f"{_YEAR}\n",
        "Pick a ceiling",
    )
    heads = ("Year", "Raised", "Milestone", "Beside yours")
    return f"{form}\n\n{filters.table('places', heads, rows, searched=False)}"


def _row(note: Note, target: str) -> str:
    name = plain(note.name)
    if note.published:
        name = f"[{name}]({relative(target, note.source)})"
    return (
        f'<tr{filters.attributes(note, year=str(note.year))} markdown="1"><td>{note.year}</td>\n'
        f"<td>{score.staff(note)}</td>\n"
        f'<td markdown="span">**{name}**<br><small>{note.contribution}</small></td>\n'
        "<td></td></tr>"
    )
