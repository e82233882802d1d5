"""Every published note is an ordinary notebook, and its *Use it* runs where nothing else is."""

import subprocess
import sys
from functools import cache
from pathlib import Path

import jupytext
import pytest
from nbclient import NotebookClient

from literate.page import Cell, Page, Prose, parse
from milestones.catalogue import Catalogue

ROOT = Path(__file__).parents[1]
SECTIONS = [
    "Before",
    "The idea",
    "The mathematics",
    "The code",
    "The experiment",
    "The claim",
    "What the story gets wrong",
    "After",
    "Use it",
    "Exercises",
    "References",
]


@cache
def notes() -> list[Page]:
    sources = [note.source for note in Catalogue.read(ROOT).published]
    return [parse(ROOT / source, source, source) for source in sources]


every_note = pytest.mark.parametrize("note", notes(), ids=lambda note: note.path.stem)


def headings(page: Page) -> list[str]:
    lines = [
        line
        for block in page.blocks
        if isinstance(block, Prose)
        for line in block.text.splitlines()
    ]
    return [line.removeprefix("## ") for line in lines if line.startswith("## ")]


def use_it(page: Page) -> list[Cell]:
    """The cells between the headings *Use it* and *Exercises*."""
    within, cells = False, []
    for block in page.blocks:
        if isinstance(block, Cell):
            cells += [block] if within else []
        elif "## Use it" in block.text.splitlines():
            within = "## Exercises" not in block.text.splitlines()
        elif "## Exercises" in block.text.splitlines():
            within = False
    return cells


@every_note
def test_sections_stand_in_the_order_of_the_house(note: Page):
    assert headings(note) == SECTIONS


@every_note
def test_cells_are_short(note: Page):
    long = {cell.line: len(cell.code.splitlines()) for cell in note.cells}
    assert {line: length for line, length in long.items() if length > 25} == {}


@every_note
def test_use_it_runs_alone_in_a_fresh_interpreter(note: Page, tmp_path: Path):
    (cell,) = use_it(note)
    assert len(cell.code.splitlines()) <= 12
    done = subprocess.run(
        [sys.executable, "-I", "-c", cell.code],  # -I: neither this folder nor PYTHONPATH
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip(), "the reader sees nothing"


@every_note
def test_the_notebook_has_the_cells_that_the_build_runs(note: Page):
    code = [cell for cell in jupytext.read(note.path).cells if cell.cell_type == "code"]
    assert [cell.source for cell in code] == [cell.code for cell in note.cells]


def first_of_each_topic() -> list[Page]:
    """One note for each topic: the build runs them all, and Jupyter need not do it again."""
    return list({note.path.parent: note for note in reversed(notes())}.values())


@pytest.mark.parametrize("note", first_of_each_topic(), ids=lambda note: note.path.stem)
def test_the_note_runs_from_top_to_bottom_in_plain_jupyter(note: Page):
    NotebookClient(
        jupytext.read(note.path),
        timeout=240,
        kernel_name="python3",
        resources={"metadata": {"path": str(note.path.parent)}},
    ).execute()
