"""Quiet code: what Markdown makes of real blocks, and that nothing but colour is lost."""

import re
from html.parser import HTMLParser
from pathlib import Path

import markdown
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from literate.quiet import quiet

ROOT = Path(__file__).parents[2]
LOUD = [
    "attr_list",
    "md_in_html",
    "toc",
    "pymdownx.arithmatex",
    "pymdownx.highlight",
    "pymdownx.inlinehilite",
    "pymdownx.superfences",
    "literate.maths",
]
SETTINGS = {
    "pymdownx.arithmatex": {
        "generic": True,
        "inline_syntax": ["dollar"],
        "block_syntax": ["dollar"],
    },
    "pymdownx.highlight": {"pygments_lang_class": True},
}


class Reader(HTMLParser):
    """The text of a page, and the elements within its code."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.inside, self.elements = "", 0, set[tuple[str, str | None]]()
        self.feed(page)

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if self.inside:
            self.elements.add((tag, dict(attributes).get("class")))
        self.inside += tag == "code"

    def handle_endtag(self, tag: str) -> None:
        self.inside -= tag == "code"


def render(text: str, *, loud: bool = False) -> str:
    extensions = LOUD if loud else [*LOUD, "literate.quiet"]
    return markdown.markdown(text, extensions=extensions, extension_configs=SETTINGS)


def fence(code: str, head: str = "python") -> str:
    return f"````{head}\n{code}\n````"


def block(code: str, head: str = "python") -> str:
    """What stands between `<code>` and `</code>`."""
    found = re.search(r"<code>(.*)</code>", render(fence(code, head)), re.DOTALL)
    assert found
    return found[1].rstrip("\n")


OTHERS = {
    "bash": "# a comment\nfor f in *.md; do echo \"${f%.md} & 'x'\" > out; done\n",
    "bibtex": "@article{a,\n  title = {{G}radient & <b>},\n  year = {1998},\n}\n",
    "console": '$ nox -s docs -- "note"\nwoven: 2 run\n',
    "diff": "-old\n+new\n unchanged\n",
    "html": '<!-- a comment --><p class="x">a &amp; b</p>\n',
    "javascript": "const x = `a ${b + `c ${d}`}`; // (1)\n",
    "pycon": ">>> f\"{1:>{5}}\"\n'    1'\n>>> print(\n...     1)\n1\n",
    "text": "no <language> & nothing to colour\n\n\n  but white space\n",
    "toml": '[tool.x]  # a comment\nkey = "value"\n',
    "yaml": "a: !ENV [B, ''] # a comment\n",
}
SOURCES = sorted((ROOT / "src").rglob("*.py"))
BLOCKS = [
    *((path.relative_to(ROOT).as_posix(), "python", path.read_text()) for path in SOURCES),
    *((language, language, code) for language, code in OTHERS.items()),
]


@pytest.mark.parametrize(("language", "code"), [b[1:] for b in BLOCKS], ids=[b[0] for b in BLOCKS])
def test_text_stays_and_little_else(language: str, code: str):
    loud, still = (render(fence(code, language), loud=loud) for loud in (True, False))
    assert Reader(still).text == Reader(loud).text
    assert Reader(still).elements <= {("b", None), ("b", "d"), ("i", None), ("i", "c")}


def test_a_page_of_code_weighs_little_more_than_its_text():
    text = "".join(fence(path.read_text()) + "\n\n" for path in SOURCES)
    assert len(render(text)) < 1.25 * len(text)
    assert len(render(text, loud=True)) > 3 * len(text)  # what is saved


pieces = st.sampled_from(
    [
        'f"',
        '"',
        "'''",
        "{",
        "}",
        ":",
        "x",
        " ",
        "\n",
        "#",
        "(1)",
        "def ",
        "not ",
        "\\",
        "é",
        "&",
        "<",
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(pieces, max_size=30).map("".join))
def test_text_stays_whatever_is_typed(code: str):
    text = fence(f"a\n{code}\nb")
    assert Reader(render(text)).text == Reader(render(text, loud=True)).text


def test_what_is_kept():
    assert block('def f(x: int) -> "Y":\n    return not x  # why') == (
        '<b>def</b> <b class="d">f</b>(x: int) -&gt; <i>"Y"</i>:\n'
        '    <b>return not</b> x  <i class="c"># why</i>'
    )


def test_a_name_stands_out_where_it_is_defined_only():
    assert block("def __init__(self):\n    super().__init__()") == (
        '<b>def</b> <b class="d">__init__</b>(self):\n    super().__init__()'
    )


def test_a_string_is_one_element_with_all_that_is_in_it():
    assert block('''f"{x:.{n}f} {y['a'] if y else 0}" "b"''') == (
        """<i>f"{x:.{n}f} {y['a'] if y else 0}" "b"</i>"""
    )
    assert block('"{}".format(x)') == '<i>"{}"</i>.format(x)'


def test_every_comment_has_an_element_of_its_own():
    # Material puts the mark of an annotation in the place of the comment that holds `(1)!`
    assert block("x = 1  # (1)!\n# (2)!\n# three (3)") == (
        'x = 1  <i class="c"># (1)!</i>\n<i class="c"># (2)!</i>\n<i class="c"># three (3)</i>'
    )


def test_marked_lines_stay_marked():
    code = block("a = 1\nif a:\n    b", 'python hl_lines="2"')
    assert code == 'a = 1\n<span class="hll"><b>if</b> a:\n</span>    b'


def test_numbers_of_lines_are_plain_text():
    page = render(fence("a\nb", 'python linenums="9"'))
    assert re.search(r'<div class="linenodiv"><pre[^>]*> 9\n10</pre></div>', page)


def test_code_in_a_line_too():
    assert '<code class="language-python highlight"><b>not</b> a</code>' in render(
        "`#!python not a`"
    )
    assert render("Plain `a <b> c`.") == render("Plain `a <b> c`.", loud=True)


def test_tags_that_are_not_pygments_stay_where_they_are():
    given = (
        '<span class="n"><autoref identifier="a.B">B</autoref></span><span class="p">(</span>'
        '<span class="n"><span title="a.c">c</span></span><span class="o">=</span>'
        '<span class="s2">"d"</span>'
    )
    assert quiet(given) == (
        '<autoref identifier="a.B">B</autoref>(<span title="a.c">c</span>=<i>"d"</i>'
    )
    assert quiet("a</span> <span>b</span>") == "a</span> b"


def test_twice_is_once():
    # a docstring is rendered by itself, and again with the page that it stands on
    once = block('def f():  # a\n    return f"{1}"')
    assert quiet(once) == once


def test_formulas_are_left_alone():
    text = (
        "Of $a < b$ and $\\log x$:\n\n$$\nE = \\frac{1}{2} \\sum_j (t_j - y_j)^2 \\tag{1}\n$$\n\n"
        + fence("x = '$y$'")
    )
    maths = re.compile(r"<math.*?</math>", re.DOTALL)
    assert maths.findall(render(text)) == maths.findall(render(text, loud=True))
    assert len(maths.findall(render(text))) == 3


def test_search_finds_words_and_no_code():
    plugin = pytest.importorskip("material.plugins.search.plugin")
    text = "# Title\n\nSome words of $x$.\n\n$$\nE = mc^2\n$$\n\n" + fence("code = 1") + "\n\nMore."
    source = '<details class="mkdocstrings-source"><summary>Source in a.py</summary></details>'
    parser = plugin.Parser()
    parser.feed(render(f"{text}\n\n{source}\n\nLast."))
    found = " ".join("".join(section.text) for section in parser.data)
    assert re.sub(r"<[^>]+>|\s+", " ", found).split() == [
        "Some",
        "words",
        "of",
        "x.",
        "More.",
        "Last.",
    ]
