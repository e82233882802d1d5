"""The white space that templates leave behind, taken out of a finished page.

A template writes an empty line for each of its tags and indents what it nests: 7 kB of a note,
16 kB of a page of the reference. No reader sees any of it.
"""

from __future__ import annotations

import re

__all__ = ["squeeze"]

_KEPT = re.compile(
    r"(<(?:pre|script|style|textarea)\b.*?</(?:pre|script|style|textarea)>)", re.DOTALL
)
_BREAK = re.compile(r"[ \t\r]*\n[ \t\r\n]*")
_NAMESPACE = ' xmlns="http://www.w3.org/2000/svg"'  # HTML knows what an <svg> is


def squeeze(page: str) -> str:
    """Make one line break of each run of white space that has one, where a browser does the same.

    Args:
        page: The HTML of a page.

    Returns:
        HTML that a browser shows alike; blocks of code and scripts are as they were.
    """
    pieces = _KEPT.split(page)
    pieces[::2] = (_BREAK.sub("\n", piece).replace(_NAMESPACE, "") for piece in pieces[::2])
    return "".join(pieces)
