"""What records tell a build: which keys of which note were used, and nothing that was not."""

import copy

import pytest

from milestones.catalogue import Catalogue, CatalogueError
from milestones.site.records import FrontMatter, Scale

SCALE = {f"scale.{name}" for name in Scale.model_fields}
FRONT = {*FrontMatter.model_fields} - {"slug", "topic", "scale"} | {""}


@pytest.fixture
def heard(monkeypatch):
    """What was told since this was last emptied."""
    told = []

    def audit(name, *arguments):
        if name.startswith("literate."):
            told.append((name, *arguments))

    monkeypatch.setattr("sys.audit", audit)
    return told


def test_reading_tells_of_every_file_and_of_no_key(three, heard):
    Catalogue.read(three.root)
    files = sorted(str(path) for path in three.root.glob("papers/*/*.md"))
    assert heard == [("literate.facts", file) for file in files]


def test_a_file_with_mistakes_counts_as_a_whole(three, heard):
    source = three.note("lenet", year="soon")
    with pytest.raises(CatalogueError):
        Catalogue.read(three.root)
    assert ("literate.facts", str(three.root / source)) not in heard
    assert len(heard) == 2


@pytest.mark.parametrize(
    ("use", "keys"),
    [
        (lambda note: note.year, {"year"}),
        (lambda note: note.constraints[0], {"constraints"}),
        (lambda note: note.name, {""}),
        (lambda note: note.published, {"status"}),
        (lambda note: note.link, {"url", "arxiv", "doi"}),
        (lambda note: (note.slug, note.topic, note.module, note.source), set()),
        (lambda note: note.scale, set()),
        (lambda note: note.scale.compute.value, {"scale.compute"}),
        (lambda note: dict(note.scale), SCALE),
        (lambda note: note.scale == copy.deepcopy(note.scale), SCALE),
        (repr, FRONT | SCALE),
        (hash, FRONT | SCALE),
        (vars, FRONT),
        (lambda note: note.model_dump_json(), FRONT | SCALE),
    ],
    ids=[
        *("field", "first", "name", "published", "link", "place", "scale", "compute", "kinds"),
        *("equal", "repr", "hash", "vars", "json"),
    ],
)
def test_a_use_tells_its_key(three, heard, use, keys):
    lenet = Catalogue.read(three.root)["lenet"]
    heard.clear()
    use(lenet)
    file = str(three.root / "papers/foundations/lenet.md")
    assert set(heard) == {("literate.fact", file, key) for key in keys}


def test_the_order_in_time_is_made_of_years_and_lineage(three, heard):
    catalogue = Catalogue.read(three.root)
    heard.clear()
    assert [note.slug for note in catalogue.in_time] == ["backprop", "convnet", "lenet"]
    assert {key for _, _, key in heard} == {"year", "builds_on"}


def test_the_name_is_the_heading_and_not_a_comment(history):
    source = history.note("relu", "training", heading="ReLU")
    text = (history.root / source).read_text()
    history.text(source, text.replace("---\n", "---\n# Not this one\n", 1))
    assert Catalogue.read(history.root)["relu"].name == "ReLU"
