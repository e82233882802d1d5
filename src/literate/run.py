"""Run the pages that the cache has not, and keep what each gives as soon as it is there."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Executor, Future, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from literate import execute
from literate.cache import Outcome
from literate.cluster import cluster_executor
from literate.config import Config
from literate.forks import CallDiedError, CallTimedOutError, ForkExecutor, ServerDiedError
from literate.page import Page
from literate.plan import Choices, Plan, selected_pages, stop_at
from literate.problems import Problem, WeaveError
from literate.progress import Progress
from literate.trace import place


@dataclass(slots=True)
class Report:
    """What a weave did: seconds by page, and what it wrote."""

    ran: dict[str, float] = field(default_factory=dict[str, float])
    cached: dict[str, float] = field(default_factory=dict[str, float])
    failed: list[str] = field(default_factory=list[str])
    written: list[str] = field(default_factory=list[str])
    notices: list[str] = field(default_factory=list[str])
    navigation: list[Any] | None = None


def run_pages(
    config: Config, choices: Choices, plan: Plan, progress: Progress, report: Report
) -> None:
    """Run the pages that the cache has not, and keep what each gives as soon as it is there."""
    selected = {page.source for page in selected_pages(config, choices, plan.site.pages)}
    pages = [page for page in plan.site.pages if page.cells]
    todo: list[Page] = []
    for page in pages:
        found = plan.found[page.source]
        if found.outcome and not (choices.force and page.source in selected):
            plan.site.outcomes[page.source] = found.outcome
            report.cached[page.source] = found.outcome["seconds"]
        elif page.source in selected:
            todo.append(page)
    expected = {page.source: plan.found[page.source].seconds or 10.0 for page in todo}
    todo.sort(key=lambda page: -expected[page.source])  # longest first: the workers end together
    problems: list[Problem] = []
    if todo:
        jobs = min(choices.jobs or _cores(), len(todo))
        progress.start(expected, len(report.cached), jobs)
        try:
            with _executor(config, choices, jobs, progress) as executor:
                futures = _submit(config, choices, executor, todo, progress)
                for future in as_completed(futures):
                    page = futures[future]
                    problem = _finished(plan, page, future, report, _limit(config, choices))
                    seconds = report.ran.get(page.source, 0.0)
                    progress.done(page.source, seconds, failed=problem is not None)
                    if problem:
                        problems.append(problem)
                        report.failed.append(page.source)
        finally:
            progress.stop()
    stop_at(problems)


def _cores() -> int:
    """The cores that this process may use, where the system tells (Linux), or all."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _limit(config: Config, choices: Choices) -> float:
    return choices.timeout or config.timeout


@contextlib.contextmanager
def _executor(
    config: Config, choices: Choices, jobs: int, progress: Progress
) -> Generator[Executor]:
    """Forks on this machine, or a Dask cluster; ctrl-C ends what runs at once."""
    if choices.cluster:
        executor = cluster_executor(choices.cluster, config.preload, _limit(config, choices))
    else:

        def on_event(future: Future[Any], cell: int, _line: int) -> None:
            progress.at(getattr(future, "page", ""), cell)

        executor = ForkExecutor(
            jobs,
            preload=("literate.warm", *config.preload),
            timeout=_limit(config, choices),
            on_event=on_event,
        )
    try:
        yield executor
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        raise
    executor.shutdown()


def _submit(
    config: Config, choices: Choices, executor: Executor, todo: Iterable[Page], progress: Progress
) -> dict[Future[Any], Page]:
    packages = tuple(config.root / package for package in config.packages)
    chosen = {"device": choices.device, "scale": choices.scale}
    variables = {config.environment[name]: value for name, value in chosen.items() if value}
    futures: dict[Future[Any], Page] = {}
    run: Callable[..., Outcome] = execute.run  # its last argument comes from the executor
    for page in todo:
        progress.expect(page.source, len(page.cells))
        job = execute.Job(config.root, page.path, tuple(page.cells), packages, variables)
        future = executor.submit(run, job)
        # A future has no place for it, and `on_event` above needs to name its page.
        future.page = page.source  # pyright: ignore[reportAttributeAccessIssue]
        futures[future] = page
    return futures


def _finished(
    plan: Plan, page: Page, future: Future[Any], report: Report, limit: float
) -> Problem | None:
    """Keep the outcome of a page; the problem if it failed."""
    try:
        outcome: Outcome = future.result()
    except CallDiedError as death:
        return _death(page, death, limit)
    except ServerDiedError as error:
        message = f"{error}; what it said is above: is a module in `preload` wrong?"
        raise WeaveError(Problem("pyproject.toml", 0, message)) from error
    except Exception as error:  # not the page's cells: those answer with a failure
        return Problem(page.source, 0, f"could not be run: {type(error).__name__}: {error}")
    if failure := outcome["failure"]:
        cell = next(
            cell
            for cell in reversed(page.cells)
            if cell.line <= max(failure["line"], page.cells[0].line)
        )
        code = tuple(
            f"{cell.line + i:>4} | {line}" for i, line in enumerate(cell.code.splitlines())
        )
        details = (*code, *failure["details"])
        return Problem(page.source, failure["line"], failure["message"], details)
    report.ran[page.source] = outcome["seconds"]
    lines = outcome["log"].splitlines()
    more = [f"… {len(lines) - 5} more"] if len(lines) > 5 else []
    report.notices += [f"{page.source}: {line}" for line in (*more, *lines[-5:])]
    plan.site.outcomes[page.source] = outcome
    if _newer(plan.site.root, outcome["uses"], plan.started):
        report.notices.append(f"{page.source}: a file that it uses changed while it ran; not kept")
    else:
        plan.cache.store(plan.keys[page.source], plan.digests, outcome)
    return None


def _newer(root: Path, uses: Iterable[str], started: int) -> bool:
    """Whether a file changed while it was used: then nobody knows which of the two was seen."""
    for name in uses:
        with contextlib.suppress(OSError):
            # Not st_mtime: a file that is moved here keeps that.
            if (root / place(name)).stat().st_ctime_ns >= started:
                return True
    return False


def _death(page: Page, death: CallDiedError, limit: float) -> Problem:
    """The problem of a page whose process ended without an answer."""
    line, where = (death.at[1] if death.at else 0), "in the cell that begins here"
    if not line:  # it has not said that a cell began
        line, where = 1, "before its first cell"
    if isinstance(death, CallTimedOutError):
        message = (
            f"stopped after {limit:g} s {where}: make the page faster, "
            "or allow more with --timeout or [tool.literate] timeout"
        )
    elif death.status < 0:
        name = signal.Signals(-death.status).name
        why = ", most likely for want of memory," if death.status == -signal.SIGKILL else ""
        message = f"the page was killed by {name}{why} {where}"
    else:
        message = f"the page ended its own process with status {death.status} {where}"
    return Problem(page.source, line, message, _last_words(death.log))


def _last_words(log: str) -> tuple[str, ...]:
    """What a reader can use of the end of a log."""
    if not log.startswith("Fatal Python error"):
        return tuple(log.splitlines()[-20:])
    stack = log.partition("\nExtension modules:")[0].splitlines()
    ours = f'File "{Path(__file__).parent}'
    return tuple(line for line in stack if line.strip() and ours not in line)[:20]
