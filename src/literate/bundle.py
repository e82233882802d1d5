"""The style sheets of a page as one file: a phone waits for each of them before it shows a word."""

from __future__ import annotations

import hashlib
import posixpath
import re
from pathlib import Path

__all__ = ["bundle"]

_LINKS = re.compile(r'(?:<link rel="stylesheet" href="[^"]+">\s*)+')
_LINK = re.compile(r'href="([^"]+)"')
_URL = re.compile(r"""url\(\s*(["']?)(?!["']?(?:data:|#|/|[a-z]+:))([^"')]+)\1\s*\)""")
_SOURCE_MAP = re.compile(r"/\*# sourceMappingURL=.*?\*/")


def bundle(page: str, place: str, site: Path) -> str:
    """Put the style sheets that stand side by side in a page's head into one, in their order.

    Args:
        page: The HTML of a page.
        place: Where it stands in the site, as `papers/lenet.html`.
        site: The folder of the site, in which the style sheets are already.

    Returns:
        The page with one link for each row of links; a row with a style sheet that is not a file of
        this site stays as it was.
    """

    def one(row: re.Match[str]) -> str:
        folder = posixpath.dirname(place)
        sheets = [
            posixpath.normpath(posixpath.join(folder, href)) for href in _LINK.findall(row[0])
        ]
        if len(sheets) < 2 or not all((site / sheet).is_file() for sheet in sheets):
            return row[0]
        styles = "\n".join(_moved((site / sheet).read_text("utf-8"), sheet) for sheet in sheets)
        # Named after what is in it: a browser keeps it for as long as it is the same.
        name = f"assets/styles.{hashlib.sha256(styles.encode()).hexdigest()[:8]}.css"
        if not (site / name).exists():
            (site / name).parent.mkdir(exist_ok=True)
            (site / name).write_text(styles, "utf-8")
        return f'<link rel="stylesheet" href="{posixpath.relpath(name, folder or ".")}">\n'

    head, end, rest = page.partition("</head>")
    return _LINKS.sub(one, head) + end + rest


def _moved(styles: str, sheet: str) -> str:
    """Return styles with addresses that begin at `assets/`, where the bundle stands."""
    folder = posixpath.dirname(sheet) or "."

    def address(found: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(folder, found[2]))
        return f'url("{posixpath.relpath(target, "assets")}")'

    return _URL.sub(address, _SOURCE_MAP.sub("", styles))
