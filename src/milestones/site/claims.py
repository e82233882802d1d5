"""Claims as readers see them: a card where a claim is made. The table of all is in `ledger`."""

import ast
import hashlib
import html
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from milestones.site.contract import Cell, Page, Site

MIME = "application/vnd.milestones.claim+json"
_VERBATIM = re.compile(r"(`+.+?`+|(?<!\\)\$(?!\s)[^$]+(?<!\s)\$)")


def card(data: Mapping[str, Any], site: Site, page: Page) -> str:
    """Return the card of one claim: the paper's figure beside ours, and what lies between them."""
    place, data = anchor(data), safe(data)
    aside = [f"**Scale.** {data['scale']}"] if data.get("scale") else []
    return "\n\n".join(
        [
            f'<aside class="claim" id="{place}" markdown="1">',
            f'<a class="claim__label">Claim</a>\n{data["statement"]}',
            '<dl markdown="1">\n'
            f"{_figure('The paper', data['paper'], data['source'])}\n"
            f"{_figure('This page', data['measured'], circumstances(data))}\n</dl>",
            *aside,
            "</aside>",
        ]
    )


def check_all_shown(site: Site) -> None:
    """Report each cell that makes more claims than it shows cards: nobody would read the others."""
    shown = Counter((found.page.source, found.line) for found in site.gather(MIME))
    for page in site.pages:
        for cell in page.cells if page.source in site.outcomes else ():
            lines = _calls(cell)
            hidden = {"remove-output", "remove-cell"} & set(cell.tags)
            cards = 0 if hidden else shown[page.source, cell.line]
            if len(lines) > cards and "raises-exception" not in cell.tags:
                message = (
                    "a claim in this cell shows no card: end a cell with one claim, "
                    "and nothing after it"
                )
                site.report(page.source, lines[0], message)


def _calls(cell: Cell) -> list[int]:
    """Return the lines of the page on which a cell calls `claim`."""
    try:
        tree = ast.parse(cell.code)
    except SyntaxError:  # IPython's magic, which makes no claims
        return []
    return sorted(
        cell.line + node.lineno - 1
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (getattr(node.func, "id", None) or getattr(node.func, "attr", None)) == "claim"
    )


def anchor(data: Mapping[str, Any]) -> str:
    """Return the id of a claim's card; it changes only if the statement or its source does."""
    statement = str(data["statement"])
    words = re.findall(r"[a-z0-9]+", statement.lower())[:6]
    same = hashlib.sha256(f"{statement}\n{data.get('source')}".encode()).hexdigest()[:4]
    return "-".join(["claim", *words, same])


def _figure(term: str, figure: object, note: str) -> str:
    return (
        f'<div markdown="1">\n<dt>{term}</dt>\n'
        f'<dd markdown="span">{figure}</dd>\n'
        f'<dd markdown="span">{note}</dd>\n</div>'
    )


def circumstances(data: Mapping[str, Any]) -> str:
    """Say from how many runs our figure comes, and on what they ran."""
    seeds, device = data["seeds"], str(data["device"])
    runs = {0: "nothing random", 1: "1 seed"}.get(seeds, f"{seeds} seeds")
    return f"{runs}, {device if device not in ('cpu', 'cuda', 'mps') else device.upper()}"


def safe(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a claim whose texts hold no HTML; Markdown's emphasis, code and formulas stay."""
    return {key: _escaped(text) if isinstance(text, str) else text for key, text in data.items()}


def _escaped(text: str) -> str:
    """Escape what HTML would take for a tag; code does so itself, and a formula needs but a space.

    The pattern has one group, so that every second part is code or a formula.
    """
    parts = _VERBATIM.split(text)
    parts[::2] = [html.escape(part, quote=False) for part in parts[::2]]
    parts[1::2] = [
        re.sub(r"<(?=\S)", "< ", part) if part.startswith("$") else part for part in parts[1::2]
    ]
    return "".join(parts)
