"""Draws a social card: paper, a ceiling, the words below it, and the marks of what was raised.

Only `social` imports this, and only when a card has to be drawn: here Pillow comes in, which
Matplotlib brings along.
"""

import importlib.util
import io
import itertools
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from PIL import Image, ImageColor, ImageDraw, ImageFont, PngImagePlugin

from milestones.palette import CONSTRAINTS, FAINT, INK, LIGHT_BACKGROUND, MARKS, MUTED
from milestones.site import metadata

FONTS = Path(__file__).resolve().parents[3] / "docs" / "theme" / "fonts"

_WIDTH, _HEIGHT, _MARGIN = 1200, 630, 84
_MEASURE = _WIDTH - 2 * _MARGIN
_SHADES = 12  # from white to each colour: what smooth edges need, at a third of the bytes of RGB
# The sizes to try, in pixels, and how many lines each may take.
_HEADING = ((104, 1), (88, 1), (76, 1), (64, 2))
_TITLE = ((44, 2), (38, 2), (32, 2))
_BYLINE = ((32, 1), (28, 1), (24, 1))


def card(
    *, heading: str, title: str, byline: str, constraints: Sequence[str], about: Mapping[str, str]
) -> bytes:
    """Return a card as a PNG file.

    Args:
        heading: The note's name, or that of the site.
        title: The paper's.
        byline: Who wrote it, and when.
        constraints: The ceilings that it raised, the first most of all.
        about: What the file says of itself, by key.
    """
    image = Image.new("RGB", (_WIDTH, _HEIGHT), LIGHT_BACKGROUND)
    draw = ImageDraw.Draw(image)
    draw.rectangle((_MARGIN, 78, _MARGIN + _MEASURE, 81), fill=INK)  # the ceiling
    top = 118
    for text, sizes, colour, italic in (
        (heading, _HEADING, INK, False),
        (title, _TITLE, INK, True),
        (byline, _BYLINE, MUTED, False),
    ):
        face, lines = _fitted(text, sizes, italic)
        for line in lines:
            face.write(draw, (_MARGIN, top + face.size), line, colour)
            top += round(face.size * 1.18)
        top += 22
    _last_row(draw, constraints, is_note=heading != metadata.SITE)
    return _png(image, about)


def _last_row(draw: ImageDraw.ImageDraw, constraints: Sequence[str], *, is_note: bool) -> None:
    """Draw the marks: of a note with their names and the site's, of the site from edge to edge."""
    baseline = _HEIGHT - 66
    draw.line((_MARGIN, baseline - 58, _MARGIN + _MEASURE, baseline - 58), FAINT, 2)
    face = _Face(30)
    left = float(_MARGIN)
    for mark in (MARKS[key] for key in constraints):
        draw.text((left, baseline), mark.glyph, mark.light, _glyphs(34), anchor="ls")
        if is_note:
            left = face.write(draw, (left + 44, baseline), mark.name, MUTED) + 34
        else:
            left += (_MEASURE - 30) / (len(CONSTRAINTS) - 1)
    if is_note and left + face.length(metadata.SITE) <= _MARGIN + _MEASURE:
        right = _MARGIN + _MEASURE - face.length(metadata.SITE)
        face.write(draw, (right, baseline), metadata.SITE, INK)


class _Face:
    """The site's serif in one size: two files, of which the second has Latin Extended."""

    def __init__(self, size: int, *, italic: bool = False) -> None:
        name = "ceiling-serif-italic" if italic else "ceiling-serif"
        self.size = size
        self.latin = _font(FONTS / f"{name}.woff2", size)
        self.extended = _font(FONTS / f"{name}-more.woff2", size)

    def length(self, text: str) -> float:
        """Return how wide a text is, in pixels."""
        return sum(font.getlength(part) for font, part in self._parts(text))

    def write(
        self, draw: ImageDraw.ImageDraw, start: tuple[float, float], text: str, colour: str
    ) -> float:
        """Write a line on its baseline, and return where it ends."""
        left, baseline = start
        for font, part in self._parts(text):
            draw.text((left, baseline), part, colour, font, anchor="ls")
            left += font.getlength(part)
        return left

    def wrapped(self, text: str) -> list[str]:
        """Break a text into lines; a word that is too long is cut."""
        lines: list[str] = []
        for word in text.split():
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and self.length(longer) <= _MEASURE:
                lines[-1] = longer
            else:
                lines.append(self.cut(word))
        return lines

    def cut(self, text: str) -> str:
        """Return as much of a text as fits on a line."""
        while self.length(text) > _MEASURE:
            text = f"{text[:-2].rstrip()}…"
        return text

    def _parts(self, text: str) -> list[tuple[ImageFont.FreeTypeFont, str]]:
        return [
            (self.extended if extended else self.latin, "".join(letters))
            for extended, letters in itertools.groupby(text, lambda letter: "Ā" <= letter <= "ɏ")
        ]


def _fitted(text: str, sizes: Sequence[tuple[int, int]], italic: bool) -> tuple[_Face, list[str]]:
    """Return the largest face in which a text takes no more lines than it may, and these lines.

    What is too long even for the smallest face loses its end.
    """
    for size, most in sizes[:-1]:
        face = _Face(size, italic=italic)
        lines = face.wrapped(text)
        if len(lines) <= most:
            return face, lines
    size, most = sizes[-1]
    face = _Face(size, italic=italic)
    lines = face.wrapped(text)
    if len(lines) > most:
        lines = [*lines[: most - 1], face.cut(" ".join(lines[most - 1 :]))]
    return face, lines


@cache
def _font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size)


def _glyphs(size: int) -> ImageFont.FreeTypeFont:
    """Return Matplotlib's DejaVu Sans, which has the marks; Matplotlib itself is not imported."""
    found = importlib.util.find_spec("matplotlib")
    if found is None or found.origin is None:
        raise FileNotFoundError("matplotlib is not installed: pip install -e .")
    return _font(Path(found.origin).parent / "mpl-data/fonts/ttf/DejaVuSans.ttf", size)


def _png(image: Image.Image, about: Mapping[str, str]) -> bytes:
    """Return a picture in the colours of cards, each on its way from the paper.

    A palette chosen from the picture would give the thin mark of compute efficiency to grey text.
    """
    paper, faint = ImageColor.getrgb(LIGHT_BACKGROUND), ImageColor.getrgb(FAINT)
    bands = [*paper, *faint]  # without shades of faint: Pillow would take the first for paper
    for colour in (INK, MUTED, *(constraint.light for constraint in CONSTRAINTS)):
        for shade in range(1, _SHADES + 1):
            both = zip(paper, ImageColor.getrgb(colour), strict=True)
            bands += [round(start + (end - start) * shade / _SHADES) for start, end in both]
    palette = Image.new("P", (1, 1))
    palette.putpalette(bands)
    text = PngImagePlugin.PngInfo()
    for key, value in about.items():
        text.add_text(key, value)
    buffer = io.BytesIO()
    image.quantize(palette=palette, dither=Image.Dither.NONE).save(buffer, "png", pnginfo=text)
    return buffer.getvalue()
