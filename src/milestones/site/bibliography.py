"""The annotated bibliography: what to read beside the papers, and why."""

from itertools import groupby
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from milestones.site import data
from milestones.site.contract import Page, Site, plain
from milestones.site.records import Address

SOURCE = "docs/browse/_bibliography.yaml"
_MARKS = {"classic": "★ a classic", "first": "◦ a good first read"}


class Entry(BaseModel):
    """Something to read, to watch or to use.

    Attributes:
        group: The heading under which it stands; entries of a group follow each other.
        title: Its title.
        by: Who made it.
        year: When; left out where it is renewed all the time.
        link: Its address.
        says: Our own sentence: what it gives, and to whom.
        mark: Whether it is a classic of the field, or a good first read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    group: str
    title: str
    by: str | None = None
    year: Annotated[int, Field(ge=1900, le=2100)] | None = None
    link: Address | None = None
    says: str
    mark: Literal["classic", "first"] | None = None


def bibliography(site: Site, page: Page) -> str:
    """Return all entries, a section for each group."""
    found = data.read(site, SOURCE, Entry)
    groups = [
        f"## {plain(name)}\n\n" + "\n".join(_row(entry) for entry in entries)
        for name, entries in groupby(found, key=lambda entry: entry.group)
    ]
    return "\n\n".join(groups)


def _row(entry: Entry) -> str:
    title = f"*{plain(entry.title)}*"
    if entry.link:
        title = f"[{title}]({entry.link})"
    facts = ", ".join(filter(None, (entry.by and plain(entry.by), str(entry.year or ""))))
    mark = f' <small class="reading__mark">{_MARKS[entry.mark]}</small>' if entry.mark else ""
    return f"- {title}{f', {facts}' if facts else ''}{mark}<br>\n  {plain(entry.says)}"
