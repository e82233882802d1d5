"""The ledger: every claim of the site and every result that did not show, in one table."""

import re

from milestones.catalogue import Note
from milestones.site import filters
from milestones.site.claims import MIME, anchor, circumstances, safe
from milestones.site.contract import Gathered, Page, Site, note_of, plain, registry, relative
from milestones.site.negatives import Negative, negatives

_HEADS = ("Milestone", "Claim", "The paper", "Here", "Difference in scale", "Source")
_KINDS = {"held": "held", "unseen": "did not show"}


def ledger(site: Site, page: Page) -> str:
    """Return the table of all results in reading order, each linked to where it is told."""
    held = [(note_of(site, found.page), _held(site, page, found)) for found in site.gather(MIME)]
    failed = [(found.note, _failed(page, found)) for found in negatives(site)]
    if not held and not failed:
        return "No page has made a claim yet."
    order = {note.source: place for place, note in enumerate(registry(site))}

    def place(row: tuple[Note | None, str]) -> int:
        return order[row[0].source] if row[0] else len(order)

    rows = [row for _, row in sorted([*held, *failed], key=place)]
    form = filters.form("ledger", len(held) + len(failed), "results", _KINDS)
    return "\n\n".join(
        [f"{_count(len(held), len(failed))}.", form, filters.table("ledger", _HEADS, rows)]
    )


def _held(site: Site, page: Page, found: Gathered) -> str:
    """Return the row of a claim that held."""
    note, data = note_of(site, found.page), safe(found.data)
    link = f"{relative(page.target, found.page.target)}#{anchor(found.data)}"
    return _row(
        filters.attributes(note, kind="held"),
        _milestone(note) or plain(str(found.page.front.get("title"))),
        f"[{_without_links(data['statement'])}]({link})",
        data["paper"],
        f"{data['measured']} <small>{circumstances(data)}</small>",
        data.get("scale") or "none stated",
        data["source"],
    )


def _failed(page: Page, found: Negative) -> str:
    """Return the row of a result that did not show."""
    link = f"{relative(page.target, found.page.target)}#{found.anchor}"
    return _row(
        filters.attributes(found.note, kind="unseen"),
        _milestone(found.note),
        f"<small>did not show</small> [{found.expected}]({link})",
        _without_links(found.reported),
        _without_links(found.seen),
        wide=True,
    )


def _milestone(note: Note | None) -> str:
    return plain(f"{note.name} ({note.year})") if note else ""


def _row(attributes: str, *cells: str, wide: bool = False) -> str:
    """Return a row; its last cell may be as wide as all that is left."""
    written = "".join(f'<td markdown="span">{" ".join(cell.split())}</td>\n' for cell in cells)
    if wide:
        span = f'<td colspan="{len(_HEADS) - len(cells) + 1}"'
        written = span.join(written.rsplit("<td", 1))
    return f'<tr{attributes} markdown="1">\n{written}</tr>'


def _count(held: int, failed: int) -> str:
    claims = (
        "One claim, held when this site was built"
        if held == 1
        else f"{held} claims, all of which held when this site was built"
    )
    return f"{claims}, and {failed} results that did not show" if failed else claims


def _without_links(text: str) -> str:
    """A link may not hold another one, and those of another page lead astray."""
    return re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", text)
