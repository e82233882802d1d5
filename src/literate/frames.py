"""A cell that draws a series: a slider where scripts run, its first and last figure elsewhere.

Markup only. What shows one frame at a time is the site's style and script; both find a
`figure.frames` with a `div.frame` for each figure, in order, and the label of each in it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from literate.page import Cell

_MARKS = re.compile(r"[!-/:-@\[-`{-~]")  # whatever Markdown might give a meaning


@dataclass(frozen=True, slots=True)
class Picture:
    """What a cell drew: its bytes, its size in CSS pixels, and the label that it was given."""

    content: bytes
    suffix: str
    width: int
    height: int
    label: str = ""


def check(cell: Cell, pictures: Sequence[Picture]) -> Iterator[str]:
    """What keeps these pictures from being the frames of one figure, and what to do about it."""
    if len(pictures) < 2:
        drew = "one figure" if pictures else "no figure"
        yield f"the cell has frames, but drew {drew}: draw one for each {cell.frames}"
        return
    known: dict[str, int] = {}
    for number, picture in enumerate(pictures, 1):
        size, first = (f"{one.width} by {one.height} pixels" for one in (picture, pictures[0]))
        if not picture.label.strip():
            yield f'frame {number} has no label: say its {cell.frames} by figure.set_label("…")'
        elif number != known.setdefault(picture.label, number):
            same = f"frames {known[picture.label]} and {number} are both labelled"
            yield f"{same} {picture.label!r}: a label says what sets a frame apart"
        elif size != first and pictures[0].label.strip():  # without one, size is another thing
            yield f"frame {number} has {size}, the first {first}: give all the same figsize"


def images(cell: Cell, pictures: Iterable[Picture], names: Iterable[str]) -> str:
    """Each picture as an image that links to its own file, which is how it opens larger.

    A browser asks for it when its place comes near: letters come first.

    Args:
        cell: Where they were drawn.
        pictures: Their sizes and labels.
        names: Where their files are, seen from the page.
    """
    lines: list[str] = []
    for picture, name in zip(pictures, names, strict=True):
        label = plain(picture.label)
        alt = f"The same: {label}"  # a page says once what all of its frames show
        if not lines or "{frame}" not in cell.alt:
            alt = cell.alt.replace("[", r"\[").replace("]", r"\]").replace("{frame}", label)
        size = f'width="{picture.width}" height="{picture.height}" loading="lazy"'
        image = f"[![{alt}]({name}){{ {size} }}]({name}){{ .zoom }}"
        if cell.frames:
            label = f"<span>{label}</span>"
            image = f'<div class="frame" markdown="span">{image}{label}</div>'
        lines.append(image)
    return "\n".join(lines)


def opening(cell: Cell, number: int) -> str:
    """The tag that opens the figure."""
    kind = f' class="frames" data-frames="{html.escape(cell.frames)}"' if cell.frames else ""
    return f'<figure id="figure-{number}"{kind} markdown>'


def plain(text: str) -> str:
    """`text` such that Markdown leaves it alone."""
    return _MARKS.sub(lambda mark: f"&#{ord(mark[0])};", " ".join(text.split()))
