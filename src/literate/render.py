"""Turn a page and what its cells gave into native Material Markdown and the files beside it."""

from __future__ import annotations

import os
import posixpath
import re
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from literate import maths, snippets
from literate.outputs import Outputs, ticks
from literate.page import Cell, Page, Prose, outside_fences
from literate.site import Site
from literate.words import Words, broken_lines

_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # in C: a twentieth of the time
_INSERT = re.compile(r"^<!-- insert: (?P<name>[\w-]+) -->\s*$")
_SPAN = re.compile(r"(`+[^`]+`+)")
_LINK = re.compile(
    r"(?P<image>!?)\[(?P<text>(?:[^\[\]]|\[[^\]]*\])*)\]"
    r"\((?P<path>[^)\s#]+)(?P<rest>(?:#[^)\s]*)?(?: \"[^\"]*\")?)\)"
)
_ANNOTATION = re.compile(r"#.*\(\d+\)!?\s*$", re.MULTILINE)


class Renderer:
    """Renders the pages of one site; hooks are loaded once."""

    def __init__(self, site: Site) -> None:
        self.site = site
        config = site.config
        self.hooks = {name: config.hook(name) for name in config.hooks}
        self.outputs = Outputs(site)
        self.inserts = {name: config.function(called) for name, called in config.inserts.items()}
        self.published = {page.source for page in site.pages}

    # -- before anything runs ---------------------------------------------------------------

    def check(self, page: Page) -> None:
        """Report what in the prose cannot be rendered."""
        for block in page.blocks:
            if isinstance(block, Cell):
                for _, message in maths.check(block.caption, block.line - 1):
                    self.site.report(page.source, block.line - 1, message)
                continue
            for line, message in maths.check(block.text, block.line):
                self.site.report(page.source, line, message)
            for offset, line, is_prose in outside_fences(block.text):
                number = block.line + offset
                if not is_prose:
                    continue
                insert = _INSERT.match(line)
                if insert and insert["name"] not in self.inserts:
                    known = ", ".join(sorted(self.inserts)) or "none"
                    message = (
                        f"nothing is registered to insert as {insert['name']!r}; known: {known}"
                    )
                    self.site.report(page.source, number, message)
                if link := snippets.LINK.match(line):
                    path = _linked(page, link)
                    try:
                        if not path.is_relative_to(self.site.root):
                            raise snippets.SnippetError(f"{path} is not in the project")
                        snippets.find(path, link["name"])
                    except snippets.SnippetError as error:
                        wrong = (path, error.line) if error.line else (page.source, number)
                        self.site.report(*wrong, str(error))

    # -- after everything ran ---------------------------------------------------------------

    def render(self, page: Page) -> dict[str, bytes]:
        """The page's Markdown and figures, by their place in the woven tree."""
        files: dict[str, bytes] = {}
        words = Words(self._call("names", page) or {}, self._call("terms", page) or {})
        outcome = self.site.outcomes.get(page.source)
        outputs = iter(outcome["outputs"]) if outcome else iter(())
        pieces: list[str] = []
        waiting = ""  # outputs that must stand after a list of annotations
        for block in page.blocks:
            if isinstance(block, Prose):
                text = self._prose(page, block, words)
                if waiting:
                    notes, text = _annotations(text)
                    pieces.append(notes)
                    pieces.append(waiting)
                    waiting = ""
                pieces.append(text)
                continue
            shown = self.outputs.render(page, block, next(outputs, ()), files)
            code = "" if block.tags & {"remove-input", "remove-cell"} else _fence(block)
            pieces.append(code)
            if code and _ANNOTATION.search(block.code):
                waiting = shown
            else:
                pieces.append(shown)
        pieces.append(waiting)
        body = "\n\n".join(piece.strip("\n") for piece in pieces if piece.strip())
        body = _after_title(body, self._call("head", page) or "")
        body += "\n\n" + (self._call("foot", page) or "")
        meta = self._call("meta", page)
        if meta is None:
            meta = {key: page.front[key] for key in ("title", "description") if key in page.front}
        front = (
            f"---\n{yaml.dump(meta, Dumper=_DUMPER, sort_keys=False, allow_unicode=True)}---\n\n"
            if meta
            else ""
        )
        files[page.target] = f"{front}{body.rstrip()}\n".encode()
        return files

    def _call(self, hook: str, page: Page) -> Any:  # noqa: ANN401 - each hook has its own answer
        function = self.hooks.get(hook)
        return function(self.site, page) if function else None

    def expanded(self, page: Page) -> str:
        """The page's text with the code it shows filled in: what its downloads are made of."""
        lines = page.text.splitlines()
        for block in page.blocks:
            if isinstance(block, Prose):
                for offset, line, is_prose in outside_fences(block.text):
                    if is_prose and (link := snippets.LINK.match(line)):
                        code = snippets.find(_linked(page, link), link["name"]).code
                        shown = f"```{{.python}}\n{code}\n```"
                        if "```" in code:  # Jupyter knows no longer fence
                            shown = textwrap.indent(code, "    ")
                        lines[block.line + offset - 1] = shown
        return "\n".join(lines) + "\n"

    # -- prose ------------------------------------------------------------------------------

    def _prose(self, page: Page, block: Prose, words: Words) -> str:
        lines: list[str] = []
        found = list(outside_fences(block.text))
        broken = broken_lines("\n".join(line if is_prose else "" for _, line, is_prose in found))
        for offset, line, is_prose in found:
            if not is_prose:
                lines.append(line)
            elif insert := _INSERT.match(line):
                lines.append(self.inserts[insert["name"]](self.site, page))
            elif link := snippets.LINK.match(line):
                lines.append(self._snippet(_linked(page, link), link["name"], words.names))
            else:
                words.begin(line, broken=offset in broken)
                lines.append(self._inline(page, line, words))
        return "\n".join(lines)

    def _inline(self, page: Page, line: str, words: Words) -> str:
        """Rewrite links to sources, and link words outside of links."""
        pieces: list[str] = []
        position = 0
        for link in _LINK.finditer(line):
            if _inside_code(line, link.start()):
                continue
            pieces.append(words.link(line[position : link.start()]))
            pieces.append(self._link(page, link))
            position = link.end()
        pieces.append(words.link(line[position:]))
        return "".join(pieces)

    def _link(self, page: Page, link: re.Match[str]) -> str:
        path = link["path"]
        if ":" in path or path.startswith("/"):
            return link[0]
        source = posixpath.normpath(posixpath.join(posixpath.dirname(page.source), path))
        target = target_of(source, self.site.config.sources)
        if target is None and (self.site.root / source).exists():
            if not self.site.repository:
                return link["text"]  # where nothing publishes it, a plain name
            return f"{link['image']}[{link['text']}]({self.site.repository}/{source}{link['rest']})"
        if target is None:
            return link[0]
        is_page = source.endswith(".md") and (self.site.root / source).exists()
        if is_page and source not in self.published:
            return link["text"]  # not written yet: a plain name until it is
        relative = posixpath.relpath(target, posixpath.dirname(page.target) or ".")
        return f"{link['image']}[{link['text']}]({relative}{link['rest']})"

    def _snippet(self, path: Path, name: str, names: Mapping[str, str]) -> str:
        snippet = snippets.find(path, name)
        source = path.relative_to(self.site.root).as_posix()
        place = f"lines {snippet.first}–{snippet.last} of `{source}`"
        if self.site.repository:
            address = f"{self.site.repository}/{source}#L{snippet.first}-L{snippet.last}"
            place = f"[{place}]({address})"
        for package in self.site.config.packages:
            module = posixpath.relpath(source, posixpath.dirname(package))
            identifier = module.removesuffix(".py").replace("/", ".") + f".{name}"
            if identifier in names.values():
                place = f"[reference][{identifier}] · {place}"
        fence = ticks(snippet.code)
        return (
            '<div class="snippet" markdown>\n\n'
            f'{fence}{{.python title="{name}"}}\n{snippet.code}\n{fence}\n\n'
            f"{place}\n{{ .snippet-source }}\n\n</div>"
        )


def target_of(source: str, sources: Mapping[str, str]) -> str | None:
    """Where the file `source` of the project stands in the woven tree, or None."""
    for folder, place in sources.items():
        if source.startswith(f"{folder}/"):
            return posixpath.join(place, source[len(folder) + 1 :])
    return None


def _linked(page: Page, link: re.Match[str]) -> Path:
    """The file that a page's link means; unlike Path.resolve this leaves symbolic links alone."""
    return Path(os.path.normpath(page.path.parent / link["path"]))


def _inside_code(line: str, position: int) -> bool:
    return any(span.start() < position < span.end() for span in _SPAN.finditer(line))


def _fence(cell: Cell) -> str:
    fence = ticks(cell.code)
    if not cell.code.strip():
        return ""
    block = f"{fence}python\n{cell.code}\n{fence}"
    if "hide-input" not in cell.tags:
        return block
    return '??? quote "Code"\n\n' + "\n".join(
        f"    {line}" if line else "" for line in block.splitlines()
    )


def _annotations(text: str) -> tuple[str, str]:
    """Split off the numbered list that annotates the code block before it."""
    lines = text.strip("\n").splitlines()
    end = 0
    if lines and lines[0].startswith("1. "):
        end = next(
            (i for i, line in enumerate(lines) if line and not re.match(r"\d+\. |\s", line)),
            len(lines),
        )
    return "\n".join(lines[:end]), "\n".join(lines[end:])


def _after_title(body: str, head: str) -> str:
    if not head:
        return body
    lines = body.splitlines()
    for offset, line, is_prose in outside_fences(body):
        if is_prose and line.startswith("# "):
            rest = "\n".join(lines[offset + 1 :]).lstrip("\n")
            return "\n".join([*lines[: offset + 1], "", head, "", rest])
    return f"{head}\n\n{body}"
