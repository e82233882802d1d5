"""Footnotes beside the text they belong to: a Python-Markdown extension, `literate.sidenotes`.

Each footnote is repeated, as a side note, right after its reference. The style sheet shows it in
the margin where the screen is wide enough, and then hides the list at the foot; else the other way
round. So either is read once, by eyes and by screen readers, and no script is needed. A footnote
that holds more than paragraphs stays at the foot.
"""

from __future__ import annotations

import copy
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from markdown import Markdown
from markdown.extensions import Extension
from markdown.extensions.footnotes import NBSP_PLACEHOLDER
from markdown.treeprocessors import Treeprocessor

BESIDE = "footnote-beside"
"""The class of an item of the list at the foot that also stands in the margin."""


class _Sidenotes(Treeprocessor):
    def run(self, root: Element) -> None:
        """Put each footnote after the first reference to it."""
        notes = {item.get("id", ""): item for item in root.iter("li")}
        for parent in list(root.iter()):
            for place, child in reversed(list(enumerate(parent))):
                link = child.find("a")
                if child.tag != "sup" or link is None or link.get("class") != "footnote-ref":
                    continue
                item = notes.get(link.get("href", "").removeprefix("#"))
                # `fnref2:x` is the second reference to a note that stands beside the first
                if item is None or not child.get("id", "").startswith("fnref:"):
                    continue
                if all(block.tag == "p" for block in item):
                    item.set("class", BESIDE)
                    note = _sidenote(item, link.text or "")
                    note.tail, child.tail = child.tail, None
                    parent.insert(place + 1, note)


def _sidenote(item: Element, number: str) -> Element:
    # The search finds the note at the foot, and need not find it twice
    note = Element("span", {"class": "sidenote", "data-search-exclude": ""})
    SubElement(note, "sup").text = number
    for block in item:
        paragraph = SubElement(note, "span")
        paragraph.text = block.text
        for child in block:
            if "footnote-backref" not in child.get("class", ""):
                paragraph.append(copy.deepcopy(child))
    for element in note.iter():
        element.attrib.pop("id", None)  # an id stands once on a page
        # The space that stood before the way back
        element.text = (element.text or "").removesuffix(NBSP_PLACEHOLDER)
        element.tail = (element.tail or "").removesuffix(NBSP_PLACEHOLDER)
    return note


class _SidenotesExtension(Extension):
    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Python-Markdown's name
        # After the footnotes (50) and what is inline (20) have become elements
        md.treeprocessors.register(_Sidenotes(md), "sidenotes", 14)


def makeExtension(**options: Any) -> _SidenotesExtension:  # noqa: ANN401, N802
    """Return the extension; Python-Markdown calls this."""
    return _SidenotesExtension(**options)
