"""The calculators: the library's sums in the browser, and what they say to absurd numbers."""

from collections.abc import Callable

import pytest
from browser import show
from playwright.sync_api import BrowserContext, Page, expect

from milestones.common import budget

Windows = Callable[..., BrowserContext]


def result(tab: Page, name: str) -> str:
    return tab.locator(".calculator dl > div").filter(has_text=name).locator("b").inner_text()


def fill(tab: Page, **numbers: float | str):
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
    if days * 86_400 < 1:
        assert result(tab, "Time") == "less than a second"
        return
    shown, unit = result(tab, "Time").split()
    hours = float(shown) * {"days": 24, "hours": 1}[unit]
    assert hours == pytest.approx(24 * days, rel=0.005)


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


FIELDS = ("layers", "width", "vocabulary", "context", "words", "devices", "peak", "used")


@pytest.mark.parametrize("name", FIELDS)
def test_a_number_that_cannot_be_is_told_and_not_reckoned_with(tab: Page, address: str, name: str):
    show(tab, f"{address}/browse/calculators.html")
    label = tab.locator("label", has=tab.locator(f"[name={name}]")).inner_text().strip()
    for number in (-1, 1e300, ""):
        fill(tab, **{name: number})
        expect(tab.locator(".calculator dt")).to_have_text(label)
        expect(tab.locator(".calculator dd")).not_to_be_empty()
        expect(tab.locator(".calculator dl b")).to_have_count(0)


@pytest.mark.parametrize("end", ["min", "max"])
def test_at_the_ends_of_what_may_be_asked_the_sums_are_numbers(tab: Page, address: str, end: str):
    show(tab, f"{address}/browse/calculators.html")
    ends = {name: tab.locator(f"[name={name}]").get_attribute(end) for name in FIELDS}
    assert None not in ends.values()
    fill(tab, **ends)
    sums = tab.locator(".calculator dl b").all_inner_texts()
    assert len(sums) == 8
    assert not [found for found in sums if "NaN" in found or "∞" in found or "e+" in found], sums
    if end == "min":  # nothing to read
        assert result(tab, "Time") == "less than a second"


def test_the_longest_of_all_trainings_is_told_in_years(tab: Page, address: str):
    show(tab, f"{address}/browse/calculators.html")
    fill(tab, devices=1)
    assert result(tab, "Time") == "70.9 years"
    fill(tab, layers=1_000, width=200_000, words=1e9, peak=0.001, used=0.1)
    assert result(tab, "Time").endswith(" years")
    assert "× 10" in result(tab, "Time")


def test_without_scripts_the_sums_stand_below(windows: Windows, address: str):
    page = windows(java_script_enabled=False).new_page()
    page.goto(f"{address}/browse/calculators.html")
    expect(page.locator(".calculator fieldset").first).to_be_hidden()
    expect(page.locator(".calculator dl")).to_contain_text("349 GB")
    for number in ("124,439,808", "174,604,259,328", "3.14e+23", "33.9 days"):
        expect(page.locator("article")).to_contain_text(number)
