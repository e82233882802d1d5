"""A page depends on those keys of front matter that its reader told, and on no others."""

import pytest

from literate.trace import Digests

READER = """
import sys
import yaml

def read(path):
    front = yaml.safe_load(open(path).read().split("---")[1])
    sys.audit("literate.facts", path)
    return front

def use(path, key):
    sys.audit("literate.fact", path, key)
    return read(path)[key]
"""
NOTE = "---\nyear: 1998\nscale: {compute: 4, energy: 2}\n---\n\n# LeNet-5\n\nProse.\n"
PATH = "papers/lenet.md"


@pytest.fixture
def reader(site):
    site.write("src/kit/reader.py", READER)
    site.write(PATH, NOTE)
    return "from kit import reader\n"


@pytest.fixture
def uses(reader, run_page):
    def uses(code):
        outcome = run_page(reader + code)
        assert outcome["failure"] is None, outcome["failure"]
        return [name for name in outcome["uses"] if not name.startswith("module:")]

    return uses


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("reader.use('../papers/lenet.md', 'year')", [f"fact:{PATH}#year"]),
        ("import os; os.chdir('../papers'); reader.use('lenet.md', 'year')", [f"fact:{PATH}#year"]),
        ("reader.read('../papers/lenet.md')", []),
        ("reader.use('../papers/lenet.md', 'year'); open('../papers/lenet.md')", [f"file:{PATH}"]),
        ("open('../papers/lenet.md'); reader.use('../papers/lenet.md', 'year')", [f"file:{PATH}"]),
        ("[reader.use('../papers/lenet.md', 'year') for _ in 'abc']", [f"fact:{PATH}#year"]),
        ("import sys; sys.audit('literate.facts', '../papers/lenet.md')", []),
        ("import sys; sys.audit('literate.fact', '/etc/hostname', 'year')", []),
        ("import sys; sys.audit('literate.fact', 'index.md', 'year')", ["fact:docs/index.md#year"]),
    ],
    ids=[
        "told",
        "moved",
        "unused",
        "also-read",
        "first-read",
        "thrice",
        "unread",
        "elsewhere",
        "own",
    ],
)
def test_only_what_is_told_counts_unless_somebody_reads_the_file(uses, code, expected):
    assert uses(code) == expected


FACTS = ["year", "scale", "scale.compute", "scale.energy", "tags", "scale.data", "year.month", ""]


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("Prose", "Other prose", []),
        ("scale: {compute: 4, energy: 2}", "scale:\n  compute: 4  # why\n  energy: 0x2", []),
        ("year: 1998", "unread: 1\nyear: 1998", []),
        ("1998", "1999", ["year"]),
        ("1998", "'1998'", ["year"]),
        ("compute: 4", "compute: 5", ["scale", "scale.compute"]),
        ("energy: 2", "energy: null", ["scale", "scale.energy"]),
        (", energy: 2", "", ["scale", "scale.energy"]),
        ("energy: 2", "energy: 2, data: 1", ["scale", "scale.data"]),
        ("year: 1998", "year: 1998\ntags: [a]", ["tags"]),
        ("LeNet-5", "LeNet", [""]),
        ("# LeNet-5\n", "", [""]),
        ("year: 1998", "year: {month: 3}", ["year", "year.month"]),
    ],
)
def test_a_fact_changes_with_its_value_and_with_nothing_else(tmp_path, old, new, changed):
    note, known = tmp_path / "a.md", {}

    def digests():
        return {key: Digests(tmp_path, known)[f"fact:a.md#{key}"] for key in FACTS}

    note.write_text(NOTE)
    before = digests()
    note.write_text(NOTE.replace(old, new))
    assert [key for key, value in digests().items() if value != before[key]] == changed
    note.unlink()
    assert set(digests().values()) == {"missing"}
    note.write_text(NOTE)
    assert digests() == before


def test_without_a_heading_the_title_is_that_of_the_front_matter(tmp_path):
    def title(text):
        (tmp_path / "a.md").write_text(text)
        return Digests(tmp_path)["fact:a.md#"]

    assert title("---\ntitle: A\n---\n") != title("---\ntitle: B\n---\n")
    assert title("---\ntitle: A\n---\n# C\n") == title("---\ntitle: B\n---\n# C\n")


@pytest.mark.parametrize(
    "front", ["---\nyear: [\n---\n", "---\n- year\n---\n", "year: 1\n", "---\n"]
)
def test_every_fact_of_what_cannot_be_parsed_changes_with_any_byte(tmp_path, front):
    def year(text):
        (tmp_path / "a.md").write_text(text)
        return Digests(tmp_path)["fact:a.md#year"]

    assert year(front) != year(front.replace("\n", " \n", 1)) != "missing"


def test_what_is_known_is_not_parsed_again(tmp_path, monkeypatch):
    (tmp_path / "a.md").write_text(NOTE)
    known: dict[str, str] = {}
    before = Digests(tmp_path, known)["fact:a.md#year"]
    monkeypatch.setattr("literate.trace.yaml", None)
    (tmp_path / "a.md").write_text(NOTE.replace("Prose", "Other prose"))
    assert Digests(tmp_path, known)["fact:a.md#year"] == before
    with pytest.raises(AttributeError):
        Digests(tmp_path, known)["fact:a.md#scale"]


def test_a_page_is_not_kept_if_a_note_changed_while_it_used_a_fact(site, reader):
    change = "import os; os.utime('../papers/lenet.md')"
    site.page("year", f"{reader}reader.use('../papers/lenet.md', 'year')\n{change}")
    assert "a file that it uses changed while it ran; not kept" in site.literate("weave").stdout


def test_a_weave_runs_the_pages_whose_facts_changed(site, reader):
    site.page("year", f"{reader}reader.use('../papers/lenet.md', 'year')")
    site.page("scale", f"{reader}reader.use('../papers/lenet.md', 'scale')")
    site.page("all", "print(open('../papers/lenet.md').read()[:14])")
    assert site.weave() == ["all", "scale", "year"]
    for old, new, ran in [
        ("Prose", "Other prose", []),
        ("year: 1998", "year: 1998  # spring", ["all"]),
        ("1998", "1999", ["all", "year"]),
        ("energy: 2", "energy: 3", ["all", "scale"]),
    ]:
        site.write(PATH, (site.root / PATH).read_text().replace(old, new))
        assert site.weave() == ran
    assert "1999" in site.woven("year")
    status = site.write(PATH, NOTE) and site.literate("status").stdout
    assert "year.md  cached" in status  # its first run
    site.write(PATH, NOTE.replace("1998", "2000"))
    assert f"would run: {PATH}#year changed" in site.literate("status").stdout
