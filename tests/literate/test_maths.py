"""Formulas: what arithmatex marks, what the check finds in the source, what MathML comes out."""

import re
from pathlib import Path

import markdown
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from literate import formulas, maths

EXTENSIONS = [
    "admonition",
    "attr_list",
    "footnotes",
    "md_in_html",
    "tables",
    "toc",
    "pymdownx.arithmatex",
    "pymdownx.details",
    "pymdownx.highlight",
    "pymdownx.inlinehilite",
    "pymdownx.superfences",
    "pymdownx.tabbed",
    "literate.maths",
]
SETTINGS = {
    "pymdownx.arithmatex": {
        "generic": True,
        "inline_syntax": ["dollar"],
        "block_syntax": ["dollar"],
    },
    "pymdownx.tabbed": {"alternate_style": True},
}


def render(text: str) -> str:
    return markdown.markdown(text, extensions=EXTENSIONS, extension_configs=SETTINGS)


def typeset(text: str, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """The formulas that the extension is given, in the order of the page."""
    seen: list[tuple[str, bool]] = []

    def record(tex: str, *, display: bool = False) -> str:
        seen.append((tex.strip(), display))
        return "<math></math>"

    with monkeypatch.context() as patch:
        patch.setattr(maths, "mathml", record)
        render(text)
    return seen


def found(text: str) -> list[tuple[str, bool]]:
    return [
        ((maths._split_tag(tex)[0].strip() if display else tex), display)
        for tex, display in ((each.tex, each.display) for each in formulas.formulas(text))
    ]


PIECES = [
    "A line with $x_1$ and $y$.",
    "It costs $5 and $6, or \\$7.",
    "Code `$a$` beside $b$, and ``a `$c$` `` too.",
    "A formula $a +\nb$ across lines.",
    "A dollar $left open.",
    "# Title of $n$",
    "## Another, open $ here\ntext $m$",
    "$$\nE = \\frac{1}{2} \\sum_j (t_j - y_j)^2 \\tag{1}\n$$",
    "$$a < b$$",
    "Text above\n$$\nc\n$$",
    "- an item $i$\n- another $j$\n\n    $$\n    k = 1\n    $$\n\n    and $l$",
    "- $$z$$\n- rest",
    "1. first $f$\n2. second `$g$`",
    "- outer $o$\n\n    - inner $p$\n\n        text of inner $q$",
    "| a | $b$ |\n|---|-----|\n| $c$ | d $ e |\n| $f$ | `$g$` |",
    '!!! note "On $t$"\n    Inside $u$.\n\n    $$\n    v\n    $$',
    "??? question\n\n    Folded $w$.",
    '=== "One"\n\n    Tab $r$.',
    '```python\n$not$ = "$$"\n```',
    "~~~\n$no$\n\n$nor$\n~~~",
    '    indented = "$code$"',
    '- item\n\n        code = "$of$ the item"',
    "<!-- $hidden$\n\n$too$ -->",
    "> quoted $s$\n> and $s'$",
    "A note.[^1]\n\n[^1]: Its text has $h$.",
    "Escaped \\\\$e$ and \\$e$ and $a\\$b$.",
    "Empty $$ and $ x $ and $ y$.",
    "[link to $k$](https://example.org) and **bold $b$**",
    "$\\text{if } x > 0$, $x_*y_*z$",
    "<div markdown>\n\nWithin $d$.\n\n</div>",
]


@pytest.mark.parametrize("piece", PIECES)
def test_check_finds_what_arithmatex_finds(piece: str, monkeypatch: pytest.MonkeyPatch):
    # footnotes stand at the end of a page, so that the order may differ
    assert sorted(found(piece)) == sorted(typeset(piece, monkeypatch))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=2, max_size=6))
def test_and_in_any_mixture_of_pieces(pieces: list[str]):
    # Two neighbours can merge into one list or one piece of code: a plain line keeps them apart
    text = "\n\nBetween.\n\n".join(dict.fromkeys(pieces))
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert sorted(found(text)) == sorted(typeset(text, monkeypatch))


def test_lines_are_those_of_the_file():
    text = "a\n\n$b$ and\n$c$\n\n```text\n$no$\n```\n\n- x\n- $d$\n\n<!--\n-->\n\n$$\ne\n$$\n"
    lines = [
        (formula.tex.strip(), formula.line) for formula in formulas.formulas(text, first_line=11)
    ]
    assert lines == [("b", 13), ("c", 14), ("d", 21), ("e", 26)]


def test_check_names_the_line_of_the_mistake_inside_a_long_formula():
    text = "Fine $x$.\n\n$$\n\\begin{aligned}\na &= b \\\\\nc &= \\mistake\n\\end{aligned}\n$$\n"
    (mistake,) = maths.check(text)
    assert mistake[0] == 6
    assert 'Unknown command "\\mistake"' in mistake[1]
    assert "c &= \\mistake" in mistake[1]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("one\n$\\nosuch{x}$", 2, 'Unknown command "\\nosuch"'),
        ("$\\frac{1}$", 1, "Expected argument"),
        ("$a & b$", 1, 'Found "&"'),
        ("$a \\tag{1}$", 1, "numbered equation environment"),
        ("one\ntwo\n$$\nx\n$$", 3, "leave a blank line"),
        ("$$\n$$", 1, "empty"),
        ("$$ $$", 1, "empty"),
    ],
)
def test_bad_formulas(text: str, line: int, message: str):
    ((at, said),) = maths.check(text)
    assert (at, message in said) == (line, True), said


def test_a_bad_formula_fails_the_build_with_formula_and_reason():
    with pytest.raises(maths.FormulaError, match=r'Unknown command "\\nosuch"\. In the formula: x'):
        render("$x \\nosuch$")


def test_good_formulas_pass_the_check():
    text = "$x$ costs \\$5, `$$`\n\n$$\nx \\tag{3.1}\n$$\n\n```text\n$\\bad$\n```\n"
    assert maths.check(text) == []


def test_number_stands_beside_the_formula_with_an_anchor():
    page = render("$$\nx = y\n\\tag{3}\n$$\n\n$$z \\tag*{Eq. 4'}$$\n\n$$\nw \\tag{3}\n$$")
    assert re.findall(r'id="([^"]+)"', page) == ["eq-3", "eq-Eq.-4", "eq-3-3"]
    assert '<a class="formula-number" href="#eq-3">(3)</a>' in page
    assert ">Eq. 4'</a>" in page
    assert "\\tag" not in page


def test_rows_of_align_can_be_numbered_each():
    page = render("$$\n\\begin{align*}\na &= b \\tag{3} \\\\\nc &= d\n\\end{align*}\n$$")
    assert page.count("(3)") == 1


def test_no_named_entity_and_no_variation_selector_is_left():
    page = render("$\\operatorname{softmax}(x) \\, \\mathcal{L}$")
    assert not re.search(r"&(?!amp;|lt;|gt;)\w+;", page)
    assert not re.search("[\ufe00\ufe01]", page)
    assert "softmax" in page


def test_comments_inside_a_line_hold_no_formula():
    assert found("Text <!-- $\\bad$ --> after $x$.") == [("x", False)]
    assert "<math>" not in render("Text <!-- $\\bad$ --> after.")


def test_no_white_space_is_added_around_a_formula():
    assert "<p><math><mi>x</mi></math><em>y</em></p>" in render("$x$*y*")


def test_less_than_survives_escaping():
    for text in ("$a < b \\& c$", "$$\na < b \\& c\n$$"):
        assert "<mo>&lt;</mo>" in render(text).replace(' lspace="0" rspace="0"', "")
        assert "&amp;lt" not in render(text)
        assert "<mo>&amp;</mo>" in render(text)


FONTS = Path(__file__).parents[2] / "docs" / "theme" / "fonts"


@pytest.mark.parametrize(
    ("name", "used"),
    [
        ("ceiling-math.woff2", "∂∇∑∏∫√𝔼ℝ𝜽𝐖𝑥θσ→⟨⟩⏜⏝⏞⏟⎴⎵≤≈∈⊙⊤ℓ′‖ℒ𝒩"),
        ("ceiling-math-core.woff2", "∂∑∏∫√𝔼ℝ𝐖𝑥𝜃θσ→⟨⟩≤≈∈⊙⊤′‖ℒℓ𝒩"),
    ],
)
def test_font_has_the_glyphs_that_the_notes_use(name: str, used: str):
    ttLib = pytest.importorskip("fontTools.ttLib")  # noqa: N806
    font = ttLib.TTFont(FONTS / name)
    assert {hex(ord(letter)) for letter in used if ord(letter) not in font.getBestCmap()} == set()
    assert "MATH" in font
    # the GUST licence asks that a changed font goes by another name
    assert {font["name"].getDebugName(1)} == {"Ceiling Math"}
