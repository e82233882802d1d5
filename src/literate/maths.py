r"""Mathematics as MathML, made when the site is built.

`pymdownx.arithmatex` (with `generic: true`) finds the formulas of a page and marks them; the
Markdown extension of this module turns each into MathML with `math-core`, so that a reader's
browser runs no script and loads nothing. It works wherever Python-Markdown does: MkDocs,
Zensical, and the docstrings that mkdocstrings renders.

    markdown_extensions:
      - pymdownx.arithmatex: {generic: true, inline_syntax: [dollar], block_syntax: [dollar]}
      - literate.maths

A display formula that ends in `\tag{3}` gets its number beside it and the anchor `#eq-3`.
There are no macros of our own, so that the sources also read well on GitHub and in Jupyter.

A formula that `math-core` does not understand raises FormulaError, and the build fails.
`check` finds the same mistakes in the Markdown source, with their lines, in a few milliseconds.
"""

from __future__ import annotations

import functools
import html
import re
from typing import Any
from xml.etree import ElementTree

from markdown import Extension, Markdown
from markdown.treeprocessors import Treeprocessor
from math_core import LatexError, LatexToMathML

from literate.formulas import blocks, formulas_of_block, is_display, without_code

__all__ = ["FormulaError", "MathsExtension", "check", "mathml"]


class FormulaError(ValueError):
    """A formula that cannot be turned into MathML.

    Attributes:
        offset: Where in the formula the mistake is, in characters.
    """

    def __init__(self, tex: str, message: str, offset: int = 0) -> None:
        super().__init__(f"{message} In the formula: {' '.join(tex.split())}")
        self.offset = offset


# ------------------------------------------------------------------------------------------
# From TeX to MathML

_CHANGES = {
    # Selectors ask for a calligraphic or a round script; a font that has just one script
    # alphabet lacks them, and the browser would fetch the letter from another font.
    0xFE00: None,
    0xFE01: None,
    # The arrow of \vec: a combining arrow has no width, so that browsers set it too far left.
    0x20D7: "\u2192",
}
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\w+);)\w+;")


@functools.cache
def _converter() -> LatexToMathML:
    return LatexToMathML(fancy_error=False)


def mathml(tex: str, *, display: bool = False) -> str:
    """Convert a formula.

    Args:
        tex: The formula, without its dollars.
        display: Whether it stands in a paragraph of its own.

    Returns:
        A `<math>` element that is well-formed XML too.

    Raises:
        FormulaError: `math-core` does not understand the formula.
    """
    if not tex.strip():
        raise FormulaError(tex, "The formula is empty.")
    try:
        markup = _converter().convert_with_local_state(tex, displaystyle=display)
    except LatexError as error:
        offset, _, message = str(error).partition(": ")
        raise FormulaError(tex, message, int(offset)) from None
    return _ENTITY.sub(lambda name: html.unescape(name[0]), markup).translate(_CHANGES)


_TAG = re.compile(r"\\tag(?P<star>\*?)\{(?P<number>[^{}\\$]+)\}\s*\Z")


def _split_tag(tex: str) -> tuple[str, str]:
    r"""Take the equation's number off a formula: `x = y \tag{3}` gives `x = y` and `(3)`."""
    tag = _TAG.search(tex)
    if tag is None:
        return tex, ""
    number = tag["number"].strip()
    return tex[: tag.start()], number if tag["star"] else f"({number})"


# ------------------------------------------------------------------------------------------
# The Markdown extension


class MathsExtension(Extension):
    """Turn what arithmatex marked into MathML."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 (Python-Markdown's name)
        """Run after white space is set right (10), before titles and anchors are gathered (5)."""
        md.treeprocessors.register(_Typesetter(md), "literate-maths", 9)


def makeExtension(**settings: Any) -> MathsExtension:  # noqa: N802, ANN401
    """Make the extension (the name that Python-Markdown looks for)."""
    return MathsExtension(**settings)


class _Typesetter(Treeprocessor):
    def run(self, root: ElementTree.Element) -> None:
        taken: set[str] = set()
        for element in list(root.iter()):
            if element.get("class") != "arithmatex" or not element.text:
                continue
            source = element.text.strip()
            if source.startswith(r"\("):
                _become(element, mathml(source[2:-2]))
            elif source.startswith(r"\["):
                # arithmatex escapes display formulas once more than inline ones
                _typeset_display(element, html.unescape(source[2:-2]), taken)


def _become(element: ElementTree.Element, markup: str) -> None:
    """Replace an element by other markup where it stands."""
    tail = element.tail
    replacement = ElementTree.fromstring(markup)
    element.clear()
    element.tag, element.text, element.tail = replacement.tag, replacement.text, tail
    element.attrib.update(replacement.attrib)
    element.extend(replacement)


def _typeset_display(element: ElementTree.Element, tex: str, taken: set[str]) -> None:
    tex, number = _split_tag(tex)
    formula = ElementTree.fromstring(mathml(tex, display=True))
    formula.set("data-search-exclude", "1")  # its letters in a row say nothing; MkDocs drops this
    element.text = None
    element.set("class", "formula")
    ElementTree.SubElement(element, "div").append(formula)
    if number:
        anchor = plain = "eq-" + re.sub(r"[^\w.]+", "-", number).strip("-")
        while anchor in taken:  # two papers on one page can both have an equation (3)
            anchor = f"{plain}-{len(taken) + 1}"
        taken.add(anchor)
        element.set("id", anchor)
        link = {"class": "formula-number", "href": f"#{anchor}"}
        ElementTree.SubElement(element, "a", link).text = number


# ------------------------------------------------------------------------------------------
# The formulas of a source text


def check(text: str, first_line: int = 1) -> list[tuple[int, str]]:
    """Try every formula of a Markdown text.

    Args:
        text: Markdown without front matter.
        first_line: The number of its first line in the file.

    Returns:
        The mistakes, each with its line and a message.
    """
    mistakes: list[tuple[int, str]] = []
    for line, block in blocks(text, first_line):
        rest = without_code(block)
        for formula in formulas_of_block(block, line):
            rest = rest.replace(f"${formula.tex}$", " ", 1)
            tex = _split_tag(formula.tex)[0] if formula.display else formula.tex
            try:
                mathml(tex, display=formula.display)
            except FormulaError as error:
                inside = tex[: error.offset].count("\n")
                mistakes.append((formula.line + inside, str(error)))
        stray = re.search(r"(?<!\\)\$\$", rest)
        if stray and not is_display(rest):
            where = line + rest[: stray.start()].count("\n")
            mistakes.append((where, "'$$' belongs to a paragraph of its own: leave a blank line."))
    return mistakes
