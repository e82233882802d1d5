"""Figures that follow the reader's scheme: one SVG, its colours as variables with two values.

Inside `<img>` an SVG answers `prefers-color-scheme` by the colour scheme of the element that
holds it, so the site's toggle changes every figure and needs no script for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from xml.parsers import expat

_POINTS = 96 / 72  # CSS pixels in a point
_SIZE = re.compile(r'<svg\b[^>]*?\swidth="([\d.]+)(pt|px|)"[^>]*?\sheight="([\d.]+)(?:pt|px|)"')
_BOX = re.compile(r'<svg\b[^>]*?\sviewBox="[-\d.]+[ ,]+[-\d.]+[ ,]+([\d.]+)()[ ,]+([\d.]+)"')
_JPEG_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # the segments that say its size
_FONT = re.compile(r"'DejaVu Sans'[^;\"]*?(?=[;\"])")
_FAMILY = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"


@dataclass(frozen=True, slots=True)
class Figure:
    """An SVG ready for the site, and its size in CSS pixels."""

    svg: str
    width: int
    height: int


def themed(svg: str, schemes: Mapping[str, str]) -> Figure:
    """Make matplotlib's SVG follow the scheme.

    Args:
        svg: As matplotlib saved it.
        schemes: Each light colour that figures use, and its dark counterpart.

    Raises:
        ValueError: It is no SVG, or does not say how large it is.
    """
    try:
        expat.ParserCreate().Parse(svg.encode(), True)
    except expat.ExpatError as error:
        raise ValueError(f"it is not XML ({error})") from error
    size = _SIZE.search(svg) or _BOX.search(svg)
    if size is None:
        raise ValueError("it has no <svg> with a width and a height")
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = _FONT.sub(_FAMILY, svg)
    used = [light for light in schemes if light.lower() in svg]
    light_values: list[str] = []
    dark_values: list[str] = []
    for number, light in enumerate(used):
        svg = svg.replace(f": {light.lower()}", f": var(--c{number})")
        light_values.append(f"--c{number}:{light}")
        dark_values.append(f"--c{number}:{schemes[light]}")
    style = (
        # Opened by itself, a figure stands on the background of the scheme that its ink follows.
        "<style>svg{color-scheme:light dark}"
        f":root{{{';'.join(light_values)}}}"
        f"@media(prefers-color-scheme:dark){{:root{{{';'.join(dark_values)}}}}}</style>"
    )
    unit = _POINTS if size[2] == "pt" else 1.0
    width, height = (round(float(part) * unit) for part in (size[1], size[3]))
    head, body = svg.partition(">")[::2]
    # In whole pixels here too: with a ratio of its own it would move the page when it is loaded.
    head = re.sub(r'\s(?:width|height)="[^"]*"', "", head)
    head += f' width="{width}" height="{height}">'
    return Figure(head + style + body, width, height)


def size_of(picture: bytes) -> tuple[int, int]:
    """Width and height of a PNG or JPEG, in pixels.

    Raises:
        ValueError: It is neither.
    """
    if picture.startswith(b"\x89PNG\r\n\x1a\n") and len(picture) > 24:
        return _number(picture[16:20]), _number(picture[20:24])
    at = 2
    while picture.startswith(b"\xff\xd8") and len(picture) > at + 9 and picture[at] == 0xFF:
        if picture[at + 1] in _JPEG_FRAMES:
            return _number(picture[at + 7 : at + 9]), _number(picture[at + 5 : at + 7])
        at += 2 + _number(picture[at + 2 : at + 4])
    raise ValueError("it is neither PNG nor JPEG")


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")
