"""The lineage: all milestones in the order of time, and an arc from each to what it builds on."""

import ast
from html import escape
from pathlib import Path

from milestones.catalogue import Catalogue, Note
from milestones.palette import MARKS
from milestones.site.contract import Page, Site, html_link, module_file, registry

_ROW = 20  # the height of a row in the picture's own units
_WIDTH = 400


def lineage(site: Site, page: Page) -> str:
    """Return the rows and, beside them, the arcs; `_scripts/lineage.js` follows one line of both.

    A line is drawn bold where the code of one milestone imports that of the other.
    """
    row = {note.slug: place for place, note in enumerate(registry(site).in_time)}
    taken = imports(site)
    edges = [
        (slug, note.slug, (note.slug, slug) in taken)
        for note in registry(site).in_time
        for slug in note.builds_on
    ]
    arcs = "".join(_arc(row, *edge) for edge in sorted(edges, key=lambda edge: edge[2]))
    rows = "\n".join(_row(site, note, page) for note in registry(site).in_time)
    height = len(row) * _ROW
    return (
        '<p role="status" class="lineage__answer">No milestone is chosen.</p>\n'
        f'<div class="lineage" style="--rows: {len(row)}">\n'
        f"<ol data-search-exclude>\n{rows}\n</ol>\n"
        f'<svg viewBox="0 0 {_WIDTH} {height}" preserveAspectRatio="none" aria-hidden="true">'
        f"{arcs}</svg>\n</div>"
    )


def imports(site: Site) -> set[tuple[str, str]]:
    """Return which milestone's code imports which, as pairs of slugs."""
    found: set[tuple[str, str]] = set()
    for note in registry(site):
        file = module_file(site, note)
        for module in imported(file, site.root / "src") if file.is_file() else ():
            other = _owner(registry(site), module)
            if other and other.slug != note.slug:
                found.add((note.slug, other.slug))
    return found


def imported(file: Path, folder: Path) -> list[str]:
    """Return every dotted name that a file imports, `from a import b` as `a.b`.

    Args:
        file: A module.
        folder: The folder of packages that it is in, by which relative imports are read.
    """
    package = file.relative_to(folder).with_suffix("").parts
    found: list[str] = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: -node.level] if node.level else ()
            start = [*above, *filter(None, [node.module])]
            found += [".".join([*start, alias.name]) for alias in node.names]
    return found


def _owner(catalogue: Catalogue, module: str) -> Note | None:
    """Return the milestone that a dotted name belongs to."""
    return next((note for note in catalogue if f"{module}.".startswith(f"{note.module}.")), None)


def _arc(row: dict[str, int], earlier: str, later: str, taken: bool) -> str:
    """Return the line between two rows: the farther apart, the wider it swings."""
    start, end = (row[slug] * _ROW + _ROW / 2 for slug in (earlier, later))
    reach = _WIDTH * 1.3 * ((row[later] - row[earlier]) / len(row)) ** 0.6
    classes = ' class="is-imported"' if taken else ""
    return (
        f'<path data-from="{earlier}" data-to="{later}"{classes} '
        f'd="M0 {start:g}C{reach:.0f} {start:g} {reach:.0f} {end:g} 0 {end:g}"/>'
    )


def _row(site: Site, note: Note, page: Page) -> str:
    """Return a milestone: its mark chooses it; its name opens its note, or if none, chooses too."""
    key = note.constraints[0]
    name = escape(note.name)
    here, says = f'href="#{note.slug}"', f'aria-label="The lineage of {name}"'
    if note.published:
        name = f'<a href="{html_link(page.target, note.source)}">{name}</a>'
    else:  # the name says where the mark leads, so that who goes from link to link meets one
        name = f'<a class="lineage__planned" {here} {says}>{name}</a>'
        says = 'tabindex="-1" aria-hidden="true"'
    mark = f'<a class="lineage__mark" {here} {says}>{MARKS[key].glyph}</a>'
    before = ", ".join(escape(registry(site)[slug].name) for slug in note.builds_on)
    hidden = f'<span class="lineage__before">builds on {before}</span>' if before else ""
    return (
        f'<li id="{note.slug}" data-before="{" ".join(note.builds_on)}" class="mark--{key}">'
        f'<span class="lineage__year">{note.year}</span>'
        f"{mark}<span>{name}</span>{hidden}</li>"
    )
