"""The build's receipt: the seconds that the builder noted, and what they may have drawn."""

import re
from types import SimpleNamespace

import pytest

from milestones.site import receipt

PAGE = SimpleNamespace(source="docs/essay/energy.md")


def numbers(outcomes):
    """The count of pages, the seconds and the two ends of the joules that a receipt gives."""
    site = SimpleNamespace(outcomes={name: {"seconds": took} for name, took in outcomes.items()})
    said = re.sub(r"<[^>]*>", "", receipt.receipt(site, PAGE))
    return [int(number.replace(",", "")) for number in re.findall(r"[\d,]+\d|\d", said)]


def test_it_adds_up_the_seconds_of_all_other_pages():
    low, high = receipt.WATTS
    assert low < high
    others = {"docs/essay/data.md": 1_000.0, "papers/foundations/lenet.md": 600.0}
    assert numbers({**others, PAGE.source: 9e9}) == [2, 1_600, 1_600 * low, 1_600 * high]
    assert numbers(others) == [2, 1_600, 1_600 * low, 1_600 * high]


def test_before_any_page_ran_it_says_nothing_drew_anything():
    assert numbers({}) == [0, 0, 0, 0]


@pytest.mark.parametrize("seconds", [0.0, 12.3, 4_321.0])
def test_what_differs_from_build_to_build_is_marked(seconds):
    def masked(took):
        site = SimpleNamespace(outcomes={"docs/a.md": {"seconds": took}})
        return re.sub(r'<span class="measured">.*?</span>', "…", receipt.receipt(site, PAGE))

    assert masked(seconds) == masked(1.0)
    assert masked(1.0).count("…") == 2
