"""Run one page in this process, as a notebook would, and return what it gave.

Called in a fresh fork of the server (see `forks`). Cells are compiled under the page's own
path and line, so that every traceback names the Markdown file itself.
"""

from __future__ import annotations

import ast
import base64
import io
import itertools
import json
import os
import random
import re
import sys
import time
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from literate.page import Cell
from literate.problems import describe, frames_of, shown_frames
from literate.trace import Trace, compile_anew

Output = dict[str, Any]  # in the form of the notebook format, version 4
SEED = 0

_DATA = re.compile(r'(\s(?:d|points)=")([^"]*)"')  # the numbers of a curve, in an SVG
_LONG = re.compile(r"-?\d+\.\d{3,}")
_HASH = re.compile(r'(?<=["#])\w*[0-9a-f]{10}(?=[")])')  # a name that matplotlib made, or its use


@dataclass(frozen=True, slots=True)
class Job:
    """A page to run.

    Attributes:
        root: The project.
        path: The page.
        cells: What to run in it.
        packages: Folders of first-party modules.
        environment: Variables to set for the page.
    """

    root: Path
    path: Path
    cells: tuple[Cell, ...]
    packages: tuple[Path, ...]
    environment: dict[str, str] = field(default_factory=dict[str, str])


class _Stream(io.TextIOBase):
    """Collects what a cell prints, in order with what it displays."""

    def __init__(self, name: str, outputs: list[Output]) -> None:
        self.name, self.outputs = name, outputs

    def write(self, text: str) -> int:
        text.encode()  # what no file can hold is the cell's mistake
        last = self.outputs[-1] if self.outputs else {}
        if last.get("name") == self.name:
            last["text"].append(text)
        elif text:
            self.outputs.append({"output_type": "stream", "name": self.name, "text": [text]})
        return len(text)

    def writable(self) -> bool:
        return True


class Notebook:
    """One page's namespace and what its cells put out."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.outputs: list[Output] = []
        self.log = io.StringIO()
        self.shell = _shell(self._publish)
        self.shown: set[int] = set()  # figures that the running cell has displayed itself
        formatters = self.shell.display_formatter.formatters
        formatters["image/svg+xml"].for_type_by_name("matplotlib.figure", "Figure", self._svg)
        main = types.ModuleType("__main__")
        self.shell.user_module = main
        self.shell.user_ns = vars(main)
        sys.modules["__main__"] = main

    def run(self, cell: Cell) -> dict[str, Any] | None:
        """Run a cell; the description of its failure, or None."""
        self.outputs, self.shown = [], set()
        saved = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = _Stream("stdout", self.outputs), self.log
        try:
            with self.shell.builtin_trap:  # `display` needs no import, as in a notebook
                self._execute(cell)
            self._flush_figures()
        except BaseException as error:  # also SystemExit and KeyboardInterrupt: pages fail, not us
            if "raises-exception" not in cell.tags:
                return self._failure(cell, error)
            text = describe(error)
            self.outputs.append(
                {
                    "output_type": "error",
                    "ename": type(error).__name__,
                    "evalue": text.partition(": ")[2],
                    "traceback": [text],
                }
            )
            self._flush_figures()
        else:
            if "raises-exception" in cell.tags:
                message = "the cell is tagged raises-exception, but raised none"
                return {"line": cell.line, "message": message, "details": []}
        finally:
            sys.stdout, sys.stderr = saved
        return None

    def _execute(self, cell: Cell) -> None:
        # IPython drops empty lines at the start; with as many lines before it as the page has,
        # the code stands on the page's own lines.
        empty = itertools.takewhile(lambda line: not line.strip(), cell.code.splitlines())
        above = "\n" * (cell.line - 1 + len(list(empty)))
        path = str(self.job.path)
        tree = ast.parse(above + self.shell.transform_cell(cell.code), path)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        namespace = self.shell.user_ns
        # The shell's compiler keeps the page's `from __future__`, and knows nothing of ours.
        exec(self.shell.compile(tree, path, "exec"), namespace)
        if isinstance(last, ast.Expr):
            value = eval(self.shell.compile(ast.Expression(last.value), path, "eval"), namespace)
            quiet = self.shell.displayhook.semicolon_at_end_of_expression(cell.code)
            if value is not None and not quiet:
                self._show(value)

    def _show(self, value: object) -> None:
        data, metadata = self.shell.display_formatter.format(value)
        self._publish(data, metadata)

    def _publish(
        self, data: dict[str, Any], metadata: dict[str, Any] | None = None, **_: object
    ) -> None:
        if not data:
            return
        data = {
            mime: base64.b64encode(part).decode() if isinstance(part, bytes) else part
            for mime, part in data.items()
        }
        json.dumps(data)  # here a mistake still has its line
        self.outputs.append(
            {"output_type": "display_data", "data": data, "metadata": metadata or {}}
        )

    def _flush_figures(self) -> None:
        """Show the figures that the cell left open, as Jupyter's inline backend does."""
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is None:
            return
        for number in pyplot.get_fignums():
            figure = pyplot.figure(number)
            if id(figure) not in self.shown:
                self._show(figure)
        pyplot.close("all")

    def _svg(self, figure: Any) -> str | tuple[str, dict[str, str]]:  # noqa: ANN401 - of matplotlib
        """The figure as SVG that is the same, byte for byte, whenever drawn; with its label."""
        import matplotlib as mpl

        self.shown.add(id(figure))
        label = figure.get_label() or ""
        buffer = io.StringIO()
        with mpl.rc_context({"svg.hashsalt": "literate"}):
            figure.savefig(
                buffer,
                format="svg",
                # One of a series has a label, and keeps its size: the series must not jump.
                bbox_inches=None if label else "tight",
                pad_inches=0.04,
                metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
            )
        # Here and not in each rendering: a curve has thousands of numbers.
        svg = _DATA.sub(_shorten_all, _renamed(buffer.getvalue()))
        return (svg, {"label": label}) if label else svg

    def _failure(self, cell: Cell, error: BaseException) -> dict[str, Any]:
        """Where on the page it happened, and the frames that the reader can mend."""
        message = describe(error)
        if isinstance(error, SystemExit):
            message = f"the cell called sys.exit({'' if error.code is None else error.code})"
        frames = frames_of(error, self.job.root)
        mine = [frame for frame in frames if frame.filename == str(self.job.path)]
        line = (mine[-1].lineno if mine else None) or cell.line
        if isinstance(error, SyntaxError) and error.filename == str(self.job.path):
            line = error.lineno or line
        details = shown_frames(frames, self.job.root)
        return {"line": line, "message": message, "details": details}


def run(job: Job, report: Callable[[int, int], None]) -> dict[str, Any]:
    """Run a page's cells in order.

    Args:
        job: The page.
        report: Called with the number and line of each cell before it runs.

    Returns:
        `outputs` of each cell, `uses` (its dependencies), `seconds`, `log` (what went to
        standard error) and `failure` (None, or line, message and details).
    """
    os.environ.update(job.environment)
    os.chdir(job.path.parent)
    sys.path[:0] = [str(package.parent) for package in job.packages]
    compile_anew(job.packages)
    _seed()
    # Events from setting up (IPython's profile, say) are no business of the page.
    notebook = Notebook(job)
    trace = Trace(job.root, job.packages, job.path)
    trace.start()
    started = time.perf_counter()
    outputs: list[list[Output]] = []
    failure = None
    for number, cell in enumerate(job.cells):
        report(number, cell.line)
        failure = notebook.run(cell)
        outputs.append(notebook.outputs)
        if failure:
            break
    for output in itertools.chain.from_iterable(outputs):
        if output["output_type"] == "stream":
            # Not earlier: a handler of logging, say, prints into the cell where it was made.
            output["text"] = "".join(output["text"])
    return {
        "outputs": outputs,
        "uses": trace.dependencies(),
        "seconds": round(time.perf_counter() - started, 3),
        "log": notebook.log.getvalue(),
        "failure": failure,
    }


def _renamed(svg: str) -> str:
    """Number what matplotlib names by hashes of places, whose last bits differ between runs."""
    numbers = itertools.count()
    names: dict[str, str] = {}
    for name in re.findall(r' id="(\w*[0-9a-f]{10})"', svg):
        names.setdefault(name, f"id{next(numbers)}")
    return _HASH.sub(lambda match: names.get(match[0], match[0]), svg)


def _shorten_all(data: re.Match[str]) -> str:
    return f'{data[1]}{_LONG.sub(_shorten, data[2])}"'


def _shorten(number: re.Match[str]) -> str:
    """A hundredth of a point is finer than any screen."""
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")


def _seed() -> None:
    """One thread, and every generator that the page may meet at the same place."""
    random.seed(SEED)
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed(SEED)
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)
        torch.manual_seed(SEED)


def _raise(*_: object, **__: object) -> None:
    """Let a mistake in a representation fail the cell; IPython would print it into the page."""
    if error := sys.exc_info()[1]:
        raise error


def _shell(publish: Callable[..., None]) -> Any:  # noqa: ANN401 - IPython's traits have no types
    """IPython's shell, so that `display` and rich representations behave as in a notebook."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config as Traits

    traits = Traits()
    traits.HistoryManager.enabled = False  # no database, and no thread
    shell: Any = InteractiveShell.instance(config=traits)
    shell.display_pub.publish = publish
    shell.showtraceback = _raise
    shell.display_formatter.active_types = shell.display_formatter.format_types
    return shell
