"""What the hooks need to know of the builder: the shapes of a site and of its pages.

The builder hands its own objects to the hooks, and neither package imports the other. Hooks run in
the main process of every build, so nothing here may import torch or matplotlib.
"""

import posixpath
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

from milestones.catalogue import Catalogue, Note


@runtime_checkable
class Cell(Protocol):
    """Code that a page executes."""

    @property
    def line(self) -> int:
        """The line of the file on which the code begins."""
        ...

    @property
    def code(self) -> str:
        """The code."""
        ...

    @property
    def tags(self) -> Collection[str]:
        """What its fence says of it, such as `raises-exception`."""
        ...


@runtime_checkable
class Page(Protocol):
    """A source file and its place in the woven tree."""

    @property
    def source(self) -> str:
        """Its path from the project's folder."""
        ...

    @property
    def target(self) -> str:
        """Its path in the woven tree."""
        ...

    @property
    def front(self) -> Mapping[str, Any]:
        """Its front matter."""
        ...

    @property
    def text(self) -> str:
        """The whole file."""
        ...

    @property
    def cells(self) -> Sequence[Cell]:
        """Its code, in order."""
        ...


@runtime_checkable
class Gathered(Protocol):
    """A structured output of some page."""

    @property
    def page(self) -> Page:
        """The page that gave it."""
        ...

    @property
    def line(self) -> int:
        """The line on which the cell that gave it begins."""
        ...

    @property
    def data(self) -> Any:  # noqa: ANN401 - JSON
        """What it gave."""
        ...


@runtime_checkable
class Site(Protocol):
    """All pages, what they gave, and a place to report mistakes."""

    @property
    def root(self) -> Path:
        """The project's folder."""
        ...

    @property
    def repository(self) -> str:
        """The address under which the project's files can be read, or ''."""
        ...

    @property
    def pages(self) -> Sequence[Page]:
        """All pages that are published."""
        ...

    @property
    def outcomes(self) -> Mapping[str, Mapping[str, Any]]:
        """What each page that was executed gave, and its seconds, by its source."""
        ...

    def report(self, source: str, line: int, message: str) -> None:
        """Say that a source is wrong."""

    def gather(self, mime: str) -> Sequence[Gathered]:
        """Return all outputs of a MIME type."""
        ...


_last: tuple[Site, Catalogue] | None = None


def registry(site: Site, *, reread: bool = False) -> Catalogue:
    """Return the catalogue of this site, read once a build."""
    global _last
    if reread or _last is None or _last[0] is not site:
        _last = site, Catalogue.read(site.root)
    return _last[1]


_Found = TypeVar("_Found")


def once_a_build(look: Callable[[Site], _Found]) -> Callable[[Site], _Found]:
    """Let a function look at each site once: every build has a site of its own."""
    last: tuple[Site, _Found] | None = None

    @wraps(look)
    def looked(site: Site) -> _Found:
        nonlocal last
        if last is None or last[0] is not site:
            last = site, look(site)
        return last[1]

    return looked


def note_of(site: Site, page: Page) -> Note | None:
    """Return the milestone that a page is the note of, if it is one."""
    return registry(site).of_source(page.source)


def relative(start: str, end: str) -> str:
    """Return the link from one file of the woven tree to another."""
    return posixpath.relpath(end, posixpath.dirname(start) or ".")


def html_link(start: str, end: str) -> str:
    """Return the link as HTML has it: MkDocs rewrites only Markdown's, so that it ends in .html."""
    return relative(start, end).removesuffix(".md") + ".html"


_MARKS = re.compile(r"[\\`*_\[\]{}<>#$|~^&!=]|^(?=[-+:?]|\d+[.)]).")
"""What Markdown or an extension may take for a mark, anywhere or where a block begins."""


def plain(text: str) -> str:
    """Return a text such that Markdown shows just this, on one line.

    Marks become character references: which of them a backslash would hide depends on extensions.
    """
    return _MARKS.sub(lambda mark: f"&#{ord(mark[0])};", " ".join(text.split()))


def reference_page(module: str) -> str:
    """Return where the API reference of a module stands in the woven tree."""
    return f"reference/{module.replace('.', '/')}.md"


def constraint_page(constraint: str) -> str:
    """Return where the index of a constraint stands in the woven tree."""
    return f"constraints/{constraint}.md"


def topic_page(topic: str) -> str:
    """Return where the index of a topic stands in the woven tree."""
    return f"topics/{topic}/index.md"


def module_file(site: Site, note: Note) -> Path:
    """Return where a note's implementation is, or will be."""
    return site.root / "src" / f"{note.module.replace('.', '/')}.py"


LINEAGE = "browse/lineage.md"
"""Where all milestones and what they build on stand in the woven tree."""
