"""`nox -s new`: three files, a planned note upgraded, and nothing of anybody's overwritten."""

import ast
from pathlib import Path

import pytest

from milestones.catalogue import Catalogue, CatalogueError
from milestones.site import scaffold
from milestones.site.scaffold import ScaffoldError, lay_out

PLANNED = "---\ntitle: Long Short-Term Memory\nyear: 1997\nstatus: planned\nslug: lstm\n---\n"


def plan(root: Path, text: str = PLANNED) -> Path:
    note = root / "papers" / "sequences" / "lstm.md"
    note.parent.mkdir(parents=True)
    note.write_text(text)
    return note


def test_lays_out_the_three_files_and_a_new_topics_package(tmp_path: Path):
    written = [str(path.relative_to(tmp_path)) for path in lay_out(tmp_path, "sequences", "lstm")]
    assert written == [
        "papers/sequences/lstm.md",
        "src/milestones/sequences/lstm.py",
        "tests/milestones/sequences/test_lstm.py",
        "src/milestones/sequences/__init__.py",
    ]
    for name in written[1:]:
        ast.parse((tmp_path / name).read_text())
    page = (tmp_path / written[0]).read_text()
    assert "\n$$\ny = x \\tag{1}\n$$\n" in page
    sections = [line[3:] for line in page.splitlines() if line.startswith("## ")]
    assert (sections[0], sections[-1], len(sections)) == ("Before", "References", 11)


@pytest.mark.parametrize("status", ["planned", "mentioned"])
def test_a_planned_note_keeps_its_front_matter(tmp_path: Path, status: str):
    note = plan(tmp_path, PLANNED.replace("planned", status))
    lay_out(tmp_path, "sequences", "lstm")
    text = note.read_text()
    assert text.startswith(
        "---\ntitle: Long Short-Term Memory\nyear: 1997\nslug: lstm\nseconds: 10\nstatus: draft\n"
        "---\n\n# Lstm\n"
    )
    assert status not in text.partition("\n---\n")[0]


@pytest.mark.parametrize(
    "body", ["\n# Long memory\n", "\n# Long memory\n\nThis note is planned.\n", "\nPlanned\n"]
)
def test_a_plan_may_have_a_heading_and_say_that_it_is_one(tmp_path: Path, body: str):
    note = plan(tmp_path, PLANNED + body)
    lay_out(tmp_path, "sequences", "lstm")
    page = note.read_text().partition("\n---\n")[2]
    assert page.startswith("\n# Long memory\n" if "#" in body else "\n# Lstm\n")
    assert page.count("\n# L") == 1
    assert "planned" not in page


def test_what_is_laid_out_is_a_draft_that_cannot_be_published_by_accident(history):
    (note, *_) = lay_out(history.root, "sequences", "lstm")
    assert Catalogue.read(history.root)["lstm"].status == "draft"
    text = note.read_text()
    note.write_text("".join(line for line in text.splitlines(True) if "status: draft" not in line))
    with pytest.raises(CatalogueError) as caught:
        Catalogue.read(history.root)
    assert len(caught.value.problems) == text.count("\n") - len(
        [line for line in text.splitlines() if "TODO" not in line or "status:" in line]
    )


def test_no_claim_of_a_scaffold_fails(tmp_path: Path):
    note, *_ = lay_out(tmp_path, "sequences", "lstm")
    cells = note.read_text().split("```python")[1:]
    code = [cell.partition("\n")[2].partition("```")[0] for cell in cells]
    calls = [node for cell in code for node in ast.walk(ast.parse(cell)) if type(node) is ast.Call]
    assert [ast.unparse(call) for call in calls] == ["plt.subplots()", "print(TINY)"]


@pytest.mark.parametrize(
    "text",
    [
        PLANNED.replace("status: planned\n", ""),
        PLANNED + "\n# Memory\n\nSomething written.\n",
        "no front",
    ],
)
def test_a_note_that_is_written_stays(tmp_path: Path, text: str):
    note = plan(tmp_path, text)
    with pytest.raises(ScaffoldError, match="more than a plan"):
        lay_out(tmp_path, "sequences", "lstm")
    assert note.read_text() == text
    assert not (tmp_path / "src").exists()


def test_a_module_that_exists_stays_and_nothing_else_is_written(tmp_path: Path):
    note = plan(tmp_path)
    module = tmp_path / "src/milestones/sequences/lstm.py"
    module.parent.mkdir(parents=True)
    module.write_text("mine = 1\n")
    with pytest.raises(ScaffoldError, match=r"lstm\.py exists"):
        lay_out(tmp_path, "sequences", "lstm")
    assert (note.read_text(), module.read_text()) == (PLANNED, "mine = 1\n")
    assert not (tmp_path / "tests").exists()


@pytest.mark.parametrize(
    ("topic", "slug", "message"),
    [
        ("sequence", "lstm", "did you mean `sequences`"),
        ("sequences", "Lstm", "no name for a module"),
        ("sequences", "../lstm", "no name for a module"),
        ("training", "lstm", "has that name already"),
        ("sequences", "lambda", "no name for a module"),
        ("sequences", "gru", "which has: rnn, lstm, .* To add one, .* TOPICS in src/milestones"),
    ],
)
def test_what_cannot_be(tmp_path: Path, topic: str, slug: str, message: str):
    plan(tmp_path)
    with pytest.raises(ScaffoldError, match=message):
        lay_out(tmp_path, topic, slug)


def test_command_says_what_it_wrote(tmp_path, monkeypatch, capsys):
    below = tmp_path / "src" / "milestones" / "sequences"
    monkeypatch.chdir(tmp_path)
    assert scaffold.main(["sequences", "lstm"]) == 1
    assert "is not in the project" in capsys.readouterr().err
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert scaffold.main(["sequences", "lstm"]) == 0
    assert capsys.readouterr().out.startswith("papers/sequences/lstm.md\n")
    assert scaffold.main(["sequences", "lstm"]) == 1
    assert "nothing was written" in capsys.readouterr().err
