"""The style sheet and the palette say the same colours."""

import re
from pathlib import Path

import pytest

from milestones import palette

THEME = Path(__file__).parents[3] / "docs" / "theme"
NAMES = {  # they look like addresses, and nothing asks for them
    "http://www.w3.org/2000/svg",
    "http://www.sitemaps.org/schemas/sitemap/0.9",
    "https://schema.org",
}
STYLES = "".join(path.read_text() for path in sorted(THEME.glob("_styles/*.css")))


def variables(scheme):
    schemes = (THEME / "_styles" / "10-schemes.css").read_text()
    (body,) = re.findall(rf'\[data-md-color-scheme="{scheme}"\] \{{(.*?)\}}', schemes, re.DOTALL)
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", body))


@pytest.mark.parametrize(("scheme", "column"), [("default", "light"), ("slate", "dark")])
def test_colours_are_those_of_the_palette(scheme, column):
    def side(light):
        return light if column == "light" else palette.SCHEMES[light]

    background = palette.LIGHT_BACKGROUND if column == "light" else palette.DARK_BACKGROUND
    found = variables(scheme)
    text = {name: found.pop(name) for name in ("link", "held")}
    raised = found.pop("raised")
    assert found == {
        "ink": side(palette.INK),
        "muted": side(palette.MUTED),
        "faint": side(palette.FAINT),
        "paper": background,
        **{constraint.key: getattr(constraint, column) for constraint in palette.CONSTRAINTS},
    }
    for name, colour in {**text, "ink": found["ink"], "muted": found["muted"]}.items():
        assert min(contrast(colour, background), contrast(colour, raised)) >= 4.5, name
    for constraint in palette.CONSTRAINTS:
        assert contrast(found[constraint.key], background) >= 3, constraint.key


def test_the_bars_of_the_browser_have_the_colour_of_the_page():
    template = (THEME / "_templates" / "main.html").read_text()
    (still,) = re.findall(r'name="theme-color" content="(.*?)"', template)
    (switched,) = re.findall(r'\.content = dark \? "(.*?)" : "(.*?)"', template)
    assert switched == (variables("slate")["paper"], variables("default")["paper"])
    assert still == variables("default")["paper"]


def test_every_constraint_has_its_mark():
    marks = dict(re.findall(r"\.mark--(\w+) \{ --mark: var\(--(\w+)\); \}", STYLES))
    assert marks == {constraint.key: constraint.key for constraint in palette.CONSTRAINTS}


def test_nothing_is_fetched_from_elsewhere():
    for path in THEME.rglob("*.*"):
        text = path.read_text(errors="ignore")
        addresses = re.findall(r"https?://[^\s\"')]+", text) if path.suffix != ".txt" else []
        assert set(addresses) <= NAMES, path.name


def contrast(one, other):
    """WCAG 2: the ratio of relative luminances."""

    def luminance(colour):
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
