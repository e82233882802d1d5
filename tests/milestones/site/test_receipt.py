"""The build's receipt: the seconds that the builder noted, and what they may have drawn."""

import re

import pytest

from milestones.site import receipt

PAGE = "docs/essay/energy.md"


@pytest.fixture
def said(three):
    """What the receipt says where these pages took so many seconds."""
    page, site = three.page(three.text(PAGE, "# Energy\n")), three.site

    def said(outcomes):
        site.outcomes = {source: {"seconds": took} for source, took in outcomes.items()}
        return receipt.receipt(site, page)

    return said


def numbers(text):
    """The count of pages, the seconds and the two ends of the joules that a receipt gives."""
    found = re.findall(r"[\d,]+\d|\d", re.sub(r"<[^>]*>", "", text))
    return [int(number.replace(",", "")) for number in found]


def test_it_adds_up_the_seconds_of_all_other_pages(said):
    low, high = receipt.WATTS
    assert low < high
    others = {"docs/essay/data.md": 1_000.0, "papers/foundations/lenet.md": 600.0}
    assert numbers(said({**others, PAGE: 9e9})) == [2, 1_600, 1_600 * low, 1_600 * high]
    assert numbers(said(others)) == [2, 1_600, 1_600 * low, 1_600 * high]


def test_before_any_page_ran_it_says_nothing_drew_anything(said):
    assert numbers(said({})) == [0, 0, 0, 0]


@pytest.mark.parametrize("seconds", [0.0, 12.3, 4_321.0])
def test_what_differs_from_build_to_build_is_marked(said, seconds):
    def masked(took):
        made = said({"docs/a.md": took})
        return re.sub(r'<span class="measured">.*?</span>', "…", made)

    assert masked(seconds) == masked(1.0)
    assert masked(1.0).count("…") == 2
