"""The house's contract (see CONTRIBUTING.md): names, sizes, and who may import whom."""

from functools import cache
from pathlib import Path

import pytest

from milestones import catalogue
from milestones.catalogue import Catalogue
from milestones.site import lineage

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
NOTES = sorted((ROOT / "papers").glob("*/*.md"))
TESTS = [
    file
    for topic in catalogue.TOPICS
    for file in (ROOT / "tests" / "milestones" / topic).glob("*.py")
]


@cache
def notes() -> Catalogue:
    return Catalogue.read(ROOT)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def length(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def imports(path: Path) -> list[str]:
    return lineage.imported(path, ROOT / "src")


def files_of(topic: str, slug: str) -> list[Path]:
    return [
        ROOT / "papers" / topic / f"{slug}.md",
        ROOT / "src" / "milestones" / topic / f"{slug}.py",
        ROOT / "tests" / "milestones" / topic / f"test_{slug}.py",
    ]


def test_there_are_notes():
    assert notes().published


def test_one_slug_three_files():
    missing = [
        name(file)
        for note in notes().published
        for file in files_of(note.topic, note.slug)
        if not file.exists()
    ]
    assert missing == []


def test_a_planned_milestone_and_a_mentioned_model_pretend_nothing():
    pretended = [
        name(file)
        for note in (*notes(), *notes().mentioned)
        if note.status in ("planned", "mentioned")
        for file in files_of(note.topic, note.slug)[1:]
        if file.exists()
    ]
    assert pretended == []


def test_every_implementation_and_its_test_have_a_note():
    slugs = {(note.topic, note.slug) for note in notes()}
    orphans = [
        name(file)
        for topic in catalogue.TOPICS
        for pattern, prefix in (("src/milestones", ""), ("tests/milestones", "test_"))
        for file in (ROOT / pattern / topic).glob(f"{prefix}*.py")
        if file.stem not in ("__init__", "conftest")
        and (topic, file.stem.removeprefix(prefix)) not in slugs
    ]
    assert orphans == []


def test_slugs_are_unique_and_listed_with_their_topic():
    slugs = [note.slug for note in notes()]
    assert len(slugs) == len(set(slugs))
    assert [n.slug for n in notes() if n.slug not in catalogue.TOPICS[n.topic].slugs] == []
    assert [n.slug for n in notes().mentioned if n.slug in catalogue.TOPICS[n.topic].slugs] == []


@pytest.mark.parametrize(
    ("files", "most"),
    [
        (SOURCES, 300),
        ([note for note in NOTES if length(note) > 60], 350),
        (TESTS, 300),
        ([ROOT / "README.md"], 150),
    ],
    ids=["src", "papers", "tests", "README"],
)
def test_files_are_short_enough_to_read(files: list[Path], most: int):
    assert {name(file): length(file) for file in files if length(file) > most} == {}


def test_the_builder_and_the_milestones_never_import_each_other():
    strangers = [
        f"{name(file)} imports {imported}"
        for package, other in (("milestones", "literate"), ("literate", "milestones"))
        for file in (ROOT / "src" / package).rglob("*.py")
        for imported in imports(file)
        if imported.partition(".")[0] == other
    ]
    assert strangers == []


def test_the_import_graph_is_the_citation_graph():
    uncited = [
        f"{note.source} needs builds_on: {other.slug}, which {note.module} imports"
        for note in notes().published
        for imported in imports(files_of(note.topic, note.slug)[1])
        for other in notes()
        if f"{imported}.".startswith(f"{other.module}.")
        and other.slug not in (*note.builds_on, note.slug)
    ]
    assert uncited == []


def test_what_milestones_share_imports_none_of_them():
    topics = tuple(f"milestones.{topic}" for topic in catalogue.TOPICS)
    above = [
        f"{name(file)} imports {imported}"
        for file in (ROOT / "src" / "milestones" / "common").rglob("*.py")
        for imported in imports(file)
        if imported.startswith(topics)
    ]
    assert above == []


def test_the_readmes_table_is_current():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    fresh = catalogue.update_readme(text, notes())
    assert text == fresh, "run: python -m milestones.catalogue --readme"


def test_the_lock_names_no_host_and_no_device():
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()[1:]
    assert [pin for pin in pins if "://" in pin or "+" in pin or pin.startswith("nvidia")] == []
    assert "torch==2.13.0" in pins
