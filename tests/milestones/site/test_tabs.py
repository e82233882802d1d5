"""The order of the pages within a tab."""

import pytest

from milestones.site import tabs


def essay(three):
    """The tab of `docs/essay/`, as places of pages."""
    (found,) = [entry["Essay"] for entry in tabs.navigation(three.site) if "Essay" in entry]
    return [entry if isinstance(entry, str) else next(iter(entry.values())) for entry in found]


def write(three, name, *front):
    lines = "".join(f"{line}\n" for line in front)
    three.text(f"docs/essay/{name}.md", f"---\ntitle: {name}\n{lines}---\n")


def test_pages_follow_their_order_and_others_their_names(three):
    write(three, "alpha")
    write(three, "beta", "order: 10")
    write(three, "gamma", "order: 9")
    write(three, "zeta", "order: 9.5")
    write(three, "index", "order: 99")
    names = ("index", "gamma", "zeta", "beta", "alpha")
    assert essay(three) == [f"essay/{name}.md" for name in names]


def test_pages_of_one_order_are_sorted_by_name(three):
    write(three, "beta", "order: 1")
    write(three, "alpha", "order: 1")
    assert essay(three) == ["essay/alpha.md", "essay/beta.md"]


@pytest.mark.parametrize("order", ["first", "'3'", "yes", "", "[1]"])
def test_an_order_that_is_no_number_is_told_with_its_page(three, order):
    write(three, "alpha", f"order: {order}")
    with pytest.raises(ValueError, match=r"docs/essay/alpha\.md: `order` is .* give a number"):
        tabs.navigation(three.site)


def test_constraints_stand_under_browse_in_their_own_order(three):
    for key in ("energy", "data"):
        three.text(f"docs/constraints/{key}.md", f"# {key}\n")
    names = [name for entry in tabs.navigation(three.site) for name in entry]
    (browse,) = [entry["Browse"] for entry in tabs.navigation(three.site) if "Browse" in entry]
    assert browse[-1] == {
        "By constraint": [{"Data": "constraints/data.md"}, {"Energy": "constraints/energy.md"}]
    }
    assert "Constraints" not in names
