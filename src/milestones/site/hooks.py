"""What is peculiar to this site, hung on the builder's hooks (`[tool.literate.hooks]`)."""

from typing import Any

from milestones.catalogue import CatalogueError
from milestones.site import (
    cards,
    claims,
    feed,
    indexes,
    metadata,
    reference,
    social,
    tabs,
    theme,
)
from milestones.site.contract import (
    Page,
    Site,
    module_file,
    note_of,
    registry,
    topic_page,
)
from milestones.site.records import is_shown


def check(site: Site) -> None:
    """Report every mistake in the notes' front matter, before anything runs."""
    try:
        registry(site, reread=True)
    except CatalogueError as error:
        for problem in error.problems:
            site.report(*problem)


def published(site: Site, page: Page) -> bool:
    """Tell whether a page is shown: a planned note is not, a draft where drafts are."""
    return is_shown(page.front.get("status", "published"))


def meta(site: Site, page: Page) -> dict[str, Any]:
    """Return the front matter of the woven page."""
    note = note_of(site, page)
    if note is None:
        return dict(page.front)
    return metadata.of(note)


def head(site: Site, page: Page) -> str:
    """Return what follows the page's heading: a note's header card."""
    note = note_of(site, page)
    return cards.header(site, note) if note else ""


def foot(site: Site, page: Page) -> str:
    """Return what closes the page: a note's neighbours in time."""
    note = note_of(site, page)
    return cards.neighbours(site, note) if note else ""


def names(site: Site, page: Page) -> dict[str, str]:
    """Return which code names in a note's prose link to the reference of its module."""
    note = note_of(site, page)
    if note is None or not module_file(site, note).is_file():
        return {}
    source = module_file(site, note).read_text(encoding="utf-8")
    return reference.public_names(source, note.module)


def pages(site: Site) -> dict[str, str | bytes]:
    """Return what no author writes: indexes, API reference, style sheet, feed, social cards."""
    claims.check_all_shown(site)
    topics = {topic_page(slug): indexes.topic(site, slug) for slug in tabs.topics(site)}
    made = {**topics, **reference.pages(site), **theme.files(site)}
    return {**made, **feed.files(site), **social.files(site)}


def navigation(site: Site) -> reference.Navigation:
    """Return the site's navigation."""
    return tabs.navigation(site)
