"""What a cell gave, as native Material Markdown; its figures as files."""

from __future__ import annotations

import base64
import posixpath
import re
from collections.abc import Iterable
from typing import Any, cast

from literate import figures, frames, maths
from literate.frames import Picture
from literate.page import Cell, Page
from literate.site import Site

_MUCH = 200_000  # characters: a reader scrolls no further, and a browser slows down
_ADDRESS = re.compile(r" at 0x[0-9a-f]{6,}")

# The richest representation that Markdown can hold, first.
PREFERENCE = (
    "text/markdown",
    "image/svg+xml",
    "image/png",
    "image/jpeg",
    "text/html",
    "text/latex",
    "text/plain",
)

_KINDS = ("image/svg+xml", "image/png", "image/jpeg")
_PICTURES = (".svg", ".png", ".jpg")
_FIGURE = re.compile(r"/figure-(\d+)[^/]*$")


class Outputs:
    """Renders the outputs of cells; the site's own renderers come first."""

    def __init__(self, site: Site) -> None:
        self.site = site
        config = site.config
        self.renderers = {mime: config.function(name) for mime, name in config.renderers.items()}
        self.schemes: dict[str, str] = config.load(config.schemes) if config.schemes else {}

    def render(
        self, page: Page, cell: Cell, outputs: Iterable[dict[str, Any]], files: dict[str, bytes]
    ) -> str:
        """The Markdown of a cell's outputs; figures go into `files`."""
        if cell.tags & {"remove-output", "remove-cell"}:
            return ""
        pieces: list[str] = []
        pictures: list[Picture] = []
        for output in outputs:
            if output["output_type"] == "stream":
                pieces.append(self._text(page, cell, output["text"]))
            elif output["output_type"] == "error":
                pieces.append(self._text(page, cell, output["traceback"][-1]))
            else:
                mime, data = self._choose(output["data"])
                if mime not in self.renderers and not self._is_showable(page, cell, mime, data):
                    continue
                if mime.startswith("image/"):
                    pictures.append(self._picture(page, cell, mime, data, output["metadata"]))
                    if not cell.frames:
                        pieces.append(self._figure(page, cell, pictures[-1:], files))
                else:
                    pieces.append(self._data(page, cell, mime, data))
        if cell.frames and pictures:
            pieces.append(self._figure(page, cell, pictures, files))
        for message in _mistakes(cell, pictures):
            self.site.report(page.source, cell.line, message)
        return "\n\n".join(piece for piece in pieces if piece.strip())

    def _choose(self, data: dict[str, Any]) -> tuple[str, Any]:
        for mime in (*self.renderers, *PREFERENCE):
            if mime in data:
                return mime, data[mime]
        pictures = (mime for mime in data if mime.startswith("image/"))
        mime = next(pictures, "text/plain")
        return mime, data.get(mime, str(next(iter(data.values()))))

    def _is_showable(self, page: Page, cell: Cell, mime: str, data: object) -> bool:
        if not isinstance(data, str):
            message = f"the output's {mime} must be text, not {type(data).__name__}"
        elif mime not in PREFERENCE:
            message = f"the output is a picture of type {mime}: make it SVG, PNG or JPEG"
        else:
            return True
        self.site.report(page.source, cell.line, message)
        return False

    def _data(self, page: Page, cell: Cell, mime: str, data: Any) -> str:  # noqa: ANN401
        if mime in self.renderers:
            text = self.renderers[mime](data, self.site, page)
        elif mime == "text/markdown":
            text = data
        elif mime == "text/latex":
            text = f"$$\n{data.strip('$ ')}\n$$"
        elif mime == "text/html":
            return f'<div class="output">\n{data}\n</div>'
        else:
            return self._text(page, cell, data)
        for _, message in maths.check(text) if "$" in text else ():
            self.site.report(page.source, cell.line, f"the output has a formula: {message}")
        return text

    def _text(self, page: Page, cell: Cell, text: str) -> str:
        if _ADDRESS.search(text):
            message = (
                "the output shows a memory address, which differs in every build: "
                "end the cell with ; or show something else"
            )
            self.site.report(page.source, cell.line, message)
        if not text.strip():
            return ""
        if len(text) > _MUCH:
            message = f"the cell prints {len(text) / 1000:.0f} kB; show less"
            self.site.report(page.source, cell.line, message)
        fence = ticks(text)
        return f"{fence}{{.text .output}}\n{text.rstrip()}\n{fence}"

    def _picture(
        self, page: Page, cell: Cell, mime: str, data: str, metadata: dict[str, Any]
    ) -> Picture:
        content, width, height = b"", 0, 0
        try:
            if mime == "image/svg+xml":
                figure = figures.themed(data, self.schemes)
                content, width, height = figure.svg.encode(), figure.width, figure.height
            else:
                content = base64.b64decode(data)
                width, height = figures.size_of(content)
        except ValueError as error:
            message = f"the output is no picture of type {mime}: {error}"
            self.site.report(page.source, cell.line, message)
        about = metadata.get(mime)
        label = cast("dict[str, Any]", about).get("label") if isinstance(about, dict) else None
        return Picture(content, _PICTURES[_KINDS.index(mime)], width, height, str(label or ""))

    def _figure(
        self, page: Page, cell: Cell, pictures: list[Picture], files: dict[str, bytes]
    ) -> str:
        """One figure of one picture, or of all its frames."""
        for key in ("caption", "alt"):
            if not getattr(cell, key).strip():
                what = "caption" if key == "caption" else "alternative text"
                message = f'the figure has no {what}: add {key}="…" to the line that opens the cell'
                self.site.report(page.source, cell.line - 1, message)
        number = 1 + len({found[1] for found in map(_FIGURE.search, files) if found})
        folder = page.target.removesuffix(".md")
        names = [
            f"figure-{number}{f'-{index}' if cell.frames else ''}{picture.suffix}"
            for index, picture in enumerate(pictures, 1)
        ]
        for name, picture in zip(names, pictures, strict=True):
            files[f"{folder}/{name}"] = picture.content
        places = [f"{posixpath.basename(folder)}/{name}" for name in names]
        return (
            f"{frames.opening(cell, number)}\n"
            f"{frames.images(cell, pictures, places)}\n"
            f'<figcaption markdown="span">**Figure {number}.** {cell.caption}</figcaption>\n'
            "</figure>"
        )


def _mistakes(cell: Cell, pictures: list[Picture]) -> Iterable[str]:
    if cell.frames:
        yield from frames.check(cell, pictures)
    elif len(pictures) > 1:
        yield (
            f"the cell draws {len(pictures)} figures under one caption: give each a cell of its "
            'own, or make them a series by frames="what varies"'
        )
    elif (cell.caption or cell.alt) and not pictures:
        yield "the cell has a caption or alternative text, but drew no figure"


def ticks(text: str) -> str:
    """A fence longer than any run of backticks in `text`."""
    runs = [len(run) for run in re.findall(r"`{3,}", text)]
    return "`" * (max(runs, default=2) + 1)
