"""The colours of the site, for figures, marks and pages; only the standard library is needed.

Figures are drawn in the light colours. The builder replaces each by a CSS variable that becomes its
dark counterpart when the reader's page is dark, so each light colour stands here exactly once.
Contrast and distance under simulated colour blindness are tested in `test_palette.py`.
"""

from dataclasses import dataclass

LIGHT_BACKGROUND = "#ffffff"
DARK_BACKGROUND = "#1e2129"  # Material's slate

INK = "#1c2026"  # text and strokes that must be read
MUTED = "#4f5763"  # axes, tick labels, what stands in the second row
FAINT = "#d5d9df"  # grid lines: never the only carrier of meaning

# Ordered: the first four are farthest apart, so use them from the front.
SERIES = ("#0450bf", "#e86409", "#329b7d", "#c168dd", "#646300", "#5a2575", "#800b06")

SCHEMES = {
    INK: "#eceff4",
    MUTED: "#b9c0cb",
    FAINT: "#3d434f",
    SERIES[0]: "#4388fa",
    SERIES[1]: "#d9640f",
    SERIES[2]: "#72efcc",
    SERIES[3]: "#e59ff9",
    SERIES[4]: "#dfdb2e",
    SERIES[5]: "#9c6bb9",
    SERIES[6]: "#f8917f",
}


@dataclass(frozen=True, slots=True)
class Constraint:
    """One of the seven constraints of the essay, and its mark.

    Attributes:
        key: How front matter writes it.
        name: How prose writes it.
        glyph: A shape that tells it from the others without colour.
        light: Its colour on a light page, one of `SERIES`.
        dark: Its colour on a dark page.
    """

    key: str
    name: str
    glyph: str
    light: str
    dark: str


def _constraint(key: str, glyph: str, series: int) -> Constraint:
    light = SERIES[series]
    return Constraint(key, key.replace("_", " "), glyph, light, SCHEMES[light])


CONSTRAINTS = (
    _constraint("data", "●", 0),
    _constraint("parameters", "■", 1),
    _constraint("optimization", "▼", 2),
    _constraint("architecture", "▲", 3),
    _constraint("compute", "◆", 4),
    _constraint("compute_efficiency", "◇", 5),
    _constraint("energy", "✚", 6),
)

MARKS = {constraint.key: constraint for constraint in CONSTRAINTS}
"""The same by their keys, in the same order."""
