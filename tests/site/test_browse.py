"""The tables that filter and sort, as their readers use them: by keyboard, by address, without."""

import datetime
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from browser import ROOT, show
from playwright.sync_api import BrowserContext, Locator, Page, expect

from milestones.catalogue import Catalogue

Windows = Callable[..., BrowserContext]
REGISTRY = Catalogue.read(ROOT)
TABLES = {"timeline": "#timeline", "claims": "#ledger", "next": "#places"}


def rows(page: Page, table: str) -> Locator:
    return page.locator(f"{table} tbody tr:visible")


def answer(page: Page) -> Locator:
    return page.locator("form.filter output")


@pytest.mark.parametrize("name", TABLES)
def test_without_scripts_the_whole_table_stands_there(windows: Windows, address: str, name: str):
    page = windows(java_script_enabled=False).new_page()
    page.goto(f"{address}/browse/{name}.html")
    expect(page.locator("form.filter")).to_be_hidden()
    everything = page.locator(f"{TABLES[name]} tbody tr")
    expect(rows(page, TABLES[name])).to_have_count(everything.count())
    if name != "claims":
        expect(everything).to_have_count(len(REGISTRY))


def test_the_timeline_filters_by_keyboard(tab: Page, address: str):
    show(tab, f"{address}/browse/timeline.html")
    expect(answer(tab)).to_have_text(f"All {len(REGISTRY)} milestones")
    tab.get_by_role("checkbox", name="parameters").focus()
    tab.keyboard.press("Space")
    raised = {note.slug for note in REGISTRY.of_constraint("parameters")}
    expect(rows(tab, "#timeline")).to_have_count(len(raised))
    expect(answer(tab)).to_have_text(f"{len(raised)} of {len(REGISTRY)} milestones")
    dim = tab.locator(".skyline .is-out").evaluate_all("marks => marks.map(m => m.dataset.row)")
    assert set(dim) == {note.slug for note in REGISTRY} - raised

    tab.keyboard.press("Tab")  # to the next ceiling: any of the two is enough
    tab.keyboard.press("Space")
    either = raised | {note.slug for note in REGISTRY.of_constraint("optimization")}
    expect(rows(tab, "#timeline")).to_have_count(len(either))

    tab.get_by_label("Topic").press("G")  # a letter chooses in a list
    among = {slug for slug in either if REGISTRY[slug].topic == "generation"}
    expect(rows(tab, "#timeline")).to_have_count(len(among))

    tab.get_by_role("button", name="Show all").press("Enter")
    expect(rows(tab, "#timeline")).to_have_count(len(REGISTRY))
    expect(tab.locator(".skyline .is-out")).to_have_count(0)
    assert "?" not in tab.url


def test_words_are_found_with_and_without_accents_and_kept_in_the_address(tab: Page, address: str):
    show(tab, f"{address}/browse/timeline.html")
    tab.get_by_label("Words").press_sequentially("LÊNET digits")
    expect(rows(tab, "#timeline").first).to_have_attribute("id", "lenet")
    left = rows(tab, "#timeline").count()
    assert 1 <= left < 5
    tab.reload()
    expect(tab.get_by_label("Words")).to_have_value("LÊNET digits")
    expect(rows(tab, "#timeline")).to_have_count(left)


def test_each_entry_opens_its_note(tab: Page, address: str):
    show(tab, f"{address}/browse/timeline.html")
    links = tab.locator("#timeline tbody td:nth-child(2) strong a")
    expect(links).to_have_count(len(REGISTRY.published))
    tab.locator("#lenet strong a").press("Enter")
    expect(tab.locator("h1")).to_contain_text("LeNet-5")


def test_the_ledger_tells_apart_what_held_and_what_did_not_show(tab: Page, address: str):
    show(tab, f"{address}/browse/claims.html")
    everything = rows(tab, "#ledger").count()
    tab.get_by_label("Outcome").select_option("did not show")
    unseen = rows(tab, "#ledger")
    expect(unseen.first).to_contain_text("did not show")
    count = unseen.count()
    entries = (ROOT / "docs/browse/negative-results.md").read_text().count("\n**Reported.**")
    assert 0 < count == entries - 1  # one of them shows the form in a comment
    tab.get_by_label("Outcome").select_option("held")
    expect(rows(tab, "#ledger")).to_have_count(everything - count)


def nearest(ceilings: set[str], year: int) -> list[str]:
    """The order in which the page says that it shows them."""
    found = [note for note in REGISTRY.in_time if ceilings & set(note.constraints)]
    found.sort(
        key=lambda note: (
            len(ceilings ^ set(note.constraints)),
            note.constraints[0] not in ceilings,
            abs(note.year - year),
        )
    )
    return [note.name for note in found[:7]]


@pytest.mark.parametrize("year", [None, 2012])
def test_the_next_paper_is_placed_by_keyboard(tab: Page, address: str, year: int | None):
    show(tab, f"{address}/browse/next.html")
    expect(answer(tab)).to_have_text("Pick a ceiling")
    for name in ("data", "compute"):
        tab.get_by_role("checkbox", name=name, exact=True).press("Space")
    if year:
        tab.get_by_label("Year").press_sequentially(str(year))
    names = nearest({"data", "compute"}, year or datetime.datetime.now().year)
    expect(rows(tab, "#places").locator("strong")).to_have_text(names)
    expect(rows(tab, "#places").first.locator("td").last).to_contain_text("both raised: data")
    exact = [n for n in REGISTRY if {*n.constraints} == {"data", "compute"}]
    expect(answer(tab)).to_contain_text(f"{len(exact)} milestone")
    tab.get_by_role("button", name="Show all").press("Enter")
    names = [note.name for note in REGISTRY.in_time]
    expect(rows(tab, "#places").locator("strong")).to_have_text(names)


def test_a_ceiling_that_nobody_raised_is_said_to_be_new(tab: Page, address: str):
    raised = {key for note in REGISTRY for key in note.constraints}
    assert "energy" not in raised  # if one has raised it by now, take this test away
    show(tab, f"{address}/browse/next.html?ceiling=energy")
    expect(answer(tab)).to_have_text("No milestone raised energy: yours would be the first")


@pytest.mark.parametrize(("name", "things"), [("timeline", "milestones"), ("claims", "results")])
def test_a_filter_is_used_with_a_thumb(windows: Windows, address: str, name: str, things: str):
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    page = windows(**phone).new_page()
    show(page, f"{address}/browse/{name}.html")
    everything = rows(page, TABLES[name]).count()
    expect(answer(page)).to_have_text(f"All {everything} {things}")
    targets = page.locator("form.filter :is(fieldset label, select, button, [name=words])")
    for box in (target.bounding_box() for target in targets.all()):
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390  # noqa: PT018 - one row of sums
        assert box["height"] >= 24  # what WCAG 2.2 asks of what is tapped

    ceiling = "form.filter label:has([value=optimization])"
    page.locator(ceiling).tap()
    expect(answer(page)).to_have_text(re.compile(rf"^\d+ of {everything} {things}$"))
    left = rows(page, TABLES[name])
    assert 0 < left.count() < everything
    marked = page.locator(f"{TABLES[name]} tbody tr[data-ceiling~=optimization]")
    expect(left).to_have_count(marked.count())
    page.get_by_label("Topic").select_option("training")
    among = f"{TABLES[name]} tbody tr[data-ceiling~=optimization][data-topic=training]"
    expect(left).to_have_count(page.locator(among).count())
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("button", name="Show all").tap()
    expect(left).to_have_count(everything)


def test_a_filter_works_from_a_folder(windows: Windows, built: Path):
    page = windows().new_page()
    page.goto((built / "browse/timeline.html").as_uri() + "?topic=control")
    expect(rows(page, "#timeline")).to_have_count(len(REGISTRY.of_topic("control")))


# -- the lineage


def kin(slug: str, following: Callable[[str], list[str]]) -> set[str]:
    """All that is reached from a milestone in one direction."""
    found = set(following(slug))
    return found.union(*(kin(other, following) for other in found))


def before(slug: str) -> list[str]:
    return list(REGISTRY[slug].builds_on)


def after(slug: str) -> list[str]:
    return [note.slug for note in REGISTRY.built_on_by(slug)]


def test_a_line_of_descent_is_followed_by_keyboard(tab: Page, address: str):
    show(tab, f"{address}/browse/lineage.html")
    said = tab.get_by_role("status")
    expect(said).to_have_text("No milestone is chosen.")
    tab.get_by_role("link", name="The lineage of Attention").press("Enter")
    above, below = kin("attention", before), kin("attention", after)
    expect(said).to_have_text(f"Attention: {len(above)} ancestors, {len(below)} descendants")
    rows = tab.locator(".lineage li.is-kin").evaluate_all("rows => rows.map(row => row.id)")
    assert set(rows) == above | below | {"attention"}
    pairs = "arcs => arcs.map(arc => [arc.dataset.from, arc.dataset.to])"
    lit = tab.locator(".lineage path:is(.is-above, .is-below)").evaluate_all(pairs)
    family = (above | {"attention"}, below | {"attention"})
    assert sorted(map(tuple, lit)) == sorted(
        (old, new)
        for new in {*family[0], *family[1]}
        for old in before(new)
        if any({old, new} <= side for side in family)
    )
    assert tab.url.endswith("#attention")
    tab.keyboard.press("Enter")
    expect(said).to_have_text("No milestone is chosen.")
    tab.keyboard.press("Enter")
    expect(said).to_contain_text("Attention: ")
    tab.keyboard.press("Escape")
    expect(said).to_have_text("No milestone is chosen.")


def test_a_note_leads_to_its_own_place_in_the_lineage(tab: Page, address: str):
    show(tab, f"{address}/papers/training/dropout.html")
    tab.get_by_role("link", name="all ancestors and descendants").press("Enter")
    expect(tab.get_by_role("status").filter(has_text="Dropout: ")).to_be_visible()
    expect(tab.locator("#dropout")).to_be_in_viewport()


def test_the_name_of_a_planned_milestone_is_tapped_or_focused(
    windows: Windows, tab: Page, address: str
):
    slug = next(note.slug for note in REGISTRY if not note.published and note.builds_on)
    said = f"{REGISTRY[slug].name}: {len(kin(slug, before))} ancestor"
    phone = windows(viewport={"width": 390, "height": 844}, has_touch=True).new_page()
    show(phone, f"{address}/browse/lineage.html")
    phone.get_by_text(REGISTRY[slug].name, exact=True).tap()
    expect(phone.get_by_role("status")).to_contain_text(said)
    expect(phone.locator(f"#{slug}")).to_have_class(re.compile("is-chosen"))

    show(tab, f"{address}/browse/lineage.html")
    links = tab.locator(f"#{slug} a:not([tabindex='-1'])")
    expect(links).to_have_count(1)
    links.focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("status")).to_contain_text(said)
    assert tab.url.endswith(f"#{slug}")


def test_without_scripts_the_lineage_is_drawn_and_its_links_work(windows: Windows, address: str):
    page = windows(java_script_enabled=False).new_page()
    page.goto(f"{address}/browse/lineage.html")
    expect(page.locator(".lineage li")).to_have_count(len(REGISTRY))
    arcs = sum(len(note.builds_on) for note in REGISTRY)
    expect(page.locator(".lineage path")).to_have_count(arcs)
    page.locator("#lenet span a").click()
    expect(page.locator("h1")).to_contain_text("LeNet-5")


# -- the glossary


def test_the_first_use_of_a_term_shows_its_sentence_and_leads_to_it(tab: Page, address: str):
    show(tab, f"{address}/papers/training/dropout.html")
    term = tab.locator("a[data-says]").first
    sentence = term.get_attribute("data-says")
    shown = "term => { const { content, visibility } = getComputedStyle(term, '::after'); "
    shown += "return visibility === 'visible' ? content : '' }"
    assert term.evaluate(shown) == ""
    term.focus()
    assert sentence in term.evaluate(shown)
    tab.mouse.move(0, 0)
    term.blur()
    term.hover()
    assert sentence in term.evaluate(shown)
    links = tab.locator("a[data-says]").evaluate_all("links => links.map(link => link.hash)")
    assert len(links) == len(set(links)) > 0
    term.press("Enter")
    expect(tab.locator(".glossary > :target dd")).to_contain_text(sentence)


def test_only_terms_say_a_sentence(tab: Page, address: str):
    """The reference of the glossary's module has links that look like a term's."""
    show(tab, f"{address}/reference/milestones/site/glossary.html")
    assert tab.locator("a[href*='glossary.html#']").count() > 0
    assert tab.locator("[data-says]").count() == 0
