"""The parser: cells as Jupyter sees them, with the lines of the file."""

from pathlib import Path

import jupytext
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jupytext.languages import _JUPYTER_LANGUAGES_LOWER_AND_UPPER as JUPYTER

from literate.page import FOREIGN, Cell, Page, Prose, outside_fences, parse
from literate.problems import WeaveError


def read(text: str, folder: Path) -> Page:
    path = folder / "page.md"
    path.write_text(text, encoding="utf-8")
    return parse(path, "page.md", "page.md")


def jupyter(text: str) -> list[str]:
    cells = jupytext.reads(text, fmt="md").cells
    return [cell.source.strip() for cell in cells if cell.cell_type == "code"]


def refusal(text: str, folder: Path) -> tuple[int, str]:
    with pytest.raises(WeaveError) as caught:
        read(text, folder)
    [problem] = caught.value.problems
    return problem.line, problem.message


PAGE = """\
---
title: A page
---

# Heading

Text.

```python caption="What $x$ is, in \\"quotes\\"." alt="A line." tags=["hide-input"]
a = 1

b = 2
```

```pycon
>>> 1 + 1
```

```python

c = 3
```
Last words.
"""


def test_blocks_know_their_lines_and_their_options(tmp_path):
    page = read(PAGE, tmp_path)
    lines = PAGE.splitlines()
    assert page.front == {"title": "A page"}
    first, second = page.cells
    assert (first.line, second.line) == (10, 20)
    assert first.code.splitlines() == lines[9:12]
    assert first.caption == 'What $x$ is, in "quotes".'
    assert (first.alt, first.tags) == ("A line.", {"hide-input"})
    assert second == Cell(20, "\nc = 3")
    for block in page.blocks:
        text = block.text if isinstance(block, Prose) else block.code
        count = len(text.splitlines())
        assert lines[block.line - 1 : block.line - 1 + count] == text.splitlines()


def test_the_languages_that_jupyter_runs_are_jupytexts():
    ours = FOREIGN | {"python"}
    assert {language.lower() for language in JUPYTER if " " not in language} == ours


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("---\ntitle: [1\n---\n", 3, "the front matter is not YAML"),
        ("---\na: b: c\n---\n", 2, "the front matter is not YAML: mapping values are not allowed"),
        ("---\nday: 2024-13-45\n---\n", 1, "the front matter is not YAML: month must be in 1..12"),
        ("---\n- a\n---\n", 1, "must be a mapping of keys to values, not list"),
        ("---\ntitle: A\n", 1, "is never closed: end it with a line of ---"),
        ("# A\n\n```python\n1\n", 3, "the fence ``` that opens here is never closed"),
        ("# A\n\n```bash\nls\n```\n", 3, "Jupyter would run this bash fence as a cell"),
        ("````text\n```\n````\n", 1, "Jupyter does not find the end of this fence"),
        ("~~~text\n~~~\n", 1, "write ``` instead"),
        ("<!-- #region -->\n", 1, "one cell of this region"),
        ("\n```x``` is code\n", 2, "Jupyter takes this line for a fence"),
        (
            '```python capton="x"\n1\n```\n',
            1,
            "unknown cell option 'capton': known are alt, caption, frames, tags",
        ),
        ("```python caption='x'\n1\n```\n", 1, "the value of caption is not JSON"),
        ("```python hello\n1\n```\n", 1, "cannot read the cell options 'hello'"),
        ('```python tags=["hide"]\n1\n```\n', 1, "unknown cell tag 'hide'"),
        ('```python tags="hide-input"\n1\n```\n', 1, "tags must be a list"),
        ("```python caption=3\n1\n```\n", 1, "caption must be text"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(tmp_path, text, line, message):
    found, said = refusal(text, tmp_path)
    assert (found, message in said) == (line, True), said


def test_bytes_that_are_no_text_are_told(tmp_path):
    path = tmp_path / "page.md"
    path.write_bytes(b"# caf\xe9\n")
    with pytest.raises(WeaveError, match=r"page\.md: is not UTF-8"):
        parse(path, "page.md", "page.md")


LINES = [
    "", "", "Text with `code`.", "# Heading", "    indented = 1", "- item", "1. one", "!!! note",
    "```python", "```python", "```", "```", "```", "```text", "```pycon", "```{.python}", "---",
    "   ```python", "    ```", "    ```python", "````python", "````", "```python ", "```pythonic",
    '```python caption="a" alt="b"', '```python tags=["hide-input"]', "```PYTHON", "```bash", "~~~",
    "x = 1", "y = '''", "'''", "# comment", "%matplotlib inline", '    """', "<!-- comment -->",
    "> ```python", "> quoted", "```x``` y", "\t```", "``` python",
]  # fmt: skip


@settings(max_examples=600)
@given(st.lists(st.sampled_from(LINES), max_size=24))
def test_cells_are_those_of_jupytext(tmp_path_factory, lines):
    """Whatever the lines: either the page is refused, or Jupyter sees the same cells."""
    text = "\n".join(["# Title", *lines, ""])
    try:
        page = read(text, tmp_path_factory.getbasetemp())
    except WeaveError:
        return
    if any("'''" in cell.code or '"""' in cell.code for cell in page.cells):
        return  # fences inside of strings: see test_downloads
    assert [cell.code.strip() for cell in page.cells] == jupyter(text)


def test_prose_is_told_from_code_at_any_depth():
    nested = "!!! note\n    ```python\n    [a](b.md)\n    ```\n    [c](d.md)\n> ```\n> x\n> ```\n"
    text = f"{nested}`` y\n```\nz"
    prose = [line.strip() for _, line, is_prose in outside_fences(text) if is_prose]
    assert prose == ["!!! note", "[c](d.md)", "`` y", "```", "z"]
