"""Links in prose that no author writes: names of code, and terms where a page first uses them."""

from __future__ import annotations

import re
from collections.abc import Mapping

# Code, formulas, HTML, attributes, what stands in brackets, and what is emphasized, as titles are
_VERBATIM = re.compile(
    r"(`+[^`]+`+(?:\{[^}]*\})?|(?<!\\)\$(?!\s)[^$]+(?<!\s)\$|<[^>]*>|\{[^}]*\}|\[[^\]]*\](?:\[[^\]]*\])?"
    r"|(?<!\*)\*[^*\s`][^*`]*\*(?!\*))"
)
_HEADING = re.compile(r"#+ +(?P<title>.*)")
_NO_PROSE = ("[^", "!!!", "???", "===", "<", "|")
_SOURCES = {"references", "sources", "bibliography"}


class Words:
    """The words of one page that become links.

    Args:
        names: Which code names link to which entry of the reference; all of their uses do.
        terms: Each spelling of a term and its link; only the first use of a link's terms becomes
            one, and none in a list of sources.
    """

    def __init__(self, names: Mapping[str, str], terms: Mapping[str, str]) -> None:
        self.names = names
        self._terms = {spelling.lower(): link for spelling, link in terms.items()}
        longest_first = sorted(map(re.escape, self._terms), key=len, reverse=True)
        self._pattern = re.compile(
            rf"(?<![\w-])({'|'.join(longest_first)})(?![\w-])", re.IGNORECASE
        )
        self._linked: set[str] = set()
        self._heading = self._formula = self._sources = self._is_prose = False

    def begin(self, line: str, *, broken: bool = False) -> None:
        """Look at a line of prose before its parts are linked; `broken_lines` tells if it is."""
        heading = _HEADING.match(line)
        if heading:
            self._sources = heading["title"].lower() in _SOURCES
        inside = self._formula
        self._formula ^= line.count("$$") % 2 == 1
        self._heading = heading is not None
        self._is_prose = not (
            heading
            or inside
            or broken
            or self._formula
            or self._sources
            or line.lstrip().startswith(_NO_PROSE)
        )

    def link(self, text: str) -> str:
        """Return a part of the line, which holds no link, with links in it."""
        if self._heading:
            return text
        parts = _VERBATIM.split(text)
        for index, part in enumerate(parts):
            if index % 2:
                name = part.strip("`")
                if name in self.names and part == f"`{name}`":
                    parts[index] = f"[{part}][{self.names[name]}]"
            elif self._is_prose and self._terms:
                parts[index] = self._pattern.sub(self._term, part)
        return "".join(parts)

    def _term(self, found: re.Match[str]) -> str:
        link = self._terms[found[0].lower()]
        if link in self._linked:
            return found[0]
        self._linked.add(link)
        return f"[{found[0]}]({link})"


def broken_lines(text: str) -> set[int]:
    """Return the lines of a text, from 0, that share a formula or the like with another line."""
    found: set[int] = set()
    first = 0
    for paragraph in text.split("\n\n"):
        for part in _VERBATIM.finditer(paragraph):
            start = first + paragraph.count("\n", 0, part.start())
            lines = part[0].count("\n") + 1
            if lines > 1:
                found.update(range(start, start + lines))
        first += paragraph.count("\n") + 2
    return found
