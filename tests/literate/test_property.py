"""After any series of edits the woven tree is that of a clean build, and no page ran for nothing.

A small site is edited at random. After each edit it is woven from the cache and once more from
nothing: the two trees must hold the same bytes. A model of a few lines says which pages must run:
those of which no earlier run saw the same cells, the same code in the modules that they import
(docstrings and comments left out), the same data, the same value under the key of front matter
that they use, and the same names in the folder that they list.
"""

from __future__ import annotations

import contextlib
import copy
import os
import shutil
import tempfile
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from literate import config
from literate.forks import ForkExecutor
from literate.plan import Choices
from literate.problems import WeaveError
from literate.progress import Quiet
from literate.weave import weave

MODULES = ("alpha", "beta", "gamma")  # each may import those before it
DATA = ("one.txt", "two.txt")
LISTED = ("a", "b", "c")
NAMES = ("p", "q", "r", "s")
NUMBER = "application/x-number+json"

PROJECT = f"""
[tool.literate]
sources = {{ docs = "" }}
packages = ["lib/toolkit"]
versions = []
hooks = {{ pages = "{__name__}:generated", foot = "{__name__}:foot" }}
renderers = {{ "{NUMBER}" = "{__name__}:card" }}
inserts = {{ numbers = "{__name__}:numbers" }}
"""

# Every way to read a file or list a folder must be noticed.
READERS = (
    "Path('../data/{0}').read_text()",
    "open('../data/{0}').read()",
    "os.read(os.open('../data/{0}', os.O_RDONLY), 99)",
    "linecache.getlines('../data/{0}')",
)
FACT = """import sys, yaml
front = open('../notes/note.md').read().split('---')[1]
if {key!r} in ('one', 'two'):
    sys.audit('literate.facts', '../notes/note.md')
    sys.audit('literate.fact', '../notes/note.md', {key!r})
    front = yaml.safe_load(front)[{key!r}]
print(front)"""
FACTS = ("one", "two", "all of them")
LISTERS = (
    "sorted(os.listdir('../listed'))",
    "sorted(path.name for path in Path('../listed').iterdir())",
    "sorted(glob.glob('*', root_dir='../listed'))",
    "sorted(entry.name for entry in os.scandir('../listed'))",
    "[sorted(names) for _, _, names in os.walk('../listed')]",
)


# -- hooks of the small site --------------------------------------------------------------------


def numbers(site, _page):
    return "\n".join(f"- {item.page.target}: {item.data}" for item in site.gather(NUMBER))


def card(data, _site, _page):
    return f"**Number {data}**"


def foot(site, page):
    return f"Page {1 + site.pages.index(page)} of {len(site.pages)}."


def generated(site):
    return {"all.md": "# All\n\n" + "\n".join(f"- {page.target}" for page in site.pages)}


# -- the model ----------------------------------------------------------------------------------


@dataclass
class Module:
    value: int = 0
    imports: set[str] = field(default_factory=set)
    docstring: int = 0
    comment: int = 0

    def code(self) -> tuple:
        return self.value, tuple(sorted(self.imports))

    def text(self) -> str:
        imports = "".join(f"from toolkit import {name}\n" for name in sorted(self.imports))
        terms = " + ".join([str(self.value), *(f"{name}.f()" for name in sorted(self.imports))])
        return (
            f'"""Docstring {self.docstring}."""\n{imports}\n\n'
            f'def f():\n    """Give a number {self.docstring}."""\n'
            f"    # comment {self.comment}\n    return {terms}\n"
        )


@dataclass
class Page:
    prose: int = 0
    value: int = 0
    module: str | None = None
    data: tuple[str, int] | None = None  # the file, and the way to read it
    fact: str | None = None
    lister: int | None = None
    caption: int = 0
    snippet: str | None = None
    tag: str = ""
    broken: bool = False

    def cells(self) -> list[tuple[str, str]]:
        """The code of each cell, and the metadata that stand in its fence line."""
        show = (
            f"class Number:\n    def _repr_mimebundle_(self, include=None, exclude=None):\n"
            f"        return {{'{NUMBER}': {self.value}, 'text/plain': '{self.value}'}}\nNumber()"
        )
        figure = (
            "from IPython.display import SVG\n"
            f'SVG(\'<svg xmlns="http://www.w3.org/2000/svg" width="{self.value + 1}pt" '
            'height="9pt"></svg>\')'
        )
        caption = f' caption="Caption {self.caption}." alt="A picture {self.caption}."'
        found = [(show, self.tag and f' tags=["{self.tag}"]'), (figure, caption)]
        if self.module:
            found.append((f"from toolkit import {self.module}\nprint({self.module}.f())", ""))
        if self.data:
            read = READERS[self.data[1]].format(self.data[0])
            code = f"import linecache, os\nfrom pathlib import Path\ntry:\n    print({read})\n"
            found.append((code + "except FileNotFoundError:\n    print('no such file')", ""))
        if self.fact:
            found.append((FACT.format(key=self.fact), ""))
        if self.lister is not None:
            code = f"import glob, os\nfrom pathlib import Path\nprint({LISTERS[self.lister]})"
            found.append((code, ""))
        if self.broken:
            found.append(("1 / 0", ""))
        return found

    def text(self) -> str:
        front = "---\ntitle: A page\n---\n\n# Heading"
        parts = [front, f"Prose {self.prose} with $x^{self.value}$."]
        if self.snippet:
            parts.append(f"[f](../lib/toolkit/{self.snippet}.py#f)")
        for code, metadata in self.cells():
            parts += [f"```python{metadata}\n{code}\n```", "Between."]
        return "\n\n".join(parts) + "\n"


@dataclass
class State:
    modules: dict[str, Module]
    data: dict[str, int]
    listed: set[str]
    pages: dict[str, Page]
    front: dict[str, int] = field(default_factory=lambda: {"one": 0, "two": 0, "comment": 0})
    style: tuple[str, int] | None = None  # a file that stands beside the pages, or none

    def key(self, name: str) -> tuple:
        """All that the outputs of a page depend on."""
        page = self.pages[name]
        imported, waiting = set(), {page.module} - {None}
        while waiting:
            imported.add(module := waiting.pop())
            waiting |= self.modules[module].imports - imported
        return (
            name,
            tuple(code for code, _ in page.cells()),
            tuple((module, self.modules[module].code()) for module in sorted(imported)),
            page.data and self.data.get(page.data[0]),
            page.fact and self.front.get(page.fact, tuple(self.front.values())),
            page.lister is not None and tuple(sorted(self.listed)),
        )

    def files(self) -> dict[str, str]:
        """Every file of the site."""
        found = {"pyproject.toml": PROJECT, "lib/toolkit/__init__.py": ""}
        found |= {f"lib/toolkit/{name}.py": it.text() for name, it in self.modules.items()}
        found |= {f"data/{name}": f"data {value}" for name, value in self.data.items()}
        found |= {f"listed/{name}": "" for name in self.listed}
        front = "one: {one}\n# {comment}\ntwo: {two}".format(**self.front)
        found["notes/note.md"] = f"---\n{front}\n---\n"
        found |= {f"docs/{name}.md": page.text() for name, page in self.pages.items()}
        found["docs/index.md"] = "# Front\n\n<!-- insert: numbers -->\n"
        if self.style is not None:
            found[self.style[0]] = f"p {{ margin: {self.style[1]}px }}"
        return found


# -- the machine --------------------------------------------------------------------------------


class Listener(Quiet):
    """Remembers which pages ran."""

    def __init__(self):
        self.ran: set[str] = set()

    def done(self, page, seconds, *, failed):
        self.ran.add(Path(page).stem)


def tree_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


small = st.integers(0, 2)
modules = st.sampled_from(MODULES)


class Editing(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="literate-property-")).resolve()
        self.root = self.folder / "site"
        self.seen: set[tuple] = set()
        self.history: list[State] = []
        self.published: dict[str, bytes] = {}
        self.unwoven_edits = 0

    @initialize()
    def start(self):
        alpha, beta, gamma = Module(), Module(imports={"alpha"}), Module()
        pages = {
            "p": Page(module="beta", fact="two", snippet="beta"),
            "q": Page(module="gamma", data=("one.txt", 0)),
            "r": Page(lister=0, fact="one"),
        }
        both = {"alpha": alpha, "beta": beta, "gamma": gamma}
        self.state = State(both, {"one.txt": 0, "two.txt": 0}, {"a"}, pages)

    def some_page(self, data) -> Page:
        return self.state.pages[data.draw(st.sampled_from(sorted(self.state.pages)))]

    @rule(data=st.data(), value=small)
    def edit_prose(self, data, value):
        self.some_page(data).prose = value

    @rule(data=st.data(), value=small)
    def edit_cell(self, data, value):
        self.some_page(data).value = value

    @rule(data=st.data(), value=small)
    def edit_caption(self, data, value):
        self.some_page(data).caption = value

    @rule(data=st.data(), tag=st.sampled_from(["", "hide-input", "remove-input", "remove-output"]))
    def edit_tag(self, data, tag):
        self.some_page(data).tag = tag

    @rule(data=st.data(), module=st.none() | modules)
    def use_module(self, data, module):
        self.some_page(data).module = module

    @rule(data=st.data(), module=st.none() | modules)
    def show_code(self, data, module):
        self.some_page(data).snippet = module

    @rule(data=st.data(), name=st.sampled_from(DATA), reader=st.sampled_from(range(len(READERS))))
    def read_data(self, data, name, reader):
        self.some_page(data).data = name, reader

    @rule(data=st.data(), fact=st.none() | st.sampled_from(FACTS))
    def use_fact(self, data, fact):
        self.some_page(data).fact = fact

    @rule(key=st.sampled_from(["one", "two", "comment"]), value=small)
    def edit_front_matter(self, key, value):
        self.state.front[key] = value

    @rule(data=st.data(), lister=st.sampled_from(range(len(LISTERS))))
    def list_folder(self, data, lister):
        self.some_page(data).lister = lister

    @rule(data=st.data())
    def break_or_mend_page(self, data):
        page = self.some_page(data)
        page.broken = not page.broken

    @rule(module=modules, value=small)
    def edit_function(self, module, value):
        self.state.modules[module].value = value

    @rule(module=modules, value=small)
    def edit_docstring(self, module, value):
        self.state.modules[module].docstring = value

    @rule(module=modules, value=small)
    def edit_comment(self, module, value):
        self.state.modules[module].comment = value

    @rule(data=st.data(), module=st.sampled_from(MODULES[1:]))
    def edit_imports(self, data, module):
        earlier = MODULES[: MODULES.index(module)]
        self.state.modules[module].imports = data.draw(st.sets(st.sampled_from(earlier)))

    @rule(name=st.sampled_from(DATA), value=st.none() | small)
    def edit_data(self, name, value):
        self.state.data.pop(name, None)
        if value is not None:
            self.state.data[name] = value

    @rule(name=st.sampled_from(LISTED))
    def add_or_remove_listed(self, name):
        self.state.listed ^= {name}

    @rule(name=st.sampled_from(NAMES), data=st.data())
    def add_or_remove_page(self, name, data):
        if name in self.state.pages and len(self.state.pages) > 1:
            del self.state.pages[name]
        else:
            self.state.pages[name] = copy.deepcopy(self.some_page(data))

    @rule(data=st.data(), new=st.sampled_from(NAMES))
    def rename_page(self, data, new):
        old = data.draw(st.sampled_from(sorted(self.state.pages)))
        self.state.pages[new] = self.state.pages.pop(old)

    @rule(path=st.sampled_from(["docs/theme/extra.css", "docs/theme"]), value=st.none() | small)
    def edit_style(self, path, value):
        self.state.style = None if value is None else (path, value)

    @rule()
    def undo(self):
        self.state = copy.deepcopy(self.history[-2:][0])

    @rule(data=st.data())
    def revert(self, data):
        self.state = copy.deepcopy(data.draw(st.sampled_from(self.history)))

    @rule()
    def edit_twice_before_weaving(self):
        self.unwoven_edits = 2

    @invariant()
    def incremental_is_clean(self):
        if self.unwoven_edits:
            self.unwoven_edits -= 1
            return
        self.history.append(copy.deepcopy(self.state))
        self.write()
        keys = {name: self.state.key(name) for name in self.state.pages}
        expected = {name for name, key in keys.items() if key not in self.seen}
        broken = {name for name, page in self.state.pages.items() if page.broken}
        ran, failed = self.weave(self.folder / "kept")
        assert ran == expected
        assert failed == broken
        self.seen |= {key for name, key in keys.items() if name not in broken}
        tree = tree_of(self.folder / "kept" / "docs")
        if broken:
            assert tree == self.published  # what was published before stands untouched
            return
        self.published = tree
        fresh = Path(tempfile.mkdtemp(dir=self.folder))
        ran, _ = self.weave(fresh)
        assert ran == set(self.state.pages)
        assert tree == tree_of(fresh / "docs")
        shutil.rmtree(fresh)

    def write(self):
        """Bring the site on disk to the present state; what is the same is not touched."""
        files = self.state.files()
        for path in [path for path in self.root.rglob("*") if path.is_file()]:
            if path.relative_to(self.root).as_posix() not in files:
                path.unlink()
        with contextlib.suppress(OSError):  # it is a file, holds one, or is not there
            (self.root / "docs/theme").rmdir()
        for folder in ("data", "listed"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists() or path.read_text() != text:
                path.write_text(text)

    def weave(self, home: Path) -> tuple[set[str], set[str]]:
        """Weave with the cache in `home`: the pages that ran, and those that failed."""
        listener = Listener()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LITERATE_CACHE", str(home))
            try:
                report = weave(config.read(self.root), Choices(jobs=2), listener)
            except WeaveError as error:
                return listener.ran, {
                    Path(problem.source).stem
                    for problem in error.problems
                    if problem.message == "ZeroDivisionError: division by zero"
                }
        assert {Path(page).stem for page in report.ran} == listener.ran
        assert set(report.ran).isdisjoint(report.cached)
        assert not report.notices
        return listener.ran, set()

    def teardown(self):
        shutil.rmtree(self.folder)


class Shared(Executor):
    """One warm server for all builds: the modules of a page are imported in its fork only."""

    def __init__(self, forks: ForkExecutor):
        self.forks = forks

    def submit(self, function, /, *arguments, **_):
        return self.forks.submit(function, *arguments)

    def shutdown(self, wait=True, *, cancel_futures=False):
        pass  # the next build goes on with it


@pytest.fixture
def one_server(monkeypatch):
    # A build's byte code lives as long as its server; this server sees many versions of a module.
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    forks = ForkExecutor(2, preload=("literate.warm",))
    monkeypatch.setattr("literate.run.ForkExecutor", lambda *_, **__: Shared(forks))
    yield
    forks.shutdown()


@pytest.mark.timeout(900)  # to shrink a failing series takes five minutes at most
def test_edits_in_any_order(one_server):
    run_state_machine_as_test(
        Editing,
        settings=settings(
            max_examples=int(os.environ.get("LITERATE_EXAMPLES", "15")),
            stateful_step_count=15,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
