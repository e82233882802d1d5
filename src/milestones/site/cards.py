"""The header card of a note, its neighbours, and the marks of the constraints."""

from collections.abc import Sequence
from decimal import Decimal

from milestones.catalogue import Note, Quantity, Value
from milestones.palette import MARKS
from milestones.site import bibtex
from milestones.site.contract import (
    LINEAGE,
    Site,
    constraint_page,
    module_file,
    plain,
    reference_page,
    registry,
    relative,
)

_SCALE = ("parameters", "data", "compute", "hardware", "energy")


def header(site: Site, note: Note) -> str:
    """Return the card that opens a note: who, when, what it brought, and where to go from here."""
    target = note.source
    ancestors = [registry(site)[slug] for slug in note.builds_on]
    return "\n\n".join(
        [
            '<header class="milestone" markdown="1">',
            f"{plain(_listed(note.authors))}\n{{ .milestone__authors }}",
            f"[{plain(note.title)}]({note.link}){{ .milestone__paper }}\n"
            f"{plain(note.venue)} · {note.year}\n{{ .milestone__venue }}",
            f"{note.contribution}\n{{ .milestone__contribution }}",
            f"{marks(note, target)}\n{{ .marks }}",
            _definitions("milestone__lineage", _lineage(site, note, "Builds on", ancestors)),
            numbers(note),
            _folded("Cite the paper", f"```bibtex\n{bibtex.entry(note)}\n```"),
            f"{_downloads(site, note)}\n{{ .milestone__downloads }}",
            "</header>",
        ]
    )


def numbers(note: Note) -> str:
    """Return how large the paper's experiment was, and, folded, where that was read."""
    amounts = {name.capitalize(): amount(name, getattr(note.scale, name)) for name in _SCALE}
    sources = _folded("Where these numbers come from", _sources(note))
    return f"{_definitions('milestone__scale', amounts)}\n\n{sources}"


def neighbours(site: Site, note: Note) -> str:
    """Return the ways on from a note: to those before and after it, and to what was built on it."""
    row = [other for other in registry(site).in_time if other.published]
    place = row.index(note)
    links = [
        f"[{plain(other.name)} ({other.year})]({relative(note.source, other.source)})"
        f'{{ .neighbours__{side} rel="{relation}" }}'
        for side, relation, others in (
            ("earlier", "prev", row[:place][-1:]),
            ("later", "next", row[place + 1 : place + 2]),
        )
        for other in others
    ]
    lineage = _lineage(site, note, "Led to", registry(site).built_on_by(note.slug))
    if lineage or note.builds_on:
        whole = f"{relative(note.source, LINEAGE)}#{note.slug}"
        lineage["Further"] = f"[all ancestors and descendants]({whole})"
    if not links and not lineage:
        return ""
    opening = (
        '<nav class="neighbours" aria-label="Earlier and later milestones" markdown="1" '
        "data-search-exclude>"
    )
    parts = ["\n".join(links), _definitions("neighbours__lineage", lineage)]
    return "\n\n".join([opening, *filter(None, parts), "</nav>"])


def _lineage(site: Site, note: Note, word: str, others: Sequence[Note]) -> dict[str, str]:
    """Return other milestones under the word for what they are to a note, or nothing."""
    return {word: names(site, others, note.source)} if others else {}


def marks(note: Note, target: str) -> str:
    """Return a note's constraints as links, each with glyph and name; the first stands out."""
    return " ".join(
        mark(key, relative(target, constraint_page(key)), first=position == 0)
        for position, key in enumerate(note.constraints)
    )


def mark(key: str, link: str, *, first: bool = False) -> str:
    """Return one constraint as a link: its shape and its colour say the same as its name."""
    constraint = MARKS[key]
    title = f"raised the ceiling on {constraint.name}" + (" most of all" if first else "")
    classes = f".mark .mark--{key}" + (" .mark--first" if first else "")
    glyph = f'<span aria-hidden="true">{constraint.glyph}</span>'
    return f'[{glyph} {constraint.name}]({link}){{ {classes} title="{title}" }}'


def names(site: Site, notes: Sequence[Note], target: str) -> str:
    """Return a list of milestones: links to those that have a page, plain names of the others."""
    return ", ".join(
        f"[{plain(note.name)}]({relative(target, note.source)})"
        if note.published
        else plain(note.name)
        for note in notes
    )


def value(given: Value) -> str:
    """Write a quantity as a reader would: 60,000; 175 billion; 3.14 × 10²³."""
    if given is None:
        return "not published"
    if isinstance(given, str):
        return given
    if isinstance(given, tuple):
        return " to ".join(value(end) for end in given)
    number = Decimal(str(given))
    if number == 0:
        return "0"
    digits = number.normalize().as_tuple().digits
    size = number.adjusted()
    if size >= 15 or size < -3:
        mantissa = f"{number.scaleb(-size).normalize():f}"
        return f"{mantissa} × 10{str(size).translate(_SUPERSCRIPT)}"
    if size >= 6 and len(digits) <= 4:
        thousands, word = next(pair for pair in _WORDS if size >= pair[0])
        return f"{number.scaleb(-thousands).normalize():f} {word}"
    return f"{number.normalize():,f}"


_WORDS = ((12, "trillion"), (9, "billion"), (6, "million"))
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def amount(name: str, given: Quantity) -> str:
    """Write a quantity with its unit and its detail; numbers of compute are operations."""
    counted = not isinstance(given.value, str | None)
    unit = given.unit or ("operations" if name == "compute" else "")
    written = f"{value(given.value)} {unit}" if unit and counted else value(given.value)
    return f"{written}, {given.detail}" if given.detail else written


def _listed(items: tuple[str, ...]) -> str:
    *most, last = items
    return f"{', '.join(most)} and {last}" if most else last


def _definitions(name: str, pairs: dict[str, str]) -> str:
    """Return a list of terms and what is said of them, or nothing if there are none."""
    if not pairs:
        return ""
    rows = (
        f'<div markdown="1">\n<dt>{term}</dt>\n<dd markdown="span">{text}</dd>\n</div>'
        for term, text in pairs.items()
    )
    return "\n".join([f'<dl class="{name}" markdown="1">', *rows, "</dl>"])


def _folded(summary: str, body: str) -> str:
    return f'<details markdown="1">\n<summary>{summary}</summary>\n\n{body}\n\n</details>'


def _sources(note: Note) -> str:
    return "\n".join(
        f"- **{name.capitalize()}**: {getattr(note.scale, name).source}" for name in _SCALE
    )


def _downloads(site: Site, note: Note) -> str:
    """Return what can be taken away, and where the code can be read."""
    links = [
        f'[{label}]({note.slug}.{suffix}){{ download="{note.slug}.{suffix}" }}'
        for label, suffix in (("Notebook", "ipynb"), ("Script", "py"))
    ]
    if module_file(site, note).is_file():
        page = reference_page(note.module)
        links.append(f"[API reference]({relative(note.source, page)})")
    if site.repository:
        links.append(f"[Source]({site.repository.rstrip('/')}/{note.source})")
    return " ".join(links)
