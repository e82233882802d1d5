"""The `[tool.literate]` table of pyproject.toml, read and checked."""

from __future__ import annotations

import difflib
import functools
import importlib
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from literate.problems import Problem, WeaveError, problem_of

_KINDS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "Mapping": (dict, "a table"),
    "tuple": (list, "a list"),
    "float": ((int, float), "a number"),
    "str": (str, "text"),
}
HOOKS = (
    "check", "published", "meta", "head", "foot", "names", "terms", "pages", "navigation"
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Config:
    """What a site says about itself.

    Attributes:
        root: The project folder: that of pyproject.toml.
        sources: Each source folder, and where its pages stand in the woven tree.
        packages: Folders of first-party modules: editing one re-executes who imported it.
        preload: Modules imported once, by the server that every page is forked from.
        versions: Distributions whose version is part of every cache key.
        environment: The variables by which `device` and `scale` reach a page.
        timeout: Seconds that a page may take.
        cache_megabytes: The size to which the cache is pruned.
        schemes: `module:name` of a mapping from light figure colours to dark ones.
        repository: The address under which the project's files can be read, if public.
        hooks: `module:function` for each name in `HOOKS` that the site uses.
        renderers: MIME type to `module:function`, turning such an output into Markdown.
        inserts: Name to `module:function`, filling `<!-- insert: name -->`.
    """

    root: Path
    sources: Mapping[str, str]
    packages: tuple[str, ...] = ()
    preload: tuple[str, ...] = ()
    versions: tuple[str, ...] = ("torch", "numpy", "matplotlib", "scikit-learn")
    environment: Mapping[str, str]
    timeout: float = 120.0
    cache_megabytes: float = 2000.0
    schemes: str = ""
    repository: str = ""
    hooks: Mapping[str, str]
    renderers: Mapping[str, str]
    inserts: Mapping[str, str]

    @property
    def home(self) -> Path:
        """Where everything that the builder makes is kept."""
        return home_of(self.root)

    @property
    def tree(self) -> Path:
        """The woven tree: the `docs_dir` of MkDocs and Zensical."""
        return self.home / "docs"

    def load(self, reference: str) -> Any:  # noqa: ANN401 - whatever the site names
        """The object named by `module:name`."""
        module, _, name = reference.partition(":")
        try:
            return getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError) as error:
            message = f"[tool.literate] names {reference!r}, which cannot be loaded: {error}"
            raise WeaveError(Problem("pyproject.toml", 0, message)) from error
        except Exception as error:
            what = f"importing {module}, which [tool.literate] names,"
            raise WeaveError(problem_of(error, what, self.root)) from error

    def load_all(self) -> None:
        """Load everything that the configuration names."""
        for table in (self.hooks, self.renderers, self.inserts):
            for reference in table.values():
                self.function(reference)

    def function(self, reference: str) -> Callable[..., Any]:
        """The function named by `module:name`; an exception in it is a problem of the site."""
        function = self.load(reference)
        if not callable(function):
            message = f"[tool.literate] names {reference!r}, which is not a function"
            raise WeaveError(Problem("pyproject.toml", 0, message))

        @functools.wraps(function)
        def call(*arguments: Any) -> Any:  # noqa: ANN401 - each hook has its own answer
            try:
                return function(*arguments)
            except WeaveError:
                raise
            except Exception as error:
                page = next((each.source for each in arguments if hasattr(each, "source")), "")
                what = reference + (f" for {page}" if page else "")
                raise WeaveError(problem_of(error, what, self.root)) from error

        return call

    def hook(self, name: str) -> Callable[..., Any] | None:
        """The site's function for the hook `name`, or None."""
        return self.function(self.hooks[name]) if name in self.hooks else None


def home_of(root: Path) -> Path:
    """`LITERATE_CACHE`, seen from the project's folder, or `.literate` in it."""
    return root.resolve() / Path(os.environ.get("LITERATE_CACHE") or ".literate").expanduser()


def read(root: Path) -> Config:
    """The configuration of the project in `root`.

    Raises:
        WeaveError: pyproject.toml is missing or broken, or a key in it is unknown.
    """
    path = root / "pyproject.toml"
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        message = "not found: run literate in the project's folder, or say --root FOLDER"
        raise WeaveError(Problem(str(path), 0, message)) from error
    except tomllib.TOMLDecodeError as error:
        raise WeaveError(Problem("pyproject.toml", 0, f"is not TOML: {error}")) from error
    table = document.get("tool", {}).get("literate")
    if table is None:
        message = "has no [tool.literate] table: add one with at least sources = { docs = '' }"
        raise WeaveError(Problem("pyproject.toml", 0, message))
    allowed = {field.name: str(field.type) for field in fields(Config) if field.name != "root"}
    _refuse_unknown(table, [*allowed], "[tool.literate]")
    for name, value in table.items():
        kind, words = _KINDS[allowed[name].partition("[")[0]]
        if not isinstance(value, kind):
            message = f"[tool.literate] {name} must be {words}, not {value!r}"
            raise WeaveError(Problem("pyproject.toml", 0, message))
    _refuse_unknown(table.get("hooks", {}), HOOKS, "[tool.literate.hooks]")
    defaults: dict[str, Any] = {
        "sources": {"docs": ""},
        "environment": {},
        "hooks": {},
        "renderers": {},
        "inserts": {},
    }
    lists: dict[str, Any] = {
        name: tuple(value) for name, value in table.items() if allowed[name].startswith("tuple")
    }
    config = Config(root=root.resolve(), **{**defaults, **table, **lists})
    for folder in (*config.sources, *config.packages):
        if not (config.root / folder).is_dir():
            message = f"[tool.literate] names the folder {folder!r}, which does not exist"
            raise WeaveError(Problem("pyproject.toml", 0, message))
    _refuse_home_among_sources(config)
    return config


def _refuse_home_among_sources(config: Config) -> None:
    """What is made must not be taken for a source, nor overwrite one."""
    home = config.home.resolve()
    for folder in (*config.sources, *config.packages):
        source = (config.root / folder).resolve()
        mixed = (
            place.is_relative_to(source) or source.is_relative_to(place)
            for place in (home / "docs", home / "cache")
        )
        if any(mixed):
            message = f"would be mixed with the sources in {folder!r}: set LITERATE_CACHE "
            raise WeaveError(Problem(str(home), 0, message + "to a folder outside of them"))


def _refuse_unknown(
    table: Mapping[str, Any], allowed: list[str] | tuple[str, ...], where: str
) -> None:
    for key in table:
        if key not in allowed:
            near = difflib.get_close_matches(key, allowed, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(allowed)}"
            raise WeaveError(Problem("pyproject.toml", 0, f"{where} has no key {key!r}; {hint}"))
