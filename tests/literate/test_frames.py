"""Frames: what a cell draws in a series becomes one figure, and mistakes in it are told."""

import json
import re
from html import unescape

import markdown
import nbformat
import pytest

SETTINGS = """
[tool.literate]
sources = { docs = "" }
packages = ["src/kit"]
versions = []
preload = ["matplotlib.pyplot"]
"""

# Ticks of other widths, a label outside of the axes, and labels full of Markdown's marks.
SERIES = """
import matplotlib.pyplot as plt
for n in (1, 20, 3000):
    figure, axes = plt.subplots(figsize=(3, 2))
    axes.plot([0, n])
    axes.text(-0.5, n, "outside")
    figure.set_label(f"step *{n}* [a_b_c] $x$ <i> {n}`")
"""
DRAW = "import matplotlib.pyplot as plt\nplt.subplots(figsize=(3, 2));"
OPTIONS = 'caption="Steps." alt="A line [rising], {frame}."'


@pytest.fixture(scope="module")
def woven(tmp_path_factory, project):
    site = project(tmp_path_factory.mktemp("frames"), SETTINGS)
    site.page("a", SERIES, options=f'frames="training \\"step\\"" {OPTIONS}')
    still = f"```python {OPTIONS}\n{DRAW}\n```\n"
    page = site.root / "docs/a.md"
    page.write_text(page.read_text() + "\n" + still)
    site.write("docs/b.md", f"# B\n\n{still}\n{still}")
    site.weave()
    return site


def html(text: str) -> str:
    return markdown.markdown(text, extensions=["attr_list", "md_in_html"])


def labels() -> list[str]:
    return [f"step *{n}* [a_b_c] $x$ <i> {n}`" for n in (1, 20, 3000)]


def test_a_series_is_one_figure_of_frames_in_order(woven):
    figures = html(woven.woven("a")).split("<figure")[1:]
    assert [re.search(r'id="([\w-]+)"', figure)[1] for figure in figures] == [
        "figure-1",
        "figure-2",
    ]
    series = figures[0]
    assert 'class="frames"' in series
    assert unescape(re.search(r'data-frames="(.*?)"', series)[1]) == 'training "step"'
    assert re.findall(r'<a class="zoom" href="a/([^"]+)"><img [^>]*src="a/([^"]+)"', series) == [
        (name, name) for name in ("figure-1-1.svg", "figure-1-2.svg", "figure-1-3.svg")
    ]
    assert series.count("<figcaption>") == 1
    assert "<strong>Figure 1.</strong> Steps." in series
    assert "figure-2.svg" in figures[1]
    assert set(woven.tree()) >= {"a/figure-1-3.svg", "a/figure-2.svg", "b/figure-2.svg"}


def test_each_frame_says_its_label_in_plain_text_and_in_its_alternative(woven):
    page = html(woven.woven("a"))
    shown = re.findall(r"<span>(.*?)</span>", page)
    assert [unescape(label) for label in shown] == labels()
    alternatives = [unescape(alt) for alt in re.findall(r'<img alt="(.*?)"', page)]
    first, *others = labels()
    same = [f"The same: {label}" for label in others]
    assert alternatives[:3] == [f"A line [rising], {first}.", *same]


def test_frames_are_of_one_size_whatever_they_hold(woven):
    sizes = re.findall(r'width="(\d+)" height="(\d+)"', woven.woven("a"))
    assert sizes[:3] == [("288", "192")] * 3  # 3 by 2 inches
    assert sizes[3] != sizes[0]  # a figure by itself is cut to what is drawn


def test_a_picture_waits_until_its_place_comes_near(woven):
    for name, pictures in (("a", 4), ("b", 2)):
        images = re.findall("<img.*?>", html(woven.woven(name)))
        assert len(images) == pictures
        assert all('loading="lazy"' in image for image in images)


def test_in_the_notebook_the_figures_follow_one_another(woven):
    text = woven.tree()["a.ipynb"].decode()
    nbformat.validate(json.loads(text))
    cell = next(c for c in nbformat.reads(text, 4).cells if c.cell_type == "code")
    assert [output.metadata["image/svg+xml"]["label"] for output in cell.outputs] == labels()


MISTAKES = {
    "empty": ('frames=" "', [], 'a.md:3: frames must say what varies, as frames="training step"'),
    "no_text": ("frames=3", [], "a.md:3: frames must be text"),
    "none": (
        'frames="step"',
        [],
        "the cell has frames, but drew no figure: draw one for each step",
    ),
    "one": ('frames="step"', [("1", 2)], "the cell has frames, but drew one figure: draw one"),
    "unlabelled": (
        'frames="step"',
        [("1", 2), (None, 2)],
        'frame 2 has no label: say its step by figure.set_label("…")',
    ),
    "twice": (
        'frames="step"',
        [("1", 2), ("2", 2), ("1", 2)],
        "frames 1 and 3 are both labelled '1'",
    ),
    "sizes": (
        'frames="step"',
        [("1", 2), ("2", 3)],
        "frame 2 has 288 by 288 pixels, the first 288 by 192 pixels: give all the same figsize",
    ),
    "unsaid": ("", [("1", 2), ("2", 2)], 'or make them a series by frames="what varies"'),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_what_is_no_series_is_told(site, name):
    options, drawn, message = MISTAKES[name]
    code = "import matplotlib.pyplot as plt\n" + "\n".join(
        f"plt.figure(figsize=(3, {height})).set_label({label!r})" for label, height in drawn
    )
    site.page("a", code, options=f'{options} caption="C." alt="A {{frame}}."')
    said = site.refused()
    assert message in said
    assert len(re.findall(r"^docs/a\.md", said, re.MULTILINE)) == 1  # and nothing else
