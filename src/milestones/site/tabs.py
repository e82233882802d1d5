"""The navigation: the tabs of the site, made of its folders, so that a new page is in it."""

import math
import re
from pathlib import PurePosixPath

from milestones.catalogue import TOPICS
from milestones.palette import CONSTRAINTS
from milestones.site import reference
from milestones.site.contract import Page, Site, constraint_page, registry, topic_page
from milestones.site.reference import Entry, Navigation

_FIRST = ("essay",)  # folders of docs/ whose tabs come before the notes; others follow Browse


def navigation(site: Site) -> Navigation:
    """Return the navigation in MkDocs' form.

    A page `docs/<folder>/<name>.md` stands in the tab of its folder, by its title. A page that is
    called `index.md` opens its tab; those that say `order: 3` in their front matter follow in that
    order, and then the others by name.

    Raises:
        ValueError: A page's `order` is no number.
    """
    written = {
        page.target: page for page in site.pages if registry(site).of_source(page.source) is None
    }
    ceilings: Navigation = [
        {found.name.capitalize(): target}
        for found in CONSTRAINTS
        if written.pop(target := constraint_page(found.key), None)
    ]
    folders: dict[str, Navigation] = {"essay": [], "browse": []}
    loose: Navigation = []
    for target, page in sorted(written.items(), key=lambda item: _place(*item)):
        folder, *below = PurePosixPath(target).parts
        entry: Entry = target if _name(target) == "" else {_title(page): target}
        if below:
            folders.setdefault(folder, []).append(entry)
        elif target != "index.md":
            loose.append(entry)
    if ceilings:
        folders["browse"].append({"By constraint": ceilings})
    tabs: Navigation = [{_tab(folder): pages} for folder, pages in folders.items() if pages]
    first = len([folder for folder in _FIRST if folders[folder]])
    return [
        {"Home": "index.md"},
        *tabs[:first],
        {"Notes": _notes(site)},
        *tabs[first:],
        *loose,
        {"API reference": reference.navigation(site)},
    ]


def topics(site: Site) -> list[str]:
    """Return the topics that have any milestone, in reading order."""
    return [slug for slug in TOPICS if registry(site).of_topic(slug)]


def _notes(site: Site) -> Navigation:
    return [
        {
            TOPICS[slug].title: [
                topic_page(slug),
                *(
                    {note.name: note.source}
                    for note in registry(site).of_topic(slug)
                    if note.published
                ),
            ]
        }
        for slug in topics(site)
    ]


def _place(target: str, page: Page) -> tuple[bool, float, str, str]:
    """Return what a page is sorted by."""
    order = page.front.get("order", math.inf)
    if isinstance(order, bool) or not isinstance(order, int | float):
        raise ValueError(f"{page.source}: `order` is {order!r}: give a number, as `order: 3`")
    return _name(target) != "", order, _name(target), target


def _name(target: str) -> str:
    """Return the name by which a page is sorted: a folder's index comes first."""
    return "" if PurePosixPath(target).name == "index.md" else PurePosixPath(target).stem


def _tab(folder: str) -> str:
    return re.sub(r"[-_]+", " ", folder).capitalize()


def _title(page: Page) -> str:
    """Return a page's title: that of its front matter, or its heading, or its name."""
    heading = re.search(r"^# +(.+?)(?: *\{[^}]*\})? *#* *$", page.text, re.MULTILINE)
    found = page.front.get("title") or (heading and re.sub(r"[`*]", "", heading[1]))
    return str(found or _tab(_name(page.target)))
