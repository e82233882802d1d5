"""A page: jupytext Markdown, parsed into prose and cells that know their lines.

jupytext itself makes the downloads; it gives no line numbers and takes half a second to
import, so the twenty rules that a page needs are read here. A test holds the two together.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml

from literate.problems import Problem, WeaveError

# In column 0 these, too, are code cells to Jupyter (jupytext's list, held to it by a test).
_FOREIGN = """
    bash c# c++ clojure coconut cs csharp cython f# fs fsharp gnuplot go groovy haskell html idl
    java javascript jenner js julia latex logtalk lua markdown matlab maxima ocaml octave perl
    powershell pypy python2 python3 q r robotframework ruby rust sage sas scala scheme script sh
    sos spark sql stata svg tcl typescript xonsh
"""
FOREIGN = frozenset(_FOREIGN.split())
TAGS = frozenset(["remove-input", "remove-output", "remove-cell", "hide-input", "raises-exception"])
KEYS = frozenset(["caption", "alt", "frames", "tags"])

_FENCE = re.compile(r"^(?P<indent>[ >]*)(?P<fence>`{3,}|~{3,})[^`]*$")
_CELL = re.compile(r"^(?P<fence>`{3,})\s*(?P<language>[\w+#]+)(?P<metadata>(?:\s.*)?)$")
_REGION = re.compile(r"^<!--\s*#(region|markdown|md|raw)\b")
_KEY = re.compile(r"\s*([\w.-]+)\s*=\s*")


@dataclass(frozen=True, slots=True)
class Prose:
    """Markdown between cells; `line` is that of its first line."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Cell:
    """Code to execute; `line` is that of its first line of code."""

    line: int
    code: str
    caption: str = ""
    alt: str = ""
    frames: str = ""  # what varies from one of its figures to the next
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Page:
    """One source file.

    Attributes:
        path: Where it is.
        source: The same, relative to the project, with forward slashes.
        target: Where it stands in the woven tree.
        text: The whole file.
        front: Its front matter.
        blocks: Prose and cells in order, front matter left out.
    """

    path: Path
    source: str
    target: str
    text: str
    front: Mapping[str, Any] = field(default_factory=dict[str, Any])
    blocks: tuple[Prose | Cell, ...] = ()

    @property
    def cells(self) -> list[Cell]:
        """The code cells in order."""
        return [block for block in self.blocks if isinstance(block, Cell)]


def parse(path: Path, source: str, target: str) -> Page:
    """Read a page.

    Raises:
        WeaveError: with the line of what cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise WeaveError(Problem(source, 0, f"is not UTF-8: {error}")) from error
    except OSError as error:
        raise WeaveError(Problem(source, 0, f"cannot be read: {error.strerror}")) from error
    lines = text.splitlines()
    front, body = _front_matter(lines, source)
    return Page(path, source, target, text, front, tuple(_blocks(lines, body, source)))


def _front_matter(lines: list[str], source: str) -> tuple[dict[str, Any], int]:
    """The front matter, and the index of the first line after it."""
    if not lines or lines[0].rstrip() != "---":
        return {}, 0
    end = next((i for i, line in enumerate(lines) if i and line.rstrip() == "---"), None)
    if end is None:
        message = "the front matter that opens here is never closed: end it with a line of ---"
        raise WeaveError(Problem(source, 1, message))
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        front = yaml.load("\n".join(lines[1:end]), loader) or dict[str, Any]()
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date that is none
        mark = getattr(error, "problem_mark", None)
        line = 2 + mark.line if mark else 1
        message = f"the front matter is not YAML: {getattr(error, 'problem', error)}"
        raise WeaveError(Problem(source, line, message)) from error
    if not isinstance(front, dict):
        message = (
            f"the front matter must be a mapping of keys to values, not {type(front).__name__}"
        )
        raise WeaveError(Problem(source, 1, message))
    return cast("dict[str, Any]", front), end + 1


def _blocks(lines: list[str], start: int, source: str) -> Iterator[Prose | Cell]:
    """Split the body into prose and cells, or refuse what Jupyter would split otherwise."""
    index = prose = start
    while index < len(lines):
        line = lines[index]
        if not line.startswith(("```", "~~~")) and not _REGION.match(line):
            index += 1
            continue
        fence = line[: len(line) - len(line.lstrip(line[0]))]
        cell = _CELL.match(line)
        language = cell["language"] if cell else ""
        close = next((i for i in range(index + 1, len(lines)) if lines[i].rstrip() == fence), None)
        message = _differs(line, fence, language)
        if message or close is None:
            message = message or f"the fence {fence} that opens here is never closed"
            raise WeaveError(Problem(source, index + 1, message))
        if cell and language == "python":
            for number in range(index + 1, close):
                if lines[number].startswith(fence):
                    message = f"Jupyter ends the cell here: begin the line with other than {fence}"
                    raise WeaveError(Problem(source, number + 1, message))
            if index > prose:
                yield Prose(prose + 1, "\n".join(lines[prose:index]))
            metadata = _metadata(cell["metadata"], source, index + 1)
            yield Cell(index + 2, "\n".join(lines[index + 1 : close]), **metadata)
            prose = close + 1
        index = close + 1
    if prose < len(lines):
        yield Prose(prose + 1, "\n".join(lines[prose:]))


def _differs(line: str, fence: str, language: str) -> str:
    """What Jupyter would make of this line that Markdown does not, and how to avoid it."""
    if line.startswith("<"):
        return "Jupyter would make one cell of this region: remove its marks"
    if line.startswith("~"):
        return "Jupyter does not know this fence: write ``` instead"
    if "`" in line[len(fence) :]:
        return "Jupyter takes this line for a fence: begin it with another word"
    if language.lower() in FOREIGN or language == "PYTHON":
        advice = "write console or text instead, or indent it"
        return f"Jupyter would run this {language} fence as a cell; {advice}"
    if language != "python" and len(fence) > 3:
        return "Jupyter does not find the end of this fence: use three backticks, or indent it"
    return ""


def _metadata(text: str, source: str, line: int) -> dict[str, Any]:
    """Cell metadata in jupytext's form: key=value, each value JSON."""
    found: dict[str, Any] = {}
    position = 0
    text = text.rstrip()
    while position < len(text):
        key = _KEY.match(text, position)
        if not key:
            message = f'cannot read the cell options {text[position:].strip()!r}: write key="value"'
            raise WeaveError(Problem(source, line, message))
        if key[1] not in KEYS:
            message = f"unknown cell option {key[1]!r}: known are {', '.join(sorted(KEYS))}"
            raise WeaveError(Problem(source, line, message))
        try:
            found[key[1]], position = json.JSONDecoder().raw_decode(text, key.end())
        except json.JSONDecodeError as error:
            message = f"the value of {key[1]} is not JSON ({error.msg}): use double quotes"
            raise WeaveError(Problem(source, line, message)) from error
    tags = found.pop("tags", [])
    wrong = [f"{name} must be text" for name, value in found.items() if not isinstance(value, str)]
    if not isinstance(tags, list):
        wrong.append('tags must be a list, as ["hide-input"]')
    if not str(found.get("frames", "some")).strip():
        wrong.append('frames must say what varies, as frames="training step"')
    if wrong:
        raise WeaveError(Problem(source, line, "; ".join(wrong)))
    names = frozenset(cast("list[str]", tags))
    if unknown := sorted(names - TAGS):
        message = f"unknown cell tag {unknown[0]!r}: known are {', '.join(sorted(TAGS))}"
        raise WeaveError(Problem(source, line, message))
    return {**found, "tags": names}


def outside_fences(text: str) -> Iterator[tuple[int, str, bool]]:
    """Each line of Markdown as (offset, line, whether it is prose rather than fenced code)."""
    lines = text.splitlines()
    inside_until = -1
    for index, line in enumerate(lines):
        if index > inside_until and (fence := _FENCE.match(line)):
            closes = (i for i in range(index + 1, len(lines)) if _closes(lines[i], fence["fence"]))
            inside_until = next(closes, inside_until)
        yield index, line, index > inside_until


def _closes(line: str, fence: str) -> bool:
    return line.strip(" >") == fence
