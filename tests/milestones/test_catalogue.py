"""The registry: what it reads, and what it says of front matter that is wrong."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from milestones.catalogue import (
    TOPICS,
    Catalogue,
    CatalogueError,
    main,
    readme_table,
    update_readme,
    when,
)

ROOT = Path(__file__).parents[2]


def problems(history):
    with pytest.raises(CatalogueError) as caught:
        Catalogue.read(history.root)
    return [tuple(problem) for problem in caught.value.problems]


def only_problem(history):
    (problem,) = problems(history)
    return problem


def line_of(history, source, start):
    lines = (history.root / source).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.startswith(start))


# -- what it reads


def test_a_record_holds_what_the_front_matter_says(three):
    lenet = Catalogue.read(three.root)["lenet"]
    assert lenet.authors == ("Ada Lovelace", "Alan Turing")
    assert lenet.scale.parameters.value == 60000
    assert lenet.name == "LeNet"
    assert lenet.module == "milestones.foundations.lenet"
    assert lenet.source == "papers/foundations/lenet.md"


def test_lookups(three):
    catalogue = Catalogue.read(three.root)
    assert [note.slug for note in catalogue] == ["backprop", "convnet", "lenet"]
    assert [note.slug for note in catalogue.published] == ["backprop", "lenet"]
    assert [note.slug for note in catalogue.built_on_by("backprop")] == ["convnet", "lenet"]
    assert [note.slug for note in catalogue.of_constraint("data")] == ["convnet", "lenet"]
    assert catalogue.of_topic("training") == ()
    assert "lenet" in catalogue
    assert "transformer" not in catalogue


def test_reading_order_is_that_of_the_topics_and_time_order_that_of_years(history):
    history.note("adam", "training", year=2014)
    history.note("relu", "training", year=2011)
    history.note("alexnet", year=2012)
    history.note("unlisted", year=1950)
    catalogue = Catalogue.read(history.root)
    assert [note.slug for note in catalogue] == ["alexnet", "unlisted", "relu", "adam"]
    assert [note.slug for note in catalogue.in_time] == ["unlisted", "relu", "alexnet", "adam"]


@pytest.mark.parametrize(
    ("year", "arxiv", "place"),
    [
        (2017, "1706.03762", 2017 + 5.5 / 12),
        (2017, "1706.03762v5", 2017 + 5.5 / 12),
        (2016, "1701.00001", 2016.5),  # there a year later than in print
        (1999, "cs/9905014", 1999.5),
        (1998, ..., 1998.5),
    ],
)
def test_a_paper_stands_in_the_month_in_which_it_came_to_arxiv(history, year, arxiv, place):
    history.note("lenet", year=year, arxiv=arxiv)
    assert when(Catalogue.read(history.root)["lenet"]) == pytest.approx(place)


def test_within_a_year_comes_first_what_others_build_on(history):
    history.note("residual", "training", year=2015, builds_on=["batch_norm"])
    history.note("batch_norm", "training", year=2015, builds_on=["unet"])
    history.note("unet", year=2015)
    history.note("relu", "training", year=2015)
    found = Catalogue.read(history.root).in_time
    assert [note.slug for note in found] == ["unet", "relu", "batch_norm", "residual"]


def test_a_record_cannot_be_changed(three):
    note = Catalogue.read(three.root)["lenet"]
    with pytest.raises(ValueError, match="frozen"):
        note.year = 1999


@pytest.mark.parametrize(
    ("written", "read"),
    [("null", None), ("60000", 60000), ("3e23", 3e23), ("a few", "a few"), ("[1, 2.5]", (1, 2.5))],
)
def test_a_quantity_is_a_number_text_a_range_or_unknown(history, written, read):
    source = history.note("lenet")
    text = (history.root / source).read_text().replace("value: 60000", f"value: {written}", 1)
    (history.root / source).write_text(text)
    assert Catalogue.read(history.root)["lenet"].scale.parameters.value == read


@pytest.fixture
def mentioned(three):
    """Two models that are only mentioned, beside the three milestones."""
    for slug, ancestors in {"palm": ["lenet"], "flan": ["palm"]}.items():
        changes = {"status": "mentioned", "builds_on": ancestors, "seconds": ...}
        three.note(slug, "transformers", year=2022, **changes)
    return three


def test_a_model_that_is_mentioned_has_numbers_and_is_no_milestone(mentioned):
    catalogue = Catalogue.read(mentioned.root)
    assert [note.slug for note in catalogue.mentioned] == ["flan", "palm"]
    assert catalogue["palm"].scale.parameters.value == 60000
    milestones = {"backprop", "convnet", "lenet"}
    assert {note.slug for note in catalogue} == milestones
    assert {note.slug for note in catalogue.in_time} == milestones
    assert len(catalogue) == 3
    assert not catalogue["palm"].published
    assert catalogue.of_topic("transformers") == catalogue.built_on_by("lenet") == ()
    assert "palm" not in {note.slug for note in catalogue.of_constraint("data")}
    assert catalogue.of_source("papers/transformers/palm.md") is None
    assert readme_table(catalogue) == readme_table(Catalogue(catalogue.notes))


def test_the_mistakes_of_a_model_that_is_mentioned_are_told_with_the_others(mentioned):
    source = mentioned.note("gato", "control", status="mentioned", seconds=..., year=1, venue=...)
    found = problems(mentioned)
    assert [path for path, _, _ in found] == [source, source]
    assert (source, line_of(mentioned, source, "year:")) in [problem[:2] for problem in found]


def test_a_milestone_does_not_build_on_what_is_only_mentioned(mentioned):
    source = mentioned.note("unet", builds_on=["lenet", "palm"])
    path, line, said = only_problem(mentioned)
    assert (path, line) == (source, line_of(mentioned, source, "- palm"))
    assert said == "builds on `palm`, which is only mentioned: name a milestone"


def test_every_slug_of_the_topics_stands_there_once():
    slugs = [slug for topic in TOPICS.values() for slug in topic.slugs]
    assert len(slugs) == len(set(slugs)) == 69


# -- what it says of mistakes


@pytest.mark.parametrize(
    ("changes", "key", "message"),
    [
        ({"yaer": 1998}, "yaer", "unknown key `yaer`: did you mean `year`?"),
        ({"year": "1998"}, "year", "`year` must be a year, as 1998, not '1998'; write it without"),
        ({"year": 2998}, "year", "the year 2998 cannot be: give one from 1900 to"),
        ({"title": None}, "title", "`title` is empty: give text: the paper's title"),
        ({"arxiv": 1706.03762}, "arxiv", "not 1706.03762; put it in quotes"),
        ({"arxiv": "cs9905014"}, "arxiv", "`arxiv` must be text: an arXiv number"),
        ({"doi": "https://doi.org/10.1/2"}, "doi", "`doi` must be a bare DOI, as 10.1109/5.726791"),
        ({"authors": "Ada"}, "authors", "`authors` must be a list of full names, not 'Ada'"),
        ({"authors": []}, "authors", "`authors` is an empty list: name at least one"),
        ({"authors": ["Ada", 7]}, "- 7", "`authors` must be a list of full names, not 7"),
        (
            {"constraints": ["energie"]},
            "- energie",
            "no constraint `energie`: did you mean `energy`",
        ),
        ({"constraints": ["data", "data"]}, "constraints", "`data` stands there twice"),
        ({"builds_on": ["lenett"]}, "- lenett", "builds on `lenett`, which has no file: did you"),
        ({"builds_on": ["lenet"]}, "builds_on", "builds on itself: lenet → lenet"),
        ({"scale": 3}, "scale", "`scale` must be parameters, data, compute, hardware, energy"),
        ({"status": "plan"}, "status", "`status` must be published, draft, planned or ment"),
        ({"seconds": -1}, "seconds", "`seconds` must be a number: how long the page may take"),
        ({"seconds": 0}, "seconds", "`seconds` must be a number: how long the page may take"),
        ({"seconds": 21}, "seconds", "`seconds` is 21, but no page may take more than 20"),
        ({"seconds": float("inf")}, "seconds", "`seconds` must be a number"),
        ({"seconds": "10"}, "seconds", "not '10'; write it without quotes"),
        ({"venue": "TODO"}, "venue", "still says TODO: write it, or say `status: draft`"),
        ({"slug": "le_net"}, "slug", "the slug is `le_net` but the file is lenet.md"),
        ({"topic": "training"}, "topic", "the topic is `training` but the file is in papers/found"),
        ({"topic": "trainign"}, "topic", "no topic `trainign`: did you mean `training`?"),
        ({"title": ...}, "---", "the key `title` is missing: text: the paper's title"),
        ({"seconds": ...}, "---", "the key `seconds` is missing: how long the page may take"),
        ({"doi": ...}, "---", "does not say where to find the paper: add `doi`, `arxiv` or `url`"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_its_remedy(history, changes, key, message):
    source = history.note("lenet", **changes)
    path, line, said = only_problem(history)
    assert (path, line) == (source, line_of(history, source, key))
    assert message in said


@pytest.mark.parametrize(
    ("line", "written", "message"),
    [
        ("value:", "valeu: 60000", "unknown key `scale.energy.valeu`: did you mean `value`?"),
        (
            "source:",
            "source: 7",
            "`scale.energy.source` must be text: the place that the value was",
        ),
        ("value:", "value: [2, 1]", "[2, 1] is no value: give a number, text, a range [low, high]"),
        ("value:", "value: true", "True is no value"),
        ("value:", "value: .nan", "nan is no amount: give a finite number that is not negative"),
        ("value:", "value: 'inf'", "inf is no amount"),
        ("value:", "value: -1", "-1 is no amount"),
        ("value:", "value: [-1, 2]", "-1 is no amount"),
        ("value:", "value: [1, .inf]", "inf is no amount"),
        ("value:", "12: 1", "the key `12` is no word"),
    ],
)
def test_a_mistake_inside_scale_has_its_own_line(history, line, written, message):
    source = history.note("lenet")
    lines = (history.root / source).read_text().splitlines()
    start = lines.index("  energy:")
    number = next(n for n in range(start, len(lines)) if lines[n].strip().startswith(line))
    lines[number] = f"    {written}"
    (history.root / source).write_text("\n".join(lines))
    assert any(at == number + 1 and message in said for _, at, said in problems(history))


def test_all_mistakes_of_all_files_are_told_at_once(history):
    history.note("lenet", year="x", venue=...)
    history.note("unet", constraints=["dat"], builds_on=["nothing"])
    found = problems(history)
    assert [path.rsplit("/", 1)[1] for path, _, _ in found] == ["lenet.md"] * 2 + ["unet.md"] * 2


def test_the_error_reads_as_path_line_message(history):
    history.note("lenet", yaer=1)
    with pytest.raises(CatalogueError, match=r"^papers/foundations/lenet\.md:\d+: unknown key"):
        Catalogue.read(history.root)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "has no front matter: begin the file with a line `---`"),
        ("# LeNet\n", 1, "has no front matter"),
        ("\ufeff---\ntitle: LeNet\n---\n", 1, "byte order mark: save it as UTF-8 without BOM"),
        ("---\ntitle: LeNet\n", 1, "never closed: end it with a line `---`"),
        ("---\n---\n", 1, "must be keys with values"),
        ("---\n- a\n- b\n---\n", 1, "must be keys with values, as `year: 1998`"),
        ("---\ntitle: a\nvenue: b: c\n---\n", 3, "not YAML: mapping values are not allowed"),
        ("---\ntitle: [a\nyear: 1\n---\n", 3, "not YAML: "),
        ("---\nyear: 2020-13-45\n---\n", 1, "not YAML: "),
        ("---\ntitle: \x00\n---\n", 1, "not YAML: "),
    ],
)
def test_front_matter_that_is_not_yaml(history, text, line, message):
    source = history.text("papers/foundations/lenet.md", text)
    path, number, said = only_problem(history)
    assert (path, number) == (source, line)
    assert message in said


def test_a_file_that_is_not_text(history):
    source = history.text("papers/foundations/lenet.md", "")
    (history.root / source).write_bytes(b"---\ntitle: \xff\n---\n")
    assert "cannot be read as UTF-8 text" in only_problem(history)[2]


def test_a_key_given_twice(history):
    source = history.note("lenet")
    text = (history.root / source).read_text().replace("year: 1998", "year: 1998\nyear: 1999")
    (history.root / source).write_text(text)
    _, line, said = only_problem(history)
    assert line == line_of(history, source, "year: 1999")
    assert "the key `year` already stands in line" in said


@pytest.mark.parametrize("key", ["12", "null", "2020-01-01", "no"])
def test_a_key_that_is_no_word(history, key):
    source = history.note("lenet")
    text = (history.root / source).read_text().replace("year:", f"{key}: x\nyear:")
    (history.root / source).write_text(text)
    _, line, said = only_problem(history)
    assert line == line_of(history, source, f"{key}:")
    assert f"the key `{key}` is no word" in said


def test_two_notes_with_one_slug(history):
    first = history.note("lenet")
    second = history.note("lenet", "training")
    path, line, said = only_problem(history)
    assert (path, line) == (second, line_of(history, second, "slug:"))
    assert f"the slug `lenet` is already that of {first}" in said


def test_a_misnamed_file_is_not_reported_again_by_those_who_build_on_it(history):
    history.note("lenet", slug="le_net")
    history.note("alexnet", builds_on=["lenet"])
    history.note("unet", builds_on=["le_net"])
    assert len(problems(history)) == 1


def test_a_cycle_is_reported_once(history):
    history.note("lenet", builds_on=["unet"])
    history.note("alexnet", builds_on=["lenet"])
    history.note("unet", builds_on=["alexnet"])
    path, _, said = only_problem(history)
    assert path == "papers/foundations/alexnet.md"
    assert "alexnet → lenet → unet → alexnet" in said


def test_windows_line_ends_are_read_alike(history):
    source = history.note("lenet", yaer=1)
    line = line_of(history, source, "yaer")
    text = (history.root / source).read_text()
    (history.root / source).write_text(text, newline="\r\n")
    assert only_problem(history)[1] == line


def test_a_draft_may_say_todo_and_is_counted_as_planned(three, monkeypatch, capsys):
    source = three.note("unet", status="draft", seconds=30, venue="TODO", year=2015)
    three.text("README.md", README)
    monkeypatch.setenv("MILESTONES_DRAFTS", "1")  # even then the README names no draft
    assert main(["--readme", "--root", str(three.root)]) == 0
    assert "(1998) · 2 more planned |" in (three.root / "README.md").read_text()
    text = (three.root / source).read_text()
    three.text(source, f"{text}\nTODO: write.\n".replace("status: draft\n", "seconds: 9\n"))
    with pytest.raises(CatalogueError) as caught:
        Catalogue.read(three.root)
    said = [problem.message for problem in caught.value.problems]
    assert sum("still says TODO" in message for message in said) == 2


def test_without_the_extra_the_command_says_in_one_line_what_it_needs():
    script = (
        "import runpy, sys; sys.modules['pydantic'] = None\n"
        "runpy.run_module('milestones.catalogue', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == "pydantic is missing: the site needs pip install -e '.[docs]'\n"


# -- the README


README = "# Title\n\n<!-- notes -->\nold\n<!-- /notes -->\n\nEnd.\n"


def test_the_readme_table_is_rewritten_and_then_up_to_date(three, capsys):
    three.text("README.md", README)
    assert main(["--check", "--root", str(three.root)]) == 1
    assert "stale: run python -m milestones.catalogue --readme" in capsys.readouterr().err
    assert main(["--readme", "--root", str(three.root)]) == 0
    assert main(["--check", "--root", str(three.root)]) == 0
    text = (three.root / "README.md").read_text()
    assert "[LeNet](papers/foundations/lenet.md) (1998) · 1 more planned |" in text
    assert text.endswith("<!-- /notes -->\n\nEnd.\n")
    assert update_readme(text, Catalogue.read(three.root)) == text


def test_a_readme_without_marks(three, capsys):
    three.text("README.md", "# Title\n")
    assert main(["--readme", "--root", str(three.root)]) == 1
    assert "lacks the lines" in capsys.readouterr().err


def test_mistakes_are_printed(three, capsys):
    three.note("unet", year=1)
    assert main(["--root", str(three.root)]) == 1
    assert "papers/foundations/unet.md:8: the year 1 cannot be" in capsys.readouterr().err


# -- speed


def test_a_note_is_read_in_a_millisecond_or_two(history):
    for slug in TOPICS["sequences"].slugs + TOPICS["transformers"].slugs:
        topic = "sequences" if slug in TOPICS["sequences"].slugs else "transformers"
        history.note(slug, topic)
    Catalogue.read(history.root)
    times = []
    for _ in range(5):
        start = time.process_time()
        catalogue = Catalogue.read(history.root)
        times.append(time.process_time() - start)
    assert min(times) / len(catalogue) < 0.0015


def test_hooks_and_catalogue_are_light():
    script = (
        "import sys, time; start = time.process_time()\n"
        "import milestones.site.hooks, milestones.site.claims, milestones.site.indexes\n"
        "from milestones.catalogue import Catalogue; from pathlib import Path\n"
        f"Catalogue.read(Path({str(ROOT)!r}))\n"
        "print(time.process_time() - start)\n"
        "print({'torch', 'matplotlib', 'numpy', 'literate', 'IPython'} & set(sys.modules))"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", script], check=True, capture_output=True, text=True
        ).stdout.split("\n")
        for _ in range(3)
    ]
    assert {loaded for _, loaded, *_ in runs} == {"set()"}
    assert min(float(seconds) for seconds, *_ in runs) < 0.3


def test_the_real_front_matter_is_right():
    catalogue = Catalogue.read(ROOT)
    assert {"backprop", "lenet"} <= {note.slug for note in catalogue.published}
    assert yaml.__with_libyaml__, "without the C loader a note takes ten times as long"
