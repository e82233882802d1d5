"""The built folder by itself, opened from the disk: no server, and nothing is missing."""

import pytest
from browser import show


@pytest.fixture
def folder(built) -> str:
    return built.as_uri()


def test_every_kind_of_page_opens(tab, folder, kinds):
    for kind, place in kinds.items():
        if kind == "404":  # which a host shows in place of any page, and a folder never
            continue
        show(tab, f"{folder}/{place}")
        images = """images => Promise.all(images.map(async image => {
          image.loading = "eager";
          await image.decode().catch(() => {});
          return image.naturalWidth > 0 ? "" : image.src;
        }))"""
        missing = [source for source in tab.eval_on_selector_all("img", images) if source]
        assert not missing, f"{kind}: {missing}"
        ruled = tab.evaluate("getComputedStyle(document.body).getPropertyValue('--ink')")
        assert ruled, f"{kind}: has not found its style sheet"


def test_the_letters_are_there(tab, folder, kinds):
    show(tab, f"{folder}/{kinds['note']}")
    faces = "() => [...document.fonts].filter(face => face.status === 'error').map(f => f.family)"
    assert tab.evaluate("document.fonts.size")
    assert tab.evaluate(faces) == []


def test_the_navigation_leads_on(tab, folder, kinds):
    show(tab, f"{folder}/{kinds['home']}")
    titles = []
    for tabs in range(tab.locator(".md-tabs__link").count()):
        tab.locator(".md-tabs__link").nth(tabs).click()
        tab.wait_for_selector("html[data-ready] .md-tabs__item--active")
        assert tab.url.startswith(f"{folder}/"), tab.url
        assert tab.url.partition("#")[0].endswith(".html"), f"{tab.url} is no page"
        titles.append(tab.title())
    assert len(titles) >= 4
    assert len(set(titles)) == len(titles), "two tabs lead to the same page"


def test_the_search_finds_a_note_and_opens_it(tab, folder, kinds):
    show(tab, f"{folder}/{kinds['topic']}")
    tab.keyboard.press("/")
    tab.keyboard.type("lenet")
    first = tab.locator(".md-search-result__link").first
    first.wait_for()
    first.click()
    tab.wait_for_url("**/papers/foundations/lenet.html*")
    assert tab.url.startswith(f"{folder}/papers/"), tab.url
    assert "LeNet" in tab.locator("h1").inner_text()
