"""What an edit of this very project runs again: its own notes, its own modules, its own cache."""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GPT3 = "papers/transformers/gpt3.md"


SHOW_ENERGY = {"index", "energy", "intelligence"}  # what GPT-3 took


class Copy:
    """A copy of the project, with what its pages gave so far."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("docs", "papers", "src", "pyproject.toml", "mkdocs.yml"):
            source = ROOT / name
            ignored = shutil.ignore_patterns("__pycache__", ".*")
            if source.is_dir():
                shutil.copytree(source, root / name, ignore=ignored)
            else:
                shutil.copy(source, root / name)
        home = Path(os.environ.get("LITERATE_CACHE") or ROOT / ".literate")
        if (home / "cache").exists():  # then nothing has to run here
            shutil.copytree(home / "cache", root / ".literate" / "cache")
        # `literate` itself and its hooks are those of the copy, too.
        self.environment = {**os.environ, "LITERATE_CACHE": "", "PYTHONPATH": str(root / "src")}

    def literate(self, *arguments: str) -> str:
        return self.run("literate.cli", *arguments)

    def run(self, module: str, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def would_run(self) -> set[str]:
        """The notes that a build would execute."""
        lines = self.literate("status").splitlines()
        return {Path(line.split()[0]).stem for line in lines if "would run" in line}

    def would_run_after(self, name: str, old: str, new: str) -> set[str]:
        """The notes that a build would execute after an edit, which is taken back."""
        self.edit(name, old, new)
        try:
            return self.would_run()
        finally:
            self.restore(name)

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.root / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{name} no longer says {old!r}: choose another place to edit"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def restore(self, name: str) -> None:
        shutil.copy(ROOT / name, self.root / name)


def importers(*modules: str) -> set[str]:
    """The pages whose cells import one of these modules, such as `common.data`."""
    pages = [*ROOT.glob("papers/*/*.md"), *ROOT.glob("docs/**/*.md")]
    found: set[str] = set()
    for package, module in (name.rsplit(".", 1) for name in modules):
        statement = re.compile(
            rf"^from milestones\.{package}(\.{module}\b| import .*\b{module}\b)", re.MULTILINE
        )
        found |= {path.stem for path in pages if statement.search(path.read_text())}
    return found


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    copy = Copy(tmp_path_factory.mktemp("project") / "copy")
    copy.literate("weave")
    assert copy.would_run() == set()
    return copy


@pytest.mark.parametrize(
    ("file", "old", "new", "runs"),
    [
        ("papers/foundations/lenet.md", "## Before\n", "## Before\n\nA sentence more.\n", set()),
        ("src/milestones/foundations/lenet.py", '"""', '"""Another title. ', set()),
        (
            "src/milestones/foundations/lenet.py",
            "BLACK = -0.1, 1.175",
            "BLACK = -0.1, 1.2",
            importers("foundations.lenet"),
        ),
        (
            "src/milestones/foundations/convnet.py",
            "tanh(SLOPE * a)",
            "tanh(a * SLOPE)",
            importers("foundations.convnet", "foundations.lenet"),
        ),
        (
            "src/milestones/foundations/backprop.py",
            "eta: float = 0.5",
            "eta: float = 0.6",
            importers("foundations.backprop"),
        ),
        (
            "src/milestones/common/data.py",
            "side: int = 20",
            "side: int = 21",
            importers("common.data"),
        ),
        (
            "src/milestones/common/figures.py",
            "WIDTH = 7.2",
            "WIDTH = 7.3",
            importers("common.figures"),
        ),
        ("src/milestones/site/claims.py", "def ", "def unused() -> None: ...\n\n\ndef ", set()),
    ],
    ids=["prose", "docstring", "lenet", "its ancestor", "backprop", "data", "figures", "hooks"],
)
def test_an_edit_runs_exactly_the_notes_that_it_touches(
    project: Copy, file: str, old: str, new: str, runs: set[str]
):
    assert project.would_run_after(file, old, new) == runs


@pytest.mark.parametrize(
    ("file", "old", "new", "runs"),
    [
        # Pages that show it or reckon with it; two more name it in the text, and assert it.
        (
            GPT3,
            "compute: {value: 3.14e+23",
            "compute: {value: 3.15e+23",
            {"index", "compute", "energy", "intelligence", "leverage", "narratives"},
        ),
        (GPT3, "energy: {value: 1287000", "energy: {value: 1250000", SHOW_ENERGY),
        (GPT3, "10,000 NVIDIA V100", "9,999 NVIDIA V100", {"index"}),
        # A planned note without a count of anything: it stands on the two figures of all notes.
        ("papers/retrieval/faiss.md", "year: 2017", "year: 2018", {"index", "leverage"}),
        ("papers/training/relu.md", "seconds: 20", "seconds: 19", {"energy"}),
        (GPT3, "tags: [", "tags: [more, ", set()),
        (GPT3, "venue: ", "venue: In ", set()),
        (GPT3, "energy: {value: 1287000", "energy:  # metered\n    {value: 1_287_000", set()),
        (GPT3, "This note is planned.", "This note will come.", set()),
    ],
    ids=["compute", "energy", "hardware", "year", "seconds", "tag", "venue", "layout", "prose"],
)
def test_a_number_runs_exactly_the_pages_that_use_it(
    project: Copy, file: str, old: str, new: str, runs: set[str]
):
    assert project.would_run_after(file, old, new) == runs


def test_a_number_changes_every_page_that_shows_it_and_no_other_runs(project: Copy):
    def essay() -> dict[str, bytes]:
        tree = project.root / ".literate/docs/essay"
        files = (path for path in tree.rglob("*") if path.is_file())
        return {path.relative_to(tree).as_posix(): path.read_bytes() for path in files}

    before = essay()
    project.edit(GPT3, "energy: {value: 1287000", "energy: {value: 1250000")
    try:
        said = project.literate("weave")
        after = essay()
        changed = {name for name, _ in before.items() ^ after.items()}
        assert set(re.findall(r"docs/essay/(\w+)\.md  [\d.]+ s", said)) == SHOW_ENERGY
        assert "3 run" in said
        assert {re.split(r"[./]", name)[0] for name in changed} == SHOW_ENERGY
        assert b"1.25 million kWh" in after["index.md"]
    finally:
        project.restore(GPT3)
        project.literate("weave")
    assert essay() == before


def test_an_edit_of_prose_renders_one_page_and_executes_none(project: Copy):
    note = "papers/foundations/lenet.md"
    project.edit(note, "## Before\n", "## Before\n\nA sentence more.\n")
    try:
        said = project.literate("weave")
        assert "0 run" in said
        assert "3 files changed" in said  # the page, its notebook, its program
    finally:
        project.restore(note)
        project.literate("weave")


class Article(HTMLParser):
    """What a page says: its words, where they lead, its figures and formulas."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words, self.links, self.kinds = "", [], Counter()
        self.within = self.silent = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.within += tag == "article"
        self.silent += tag in ("script", "style")
        if self.within:
            self.kinds[tag] += tag in ("img", "figure", "math", "table", "pre")
            self.links += [value for name, value in attributes if name in ("href", "src")]

    def handle_endtag(self, tag: str) -> None:
        self.within -= tag == "article"
        self.silent -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if self.within and not self.silent:
            self.words += "".join(data.split())


def test_mkdocs_and_zensical_build_the_same_pages(project: Copy):
    def articles(site: Path) -> dict[str, Article]:
        pages = site.rglob("*.html")
        return {path.relative_to(site).as_posix(): Article(path.read_text()) for path in pages}

    project.run("mkdocs", "build", "--strict", "--site-dir", "mkdocs-site")
    project.run("literate.zensical")
    ours, theirs = articles(project.root / "mkdocs-site"), articles(project.root / "site")
    assert ours.keys() == theirs.keys()
    lenet = ours["papers/foundations/lenet.html"]
    assert all(lenet.kinds[kind] for kind in ("img", "figure", "math", "table", "pre"))
    for name, page in ours.items():
        assert page.words == theirs[name].words, name
        assert page.kinds == theirs[name].kinds, name
        assert page.links == theirs[name].links, name
