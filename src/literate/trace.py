"""What a page used: modules, files and folders; and a digest of each that tells when it changed."""

from __future__ import annotations

import ast
import hashlib
import os
import re
import sys
import types
from collections.abc import Iterable
from importlib.abc import PathEntryFinder
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
)
from pathlib import Path
from typing import Any

# A dependency is written "kind:path", path relative to the project.
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)

MODULE, FILE, FOLDER = "module", "file", "folder"

_FACTS = re.compile(rb"(?sm)\A(---\r?\n.*?^---[ \t]*\r?\n)(?:.*?^(# [^\r\n]*))?")


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


class Digests:
    """The present digest of every dependency, each computed once.

    `known` maps the digest of a module's bytes to that of its code, so that an unchanged
    module is read but not parsed again; `known` is kept between builds.
    """

    def __init__(self, root: Path, known: dict[str, str] | None = None) -> None:
        self.root = root
        self.known = known if known is not None else {}
        self._found: dict[str, str] = {}

    def __getitem__(self, dependency: str) -> str:
        if dependency not in self._found:
            self._found[dependency] = self._compute(dependency)
        return self._found[dependency]

    def _compute(self, dependency: str) -> str:
        kind, _, name = dependency.partition(":")
        path = self.root / name
        try:
            if kind == FOLDER:
                names = sorted(visible(entry.name for entry in path.iterdir()))
                return digest("\n".join(names).encode())
            data = path.read_bytes()
        except OSError:
            return "missing"
        if kind == FILE and path.suffix == ".md":
            data = facts(data)
        return digest(data) if kind == FILE else self.code(data)

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
    """Records, through Python's audit events, what this process reads below `root`."""

    def __init__(self, root: Path, packages: Iterable[Path], page: Path) -> None:
        self.root = str(root) + os.sep
        self.packages = tuple(str(package) + os.sep for package in packages)
        self.page = str(page)
        self.read: set[str] = set()
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
                (self.written if writes else self.read).add(_absolute(path))
        elif event in ("os.listdir", "os.scandir") and not _aside():
            path = arguments[0]
            if path is None or isinstance(path, str | bytes | os.PathLike):
                self.listed.add(_absolute(path or "."))

    def dependencies(self) -> list[str]:
        """Everything first-party that was used so far, sorted."""
        files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
        modules = {file for file in files if file and file.startswith(self.packages)}
        return sorted(
            {f"{MODULE}:{self._name(path)}" for path in modules}
            | {f"{FILE}:{self._name(path)}" for path in self._mine(self.read - self.written)}
            | {f"{FOLDER}:{self._name(path)}" for path in self._mine(self.listed)}
        )

    def _name(self, path: str) -> str:
        return Path(path[len(self.root) :]).as_posix()

    def _mine(self, paths: Iterable[str]) -> Iterable[str]:
        for path in paths:
            if (path + os.sep).startswith(self.root) and path != self.page:
                parts = Path(path[len(self.root) :]).parts
                if len(visible(parts)) == len(parts):
                    yield path


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
