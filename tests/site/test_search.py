"""What a reader types into the search box leads to the right page."""

from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from browser import ROOT, show
from playwright.sync_api import Page, expect

from milestones.catalogue import Catalogue

QUERIES = yaml.safe_load(Path(__file__).with_name("queries.yaml").read_text(encoding="utf-8"))
FIRST = 3
RESULT = ".md-search-result__item"

# Of each result the links that a reader sees, in order, without unfolding anything
SEEN = """items => items.map(item => [...item.querySelectorAll(".md-search-result__link")]
    .filter(link => link.checkVisibility()).map(link => link.href))"""


@cache
def catalogue() -> Catalogue:
    return Catalogue.read(ROOT)


def places(wanted: dict[str, Any]) -> list[str]:
    """Where the right answers stand: a milestone's note or, while it is planned, its section."""
    given = wanted.get("milestone") or wanted["page"]
    given = [given] if isinstance(given, str) else given
    if "page" in wanted:
        return given
    notes = [catalogue()[slug] for slug in given]
    return [
        note.source.replace(".md", ".html")
        if note.published
        else f"topics/{note.topic}/index.html#{note.slug}"
        for note in notes
    ]


def results(page: Page, query: str) -> list[list[str]]:
    """Type a query into the box, and return the links of each result, as `place#part`."""
    box = page.get_by_role("textbox", name="Search")
    box.fill("")
    box.press("End")  # the box listens to keys
    expect(page.locator(RESULT)).to_have_count(0)  # so that what comes now answers this query
    page.keyboard.insert_text(query)
    box.press("End")
    page.wait_for_selector(RESULT)
    return [list(map(place, links)) for links in page.locator(RESULT).evaluate_all(SEEN)]


def place(link: str) -> str:
    """Where a link leads, from the folder of the site: served at the top, or named `site`."""
    parts = urlsplit(link)
    path = parts.path.rpartition("/site/")[2] if parts.scheme == "file" else parts.path[1:]
    return f"{path}#{unquote(parts.fragment)}" if parts.fragment else path


def rank(found: list[list[str]], wanted: list[str]) -> int:
    """The first result in which a wanted place is seen, counted from one; zero if none is."""
    for number, links in enumerate(found, 1):
        if any(link in wanted or link.partition("#")[0] in wanted for link in links):
            return number
    return 0


def open_search(page: Page, address: str) -> None:
    show(page, address)
    page.keyboard.press("/")
    expect(page.get_by_role("textbox", name="Search")).to_be_focused()


def test_there_are_forty_queries_of_which_no_two_are_the_same():
    assert len({wanted["query"] for wanted in QUERIES}) == len(QUERIES) == 40


def test_each_query_finds_its_page_among_the_first_three(address, tab):
    open_search(tab, f"{address}/index.html")
    ranks = {
        wanted["query"]: rank(results(tab, wanted["query"]), places(wanted)) for wanted in QUERIES
    }
    for query, number in ranks.items():
        print(f"{number or 'none':>4}  {query}")
    assert not [query for query, number in ranks.items() if not 1 <= number <= FIRST]


def test_the_search_works_from_a_folder(built, browser):
    # Whatever Chromium says of fonts on a page without a server is no matter of the search.
    with browser.new_context() as context:
        page = context.new_page()
        open_search(page, (built / "papers/foundations/lenet.html").as_uri())
        for wanted in QUERIES[::8]:
            assert 1 <= rank(results(page, wanted["query"]), places(wanted)) <= FIRST, wanted


def test_nothing_is_found_for_what_is_nowhere(address, tab):
    open_search(tab, f"{address}/index.html")
    tab.keyboard.type("zyzzyva")
    expect(tab.locator(".md-search-result__meta")).to_have_text("No page has these words")


def test_a_note_is_found_in_its_own_place_and_not_on_the_page_of_its_topic(address, tab):
    open_search(tab, f"{address}/index.html")
    seen = [link for links in results(tab, "LeNet-5") for link in links]
    assert "papers/foundations/lenet.html" in seen
    assert "topics/foundations/index.html#lenet" not in seen


def test_all_milestones_that_a_topic_has_for_a_query_are_named(address, tab):
    open_search(tab, f"{address}/index.html")
    planned = [note for note in catalogue().of_topic("sequences") if not note.published]
    wanted = {f"topics/sequences/index.html#{note.slug}" for note in planned if "LSTM" in note.name}
    if not wanted:
        pytest.skip("all notes on LSTM are written")
    assert wanted <= {link for links in results(tab, "lstm") for link in links}


def test_of_a_notes_tags_only_those_that_were_meant_are_shown(address, tab):
    open_search(tab, f"{address}/index.html")
    results(tab, "haffner")
    tags = tab.locator(f"{RESULT} .md-tag:visible")
    expect(tags).to_have_text(["Patrick Haffner"])


def test_the_search_works_by_keyboard(address, tab):
    open_search(tab, f"{address}/index.html")
    tab.keyboard.type("haffner")
    tab.wait_for_selector(RESULT)
    links = tab.locator(".md-search-result__link")
    tab.keyboard.press("ArrowDown")
    expect(links.first).to_be_focused()
    tab.keyboard.press("ArrowUp")
    expect(tab.get_by_role("textbox", name="Search")).to_be_focused()
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/papers/foundations/lenet.html**")
    expect(links.first).not_to_be_visible()
    open_search(tab, f"{address}/index.html")
    tab.keyboard.type("haffner")
    expect(links.first).to_be_visible()
    tab.keyboard.press("Escape")
    expect(links.first).not_to_be_visible()


def test_the_link_to_what_was_found_is_copied_whole(tab: Page, address: str):
    show(tab, f"{address}/index.html")
    tab.keyboard.press("s")
    tab.keyboard.type("dropout", delay=30)
    expect(tab.locator(".md-search-result__item").first).to_be_visible()
    tab.evaluate("addEventListener('copy', () => (window.copied = document.activeElement.value))")
    tab.get_by_label("Share").click()
    assert tab.evaluate("copied").endswith("?q=dropout")
