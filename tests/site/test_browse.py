"""The tables that filter and sort, as their readers use them: by keyboard, by address, without."""

import datetime
from collections.abc import Callable
from pathlib import Path

import pytest
from browser import ROOT, show
from playwright.sync_api import BrowserContext, Locator, Page, expect

from milestones.catalogue import Catalogue
from milestones.common import budget

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


def test_without_scripts_the_lineage_is_drawn_and_its_links_work(windows: Windows, address: str):
    page = windows(java_script_enabled=False).new_page()
    page.goto(f"{address}/browse/lineage.html")
    expect(page.locator(".lineage li")).to_have_count(len(REGISTRY))
    arcs = sum(len(note.builds_on) for note in REGISTRY)
    expect(page.locator(".lineage path")).to_have_count(arcs)
    page.locator("#lenet span a").click()
    expect(page.locator("h1")).to_contain_text("LeNet-5")


# -- glossary and calculators


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


def result(tab: Page, name: str) -> str:
    return tab.locator(".calculator dl > div").filter(has_text=name).locator("b").inner_text()


def fill(tab: Page, **numbers: float):
    for name, number in numbers.items():
        tab.locator(f".calculator [name={name}]").fill(str(number))


@pytest.mark.parametrize(
    ("shape", "billions"),
    [(budget.GPT2_SMALL, 10), (budget.GPT_NEOX_20B, 472), (budget.Shape(3, 40, 1_000, 16), 0.5)],
)
def test_the_calculator_does_the_sums_of_the_library(
    tab: Page, address: str, shape: budget.Shape, billions: float
):
    show(tab, f"{address}/browse/calculators.html")
    fill(tab, layers=shape.layers, width=shape.width, vocabulary=shape.vocabulary)
    fill(tab, context=shape.context, words=billions, devices=96, peak=312, used=40)
    count = budget.parameters(shape)
    assert result(tab, "Parameters") == f"{count:,}"
    operations = budget.training_operations(count, billions * 1e9)
    mantissa, exponent = f"{operations:.2e}".split("e+")
    assert result(tab, "Operations to train") == f"{float(mantissa):g} × 10{int(exponent)}"
    cards = budget.cards(budget.weights_memory(count))
    assert result(tab, "Weights, 16 bits").endswith(f"{cards} × 24 GB")
    assert f"{100 * budget.attention_share(shape):.2g}" in result(tab, "Attention")
    days = budget.days(operations, 96, 312e12, 0.4)
    shown, unit = result(tab, "Time").split()
    hours = float(shown) * {"days": 24, "hours": 1}[unit]
    assert hours == pytest.approx(24 * days, rel=0.005, abs=0.0005)


def test_twenty_billion_in_half_precision_need_two_cards(tab: Page, address: str):
    show(tab, f"{address}/browse/calculators.html")
    tab.get_by_label("Begin with").select_option("GPT-NeoX-20B on 96 A100")
    assert result(tab, "Weights, 16 bits") == "40.5 GB: 2 × 24 GB"


def test_the_sums_that_stand_there_first_are_those_of_the_script(
    tab: Page, windows: Windows, address: str
):
    still = windows(java_script_enabled=False).new_page()
    for page in (tab, still):
        page.goto(f"{address}/browse/calculators.html")
    expect(tab.locator(".calculator[data-ready]")).to_be_visible()
    sums = [page.locator(".calculator dl > div").all_inner_texts() for page in (tab, still)]
    assert sums[0] == sums[1]


def test_what_is_no_number_is_told_and_not_reckoned_with(tab: Page, address: str):
    show(tab, f"{address}/browse/calculators.html")
    fill(tab, layers=-1)
    expect(tab.locator(".calculator dl")).to_contain_text("layers")
    expect(tab.locator(".calculator dl b")).to_have_count(0)


def test_without_scripts_the_sums_stand_below(windows: Windows, address: str):
    page = windows(java_script_enabled=False).new_page()
    page.goto(f"{address}/browse/calculators.html")
    expect(page.locator(".calculator fieldset").first).to_be_hidden()
    expect(page.locator(".calculator dl")).to_contain_text("349 GB")
    for number in ("124,439,808", "174,604,259,328", "3.14e+23", "33.9 days"):
        expect(page.locator("article")).to_contain_text(number)
