"""What a weave would do: the site read and checked, and for every page what the cache has."""

from __future__ import annotations

import contextlib
import difflib
import json
import os
import platform
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from literate.cache import Cache, Found, Key
from literate.config import Config
from literate.page import Page, parse
from literate.problems import Problem, WeaveError
from literate.render import target_of
from literate.site import Site
from literate.trace import Digests, digest

_LAG = 0.01  # seconds, at most, by which the clock that dates files is behind that of processes


@dataclass(frozen=True, kw_only=True, slots=True)
class Choices:
    """What the command line can say.

    Attributes:
        pages: Weave only these (paths or names); all when empty.
        jobs: Pages to run at once.
        timeout: Seconds a page may take; the configured time when None.
        device: `cpu`, `cuda`, `mps`, or "" for the best there is.
        scale: `quick` or `full`.
        force: Run pages even when the cache has them.
        cluster: Address of a Dask scheduler to run on, or "".
    """

    pages: tuple[str, ...] = ()
    jobs: int = 0
    timeout: float | None = None
    device: str = ""
    scale: str = ""
    force: bool = False
    cluster: str = ""


@dataclass(slots=True)
class Plan:
    """The site, and for every executable page what the cache has of it.

    `started` is when the first source was read: what is younger was not seen by all.
    """

    started: int
    site: Site
    cache: Cache
    digests: Digests
    keys: dict[str, Key]
    found: dict[str, Found]

    def save_known(self) -> None:
        """Keep the digests of modules and facts for the next build."""
        body = json.dumps(self.digests.known, sort_keys=True).encode()
        if self.cache.read("modules.json") != body:
            self.cache.write("modules.json", body)


def make_plan(config: Config, choices: Choices) -> Plan:
    """Read and check all sources, and ask the cache for every page.

    Raises:
        WeaveError: with the mistakes in the sources.
    """
    config.load_all()  # first: importing hooks writes .pyc files into folders that pages may list
    time.sleep(2 * _LAG)
    started = time.time_ns() - round(_LAG * 1e9)
    site = Site(config, _pages(config))
    if check := config.hook("check"):
        check(site)
    stop_at(site.problems)
    if published := config.hook("published"):
        site.pages = [page for page in site.pages if published(site, page)]
    cache = Cache(config.home / "cache", config.cache_megabytes)
    known: dict[str, str] = {}
    with contextlib.suppress(ValueError):  # a damaged memo is no memo
        known = json.loads(cache.read("modules.json") or b"{}")
    digests = Digests(config.root, known)
    environment = _environment(config, choices, digests)
    keys = {
        page.source: Key(page.source, _code(page), environment) for page in site.pages if page.cells
    }
    found = {source: cache.look_up(key, digests) for source, key in keys.items()}
    return Plan(started, site, cache, digests, keys, found)


def _pages(config: Config) -> list[Page]:
    """Every page, parsed; all mistakes are found before the first is told."""
    pages: dict[str, Page] = {}
    problems: list[Problem] = []
    for folder in config.sources:
        for path in sorted((config.root / folder).rglob("*.md")):
            source = path.relative_to(config.root).as_posix()
            target = target_of(source, config.sources)
            if target is None or any(
                part.startswith(".") for part in path.parts[len(config.root.parts) :]
            ):
                continue
            if target in pages:
                message = f"would stand at {target}, where {pages[target].source} already is"
                problems.append(Problem(source, 0, message))
                continue
            try:
                pages[target] = parse(path, source, target)
            except WeaveError as error:
                problems += error.problems
    stop_at(problems)
    return [pages[target] for target in sorted(pages)]


def stop_at(problems: Sequence[Problem]) -> None:
    """Raise the problems, if there are any."""
    if problems:
        raise WeaveError(*problems)


def selected_pages(config: Config, choices: Choices, pages: list[Page]) -> list[Page]:
    """The pages that the command line names, by path or by name."""
    if not choices.pages:
        return pages
    selected: list[Page] = []
    for wanted in choices.pages:
        path = Path(wanted).absolute()
        match = [
            page for page in pages if path == page.path or wanted in (page.source, page.path.stem)
        ]
        if not match:
            raise WeaveError(Problem(wanted, 0, _no_page(config, wanted, pages)))
        selected += match
    return selected


def _no_page(config: Config, wanted: str, pages: list[Page]) -> str:
    for folder in config.sources:
        for path in (config.root / folder).rglob("*.md"):
            names = (path.stem, path.relative_to(config.root).as_posix())
            if wanted in names or path == Path(wanted).absolute():
                return f"is not published: the site leaves {names[1]} out"
    known = [name for page in pages for name in (page.path.stem, page.source)]
    near = difflib.get_close_matches(wanted, known, n=1)
    return "is no page of this site" + (f"; did you mean {near[0]!r}?" if near else "")


def _code(page: Page) -> str:
    """Digest of a page's cells: neither prose nor captions nor line numbers count."""
    cells = [[cell.code, "raises-exception" in cell.tags] for cell in page.cells]
    return digest(json.dumps(cells).encode())


def _environment(config: Config, choices: Choices, digests: Digests) -> dict[str, str]:
    here = Path(__file__).parent
    builder = "".join(
        digests.code((here / name).read_bytes()) for name in ("execute.py", "trace.py", "page.py")
    )
    return {
        "Python": platform.python_version(),
        **{name: _version(name) for name in (*config.versions, "ipython")},
        "the builder": digest(builder.encode()),
        "the device": _device(config, choices),
        "the scale": choices.scale
        or os.environ.get(config.environment.get("scale", ""), "")
        or "quick",
    }


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "absent"


def _device(config: Config, choices: Choices) -> str:
    """The kind of device a page will see, found without importing torch (1.6 s)."""
    chosen = choices.device or os.environ.get(config.environment.get("device", ""), "")
    if chosen:
        return chosen
    if Path("/dev/nvidiactl").exists() and not _version("torch").endswith("+cpu"):
        return "cuda"
    return "mps" if sys.platform == "darwin" and platform.machine() == "arm64" else "cpu"
