"""Quiet code: highlighted blocks that carry only what the style sheet colours.

Pygments wraps every name, bracket and space in a span of its own, which makes a page of code ten
times as long as its text. The Markdown extension of this module leaves four kinds of elements:

| In the code | On the page |
| --- | --- |
| a keyword, or an operator that is a word | `<b>` |
| a name where it is defined | `<b class="d">` |
| a string, with all that stands in its braces | `<i>` |
| a comment | `<i class="c">`, in which Material looks for annotations |

They are short, mean nothing to a screen reader, and look different without a style sheet too.
The text stays what it was, and so do links, marked lines and all tags that are not Pygments'.
Blocks are left out of the search: its index would be mostly code.
"""

from __future__ import annotations

import re
from typing import Any

from markdown import Extension, Markdown
from markdown.postprocessors import Postprocessor
from pygments.token import STANDARD_TYPES

__all__ = ["QuietExtension", "quiet"]

_KEYWORD, _NAME, _STRING, _COMMENT = "<b>", '<b class="d">', "<i>", '<i class="c">'
_STYLES = {"nc": _NAME, "nf": _NAME, "fm": _NAME, "ow": _KEYWORD, "dl": _STRING}
_FAMILIES = {"c": _COMMENT, "k": _KEYWORD, "s": _STRING}  # by the first letter of the class
_PLAIN = {*STANDARD_TYPES.values(), None}
_UNSEARCHED = ' data-search-exclude="1"'  # for Material, which takes it out of the page
_CODE = re.compile(r"(<code\b[^>]*>)(.*?)(?=</code>)", re.DOTALL)
_TAG = re.compile(r"(<[^>]*>)")
_SPAN = re.compile(r'<span(?: class="(\w+)(?: \1-[\w-]+)*")?>')
_LINE_NUMBER = re.compile(r'<span class="normal">([\s\d]*)</span>')


class QuietExtension(Extension):
    """Keep of highlighted code what is worth a colour."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 (Python-Markdown's name)
        """Run last, when highlighted blocks are back in the page (30)."""
        md.postprocessors.register(_Quiet(md), "literate-quiet", 1)


def makeExtension(**settings: Any) -> QuietExtension:  # noqa: N802, ANN401
    """Make the extension (the name that Python-Markdown looks for)."""
    return QuietExtension(**settings)


class _Quiet(Postprocessor):
    def run(self, text: str) -> str:
        text = text.replace("<pre><span></span>", f"<pre{_UNSEARCHED}>")
        text = text.replace('"mkdocstrings-source">', f'"mkdocstrings-source"{_UNSEARCHED}>')
        text = _LINE_NUMBER.sub(r"\1", text)
        return _CODE.sub(lambda found: found[1] + quiet(found[2]), text)


def quiet(code: str) -> str:
    """Rewrite what stands between `<code>` and `</code>`; its text stays the same."""
    written, braces = _Written(), 0  # how deep in the braces of a string
    spans: list[str | None] = []  # the classes of the open ones, None for those that are kept
    for piece in _TAG.split(code):
        span = _SPAN.fullmatch(piece)
        if span and span[1] in _PLAIN:
            spans.append(span[1] or "")
            if spans[-1] and spans[-1][0] == "c":
                written.switch("")  # never two in one element: Material would lose the second
        elif piece == "</span>" and spans and spans.pop() is not None:
            continue
        elif piece.startswith("<"):
            written.switch("")
            written.pieces.append(piece)
            spans += [None] * piece.startswith("<span")
        elif piece.isspace():
            written.gap += piece
        elif piece:
            kind = (spans[-1] if spans else None) or ""
            braces += (kind == "si") * (piece.count("{") - piece.count("}"))
            style = _STYLES.get(kind) or _FAMILIES.get(kind[:1], "")
            called = kind == "fm" and written.style != _KEYWORD  # as super().__init__() is
            written.switch(_STRING if braces > 0 else "" if called else style)
            written.pieces.append(piece)
    written.switch("")
    return "".join(written.pieces)


class _Written:
    """The code so far, the open element, and white space that may still go into it."""

    def __init__(self) -> None:
        self.pieces, self.style, self.gap = list[str](), "", ""

    def switch(self, style: str) -> None:
        if style != self.style and self.style:
            self.pieces.append(f"</{self.style[1]}>")
        self.pieces += [self.gap, style if style != self.style else ""]
        self.style, self.gap = style, ""
