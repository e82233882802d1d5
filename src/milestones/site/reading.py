"""Reads the notes' front matter, and finds every mistake in it in one go, each with its line."""

import math
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

import yaml
from pydantic import ValidationError

from milestones.site.facts import only_facts_are_read
from milestones.site.records import (
    PAGE_SECONDS,
    TOPICS,
    FrontMatter,
    Note,
    NoteScale,
    explain,
    suggest,
)

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Problem(NamedTuple):
    """A mistake in a note's front matter, and where it stands."""

    path: str
    line: int
    message: str


def read(root: Path) -> tuple[list[Note], list[Note], list[Problem]]:
    """Return what is right, milestones and then models only mentioned, and all mistakes."""
    files = [_File(root, path) for path in sorted(root.glob("papers/*/*.md"))]
    problems = [problem for file in files for problem in file.problems]
    right = [(file.note, file.is_mentioned) for file in files if file.note is not None]
    notes = [note for note, is_mentioned in right if not is_mentioned]
    mentioned = [note for note, is_mentioned in right if is_mentioned]
    return notes, mentioned, sorted([*problems, *_between(files)])


class _File:
    """One note's file as far as it can be read: its record, or what is wrong with it."""

    def __init__(self, root: Path, path: Path) -> None:
        self.path = str(path.absolute())
        self.source = path.relative_to(root).as_posix()
        self.folder, self.slug = path.parent.name, path.stem
        self.problems: list[Problem] = []
        self.data: dict[str, Any] = {}
        self.node: yaml.Node | None = None
        self.note: Note | None = None
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            self.report(1, f"cannot be read as UTF-8 text: {error}")
            return
        if (front := self._front(text)) and self._load(front):
            self._validate(text.removeprefix(front))
            self._report_what_is_still_to_do(text)

    @property
    def is_mentioned(self) -> bool:
        """Whether it is of a model that is no milestone; to ask the note would tell a build so."""
        return self.data.get("status") == "mentioned"

    def report(self, line: int, message: str) -> None:
        """Note a mistake."""
        self.problems.append(Problem(self.source, line, message))

    def line(self, location: Iterable[str | int]) -> int:
        """Return the line that a path of keys and positions leads to, as far as it goes."""
        node, line = self.node, 1
        for step in location:
            if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
                node = cast("yaml.Node", node.value[step])
                line = _line(node)
            elif isinstance(node, yaml.MappingNode):
                pairs = [pair for pair in _pairs(node) if pair[0].value == str(step)]
                if not pairs:
                    break
                line, node = _line(pairs[-1][0]), pairs[-1][1]
        return line

    def _front(self, text: str) -> str:
        if text.startswith("\ufeff"):
            message = "begins with an invisible byte order mark: save it as UTF-8 without BOM"
            self.report(1, message)
            return ""
        if not re.match(r"---[ \t]*\r?\n", text):
            self.report(1, "has no front matter: begin the file with a line `---`")
            return ""
        end = re.search(r"^---[ \t]*\r?$", text[3:], re.MULTILINE)
        if end is None:
            self.report(1, "the front matter is never closed: end it with a line `---`")
            return ""
        # The opening line stays, as YAML's document mark: YAML then counts lines as the file does.
        return text[: 3 + end.start()]

    def _load(self, front: str) -> bool:
        """Parse once and keep the nodes: they know the line of every key."""
        loader: Any = _LOADER(front)
        try:
            self.node = loader.get_single_node()
            data: object = loader.construct_document(self.node) if self.node else None
        except (yaml.YAMLError, ValueError) as error:
            mark = getattr(error, "problem_mark", None)
            reason = getattr(error, "problem", None) or str(error).splitlines()[0]
            self.report(
                mark.line + 1 if mark else 1,
                f"the front matter is not YAML: {reason} (text with `: ` or ` #` needs quotes)",
            )
            return False
        finally:
            loader.dispose()
        if not isinstance(data, dict):
            self.report(1, "the front matter must be keys with values, as `year: 1998`")
            return False
        self.data = cast("dict[str, Any]", data)
        return self._check_keys(cast(yaml.MappingNode, self.node))

    def _check_keys(self, node: yaml.MappingNode) -> bool:
        """Report keys given twice, of which YAML would keep the last; tell whether all are text."""
        seen: dict[object, int] = {}
        are_text = True
        for key, value in _pairs(node):
            if isinstance(key, yaml.ScalarNode):
                first = seen.setdefault(key.value, _line(key))
                if first != _line(key):
                    message = f"the key `{key.value}` already stands in line {first}: keep one"
                    self.report(_line(key), message)
            if key.tag != "tag:yaml.org,2002:str":
                shown = key.value if isinstance(key, yaml.ScalarNode) else "…"
                self.report(_line(key), f"the key `{shown}` is no word: take it out")
                are_text = False
            if isinstance(value, yaml.MappingNode):
                are_text = self._check_keys(value) and are_text
        return are_text

    def _validate(self, body: str) -> None:
        self._check_what_depends_on_another()
        try:
            front = FrontMatter.model_validate(self.data)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                self.report(self.line(detail["loc"]), explain(detail))
            return
        scale = NoteScale.model_construct(**vars(front.scale), file=self.path)
        keys: dict[str, Any] = {**vars(front), "scale": scale}
        name = _heading(body) or front.title
        self.note = Note.model_construct(**keys, source=self.source, file=self.path, name=name)
        only_facts_are_read(self.path)

    def _check_what_depends_on_another(self) -> None:
        slug, topic = self.data.get("slug"), self.data.get("topic")
        if isinstance(slug, str) and slug != self.slug:
            message = f"the slug is `{slug}` but the file is {self.slug}.md: rename one of them"
            self.report(self.line(["slug"]), message)
        if isinstance(topic, str) and topic in TOPICS and topic != self.folder:
            message = (
                f"the topic is `{topic}` but the file is in papers/{self.folder}/: "
                "change the key or move the file"
            )
            self.report(self.line(["topic"]), message)
        if not any(self.data.get(key) for key in ("doi", "arxiv", "url")):
            self.report(1, "does not say where to find the paper: add `doi`, `arxiv` or `url`")
        seconds = self.data.get("seconds")
        if self._is_published and "seconds" not in self.data:
            self.report(1, "the key `seconds` is missing: how long the page may take to run")
        elif (
            self._is_published
            and isinstance(seconds, int | float)
            and PAGE_SECONDS < seconds < math.inf
        ):
            message = f"`seconds` is {seconds}, but no page may take more than {PAGE_SECONDS}"
            self.report(self.line(["seconds"]), message)

    def _report_what_is_still_to_do(self, text: str) -> None:
        """A scaffold is full of TODO, and a draft may be; what is published is not."""
        for number, line in enumerate(text.splitlines() if self._is_published else [], 1):
            if re.search(r"\bTODO\b", line):
                self.report(number, "still says TODO: write it, or say `status: draft`")

    @property
    def _is_published(self) -> bool:
        return self.data.get("status", "published") == "published"


def _pairs(node: yaml.MappingNode) -> list[tuple[yaml.Node, yaml.Node]]:
    return cast("list[tuple[yaml.Node, yaml.Node]]", node.value)


def _line(node: yaml.Node) -> int:
    return cast(int, node.start_mark.line) + 1


def _heading(text: str) -> str:
    """Return the page's first heading, without Markdown's marks."""
    match = re.search(r"^# +(.+?)(?: *\{[^}]*\})? *#* *$", text, re.MULTILINE)
    return re.sub(r"[`*]", "", match[1]) if match else ""


def _between(files: Collection[_File]) -> list[Problem]:
    """Find what only all files together can show: slugs taken, references to nothing, cycles."""
    problems: list[Problem] = []
    owners: dict[str, _File] = {}
    for file in files:
        given = file.data.get("slug")
        slug = given if isinstance(given, str) else file.slug
        if slug in owners:
            message = f"the slug `{slug}` is already that of {owners[slug].source}: choose another"
            problems.append(Problem(file.source, file.line(["slug"]), message))
        owners.setdefault(slug, file)
    # A misnamed file is reported once, as such, and not again by all that build on it.
    known = sorted({*owners, *(file.slug for file in files)})
    mentioned = [slug for slug in owners if owners[slug].is_mentioned]
    ancestors: dict[str, list[str]] = {}
    for slug, file in owners.items():
        given = file.data.get("builds_on")
        listed = cast("list[object]", given) if isinstance(given, list) else []
        ancestors[slug] = [item for item in listed if isinstance(item, str)]
        for position, item in enumerate(listed):
            if isinstance(item, str) and item not in known:
                message = (
                    f"builds on `{item}`, which has no file: {suggest(item, known)} "
                    "(a milestone without a note has a file with `status: planned`)"
                )
            elif item in mentioned and slug not in mentioned:
                message = f"builds on `{item}`, which is only mentioned: name a milestone"
            else:
                continue
            line = file.line(["builds_on", position])
            problems.append(Problem(file.source, line, message))
    for cycle in _cycles(ancestors):
        file = owners[cycle[0]]
        message = f"builds on itself: {' → '.join(cycle)}; take out one of these steps"
        problems.append(Problem(file.source, file.line(["builds_on"]), message))
    return problems


def _cycles(ancestors: Mapping[str, Collection[str]]) -> list[list[str]]:
    """Return each cycle that a depth-first walk closes, from its first slug back to it."""
    found: list[list[str]] = []
    done: set[str] = set()

    def walk(slug: str, trail: list[str]) -> None:
        if slug in trail:
            found.append([*trail[trail.index(slug) :], slug])
        elif slug not in done:
            for ancestor in ancestors.get(slug, ()):
                walk(ancestor, [*trail, slug])
            done.add(slug)

    for slug in sorted(ancestors):
        walk(slug, [])
    return found
