"""What a page used: modules, files, folders, facts; and a digest of each that tells of changes."""

from __future__ import annotations

import ast
import hashlib
import os
import re
import sys
import types
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from importlib.abc import PathEntryFinder
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
)
from pathlib import Path
from typing import Any, cast

import yaml

# A dependency is written "kind:path", path relative to the project; that on a fact "fact:path#key".
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)

MODULE, FILE, FOLDER, FACT = "module", "file", "folder", "fact"
MISSING = "missing"

_FACTS = re.compile(rb"(?sm)\A(---\r?\n.*?^---[ \t]*\r?\n)(?:.*?^(# +\S[^\r\n]*))?")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def digest(data: bytes) -> str:
    """A short name for these bytes."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def code_digest(source: bytes) -> str:
    """A digest of what a module does: docstrings, comments and layout do not count."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return digest(source)
    for node in ast.walk(tree):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    return digest(ast.dump(tree).encode())


def facts(markdown: bytes) -> bytes:
    """What one page may know of another: its front matter and its title, and not its prose.

    A page that draws the numbers of all others would else run again with every comma.
    """
    found = _FACTS.match(markdown)
    return b"".join(found.groups(b"")) if found else markdown


def place(dependency: str) -> str:
    """The file or folder that a dependency is on."""
    kind, _, name = dependency.partition(":")
    return name.rpartition("#")[0] if kind == FACT else name


class _Facts:
    """The facts of one page, each with a digest of its own."""

    def __init__(self, markdown: bytes) -> None:
        self._bytes = facts(markdown)
        self.digest = digest(self._bytes)

    def __getitem__(self, key: str) -> str:
        """The digest of a value, whatever its layout; of all facts where they cannot be parsed."""
        found: Any = self._values
        if found is None:
            return self.digest
        try:
            for step in key.split("."):
                found = found[step]
        except (KeyError, TypeError):  # TypeError: a value that holds no keys
            return MISSING
        return digest(repr(found).encode())

    @cached_property
    def _values(self) -> dict[str, object] | None:
        """What stands under each key, and the title under none; None if that cannot be told."""
        match = _FACTS.match(self._bytes)
        if match is None:
            return None
        try:
            front: object = next(yaml.load_all(match[1], _LOADER))
        except (yaml.YAMLError, ValueError):  # ValueError: a date that is none
            return None
        if not isinstance(front, dict):
            return None
        values = cast("dict[str, object]", front)
        return {**values, "": match[2] or values.get("title")}


class Digests:
    """The present digest of every dependency, each computed once.

    `known` maps the digest of a module's bytes to that of its code, and the digest of a page's
    facts with a key to that of the value, so that what is unchanged is read but not parsed again;
    `known` is kept between builds.
    """

    def __init__(self, root: Path, known: dict[str, str] | None = None) -> None:
        self.root = root
        self.known = known if known is not None else {}
        self._found: dict[str, str] = {}
        self._facts: dict[Path, _Facts] = {}

    def __getitem__(self, dependency: str) -> str:
        if dependency not in self._found:
            self._found[dependency] = self._compute(dependency)
        return self._found[dependency]

    def _compute(self, dependency: str) -> str:
        kind, _, name = dependency.partition(":")
        path = self.root / place(dependency)
        try:
            if kind == FACT:
                return self._fact(path, name.rpartition("#")[2])
            if kind == FOLDER:
                names = sorted(visible(entry.name for entry in path.iterdir()))
                return digest("\n".join(names).encode())
            data = path.read_bytes()
        except OSError:
            return MISSING
        if kind == FILE and path.suffix == ".md":
            data = facts(data)
        return digest(data) if kind == FILE else self.code(data)

    def _fact(self, path: Path, key: str) -> str:
        """The digest of one fact, parsed only if the page's facts are new."""
        if path not in self._facts:
            self._facts[path] = _Facts(path.read_bytes())
        page = self._facts[path]
        content = f"{page.digest}#{key}"
        if content not in self.known:
            self.known[content] = page[key]
        return self.known[content]

    def code(self, source: bytes) -> str:
        """The digest of what a module does, parsed only if its bytes are new."""
        content = digest(source)
        if content not in self.known:
            self.known[content] = code_digest(source)
        return self.known[content]


def visible(names: Iterable[str]) -> list[str]:
    """Names that a page can depend on: tools come and go with dot-files and caches."""
    return [name for name in names if not name.startswith(".") and name != "__pycache__"]


class Trace:
    """Records, through Python's audit events, what this process reads below `root`.

    Two events are of our own. `literate.facts`, with a path: the file just opened was opened for
    its facts. `literate.fact`, with a path and a key: this fact was used.
    """

    def __init__(self, root: Path, packages: Iterable[Path], page: Path) -> None:
        self.root = str(root) + os.sep
        self.packages = tuple(str(package) + os.sep for package in packages)
        self.page = str(page)
        self.read: list[str] = []  # this and the next with one entry for each time
        self.read_for_facts: list[str] = []
        self.facts: set[tuple[str, str]] = set()
        self.written: set[str] = set()
        self.listed: set[str] = set()

    def start(self) -> None:
        """Begin to record; a process can never stop."""
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        path: str | bytes | os.PathLike[str] | int | None  # int: a descriptor
        if event == "open":
            path, mode, flags = arguments
            if isinstance(path, str | bytes | os.PathLike) and not _aside():
                writes = (flags or 0) & (os.O_WRONLY | os.O_RDWR) if mode is None else mode != "r"
                writes = any(letter in "wax+" for letter in mode) if mode else writes
                if writes:
                    self.written.add(_absolute(path))
                else:
                    self.read.append(_absolute(path))
        elif event in ("os.listdir", "os.scandir") and not _aside():
            path = arguments[0]
            if path is None or isinstance(path, str | bytes | os.PathLike):
                self.listed.add(_absolute(path or "."))
        elif event == "literate.facts":
            self.read_for_facts.append(_absolute(arguments[0]))
        elif event == "literate.fact":
            self.facts.add((_absolute(arguments[0]), arguments[1]))

    def dependencies(self) -> list[str]:
        """Everything first-party that was used so far, sorted."""
        sources = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
        modules = {file for file in sources if file and file.startswith(self.packages)}
        read = {*(Counter(self.read) - Counter(self.read_for_facts))} - self.written - {self.page}
        files = read | self.written
        told = {(path, key) for path, key in self.facts if path not in files}
        return sorted(
            {f"{MODULE}:{self._name(path)}" for path in modules}
            | {f"{FILE}:{self._name(path)}" for path in read if self._mine(path)}
            | {f"{FACT}:{self._name(path)}#{key}" for path, key in told if self._mine(path)}
            | {f"{FOLDER}:{self._name(path)}" for path in self.listed if self._mine(path)}
        )

    def _name(self, path: str) -> str:
        return Path(path[len(self.root) :]).as_posix()

    def _mine(self, path: str) -> bool:
        """Whether a change of it is a change of the project."""
        parts = Path(path[len(self.root) :]).parts
        return (path + os.sep).startswith(self.root) and len(visible(parts)) == len(parts)


def _absolute(path: str | bytes | os.PathLike[str]) -> str:
    """As text and absolute; unlike Path.resolve this reads nothing, and links stay links."""
    return os.path.abspath(os.fsdecode(path))  # noqa: PTH100


def _aside() -> bool:
    """Whether a file is opened for an import, traced as a module, or to show a warning's line."""
    frame = sys._getframe(2)  # pyright: ignore[reportPrivateUsage] - as documented for CPython
    if frame.f_code.co_filename.startswith("<frozen importlib"):
        return True
    reader: types.FrameType | None = frame
    while reader and reader.f_globals.get("__name__") in ("tokenize", "linecache"):
        reader = reader.f_back
    return reader not in (None, frame) and reader.f_globals.get("__name__") == "warnings"


class _Anew(SourceFileLoader):
    """A .pyc is trusted by the second and the size: too coarse for sources that change under us."""

    def get_code(self, fullname: str) -> types.CodeType:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def compile_anew(packages: Iterable[Path]) -> None:
    """From now on, import the modules of these folders from their sources, never from a .pyc."""
    folders = {str(package.parent) for package in packages} | {str(package) for package in packages}
    below = tuple(str(package) + os.sep for package in packages)
    finder = FileFinder.path_hook(
        (ExtensionFileLoader, EXTENSION_SUFFIXES), (_Anew, SOURCE_SUFFIXES)
    )

    def hook(path: str) -> PathEntryFinder:
        if path not in folders and not path.startswith(below):
            raise ImportError  # the next hook's
        return finder(path)

    sys.path_hooks.insert(0, hook)
    sys.path_importer_cache.clear()
