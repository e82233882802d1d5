"""The glossary: its page, and what the first use of a term on any other page links to."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from milestones.site import data
from milestones.site.contract import Page, Site, note_of, once_a_build, plain, registry, relative

SOURCE = "docs/browse/_glossary.yaml"
PAGE = "browse/glossary.md"

_MARKED = re.compile(r"`[^`]+`|\*+[^*\s][^*]*\*+|\$[^$\s]+\$|\[[^]]*\]\([^)]*\)|</?\w[^>]*>")


def _unmarked(sentence: str) -> str:
    """Refuse code, emphasis, formulas, links and tags: a sentence that hovering shows has none."""
    if found := _MARKED.search(sentence):
        raise ValueError(f"it is shown as it stands, so write `{found[0]}` in plain words")
    return sentence


class Term(BaseModel):
    """A term, and one sentence that explains it.

    Attributes:
        term: As it is written within a sentence.
        says: The sentence: plain text, as it is also what hovering shows. Single signs may stand
            in it, marks of Markdown may not.
        also: Other spellings by which prose uses it, such as its plural.
        note: The milestone that introduced it, or explains it best.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    term: str
    says: Annotated[str, AfterValidator(_unmarked)]
    also: tuple[str, ...] = ()
    note: str | None = None

    @property
    def anchor(self) -> str:
        """The id of its place on the page."""
        return re.sub(r"[^a-z0-9]+", "-", self.term.lower()).strip("-")


@once_a_build
def entries(site: Site) -> list[Term]:
    """Return all terms by the alphabet; a note that does not exist is reported."""
    if not (site.root / SOURCE).exists():
        return []
    found = data.read(site, SOURCE, Term)
    taken: set[str] = set()
    for entry in found:
        if entry.note and entry.note not in registry(site):
            site.report(SOURCE, 1, f"`{entry.term}`: there is no note `{entry.note}`")
        for spelling in (entry.term, *entry.also):
            if spelling.lower() in taken:
                site.report(SOURCE, 1, f"`{spelling}` stands there twice")
            taken.add(spelling.lower())
    return sorted(found, key=lambda entry: entry.term.lower())


def sentences(site: Site) -> dict[str, str]:
    """Return what each term says where the pointer is on it, by the anchor of its link."""
    return {entry.anchor: entry.says for entry in entries(site)}


def terms(site: Site, page: Page) -> dict[str, str]:
    """Return each spelling and its link from a page.

    A note does not link the terms that it is itself the explanation of.
    """
    note = note_of(site, page)
    if page.target == PAGE:
        return {}
    address = relative(page.target, PAGE)
    return {
        spelling: f"{address}#{entry.anchor}"
        for entry in entries(site)
        if not note or entry.note != note.slug
        for spelling in (entry.term, *entry.also)
    }


def glossary(site: Site, page: Page) -> str:
    """Return the list of all terms."""
    rows = [_row(site, entry, page) for entry in entries(site)]
    return "\n".join(['<dl class="glossary" markdown="1">', *rows, "</dl>"])


def _row(site: Site, entry: Term, page: Page) -> str:
    note = registry(site)[entry.note] if entry.note and entry.note in registry(site) else None
    more = ""
    if note and note.published:
        more = f" [{plain(note.name)} ({note.year})]({relative(page.target, note.source)})"
    return (
        f'<div id="{entry.anchor}" markdown="1">\n<dt>{plain(entry.term)}</dt>\n'
        f'<dd markdown="span">{plain(entry.says)}{more}</dd>\n</div>'
    )
