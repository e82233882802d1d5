"""The ledger, the timeline, and what the form over them is told."""

import re

import markdown
import pytest
from samples import claim

from milestones.site import claims, filters, ledger, negatives, timeline

NEGATIVE = """# Negative results

<!--
## LeNet: the form of an entry
-->

## LeNet: more digits, fewer errors

**Reported.** The error falls ([the note](../../papers/foundations/lenet.md), under *More*).

**Seen here.** Of 300 digits
it does not:

- by seed.

**Our reading.** Too few.

## Back-propagation: what nobody links

**Reported.** One thing.

**Seen here.** Another.
"""


def html(text):
    return markdown.markdown(text, extensions=["attr_list", "md_in_html"])


def rows(text):
    """The rows of a table's body: their attributes, and their cells as HTML."""
    body = html(text).partition("<tbody>")[2]
    found = re.findall(r"<tr(.*?)>(.*?)</tr>", body, re.DOTALL)
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for _, row in found]
    return [
        (dict(re.findall(r'([\w-]+)="([^"]*)"', attributes)), row)
        for (attributes, _), row in zip(found, cells, strict=True)
    ]


@pytest.fixture
def page(three):
    return three.page(three.text("docs/browse/claims.md", "# Claims\n"))


def test_the_ledger_links_each_claim_to_its_card(three, page):
    lenet, backprop = (three.page(f"papers/foundations/{n}.md") for n in ("lenet", "backprop"))
    later, earlier = claim(lenet), claim(backprop, statement="It learns [XOR](a.md).", scale="")
    three.outputs += [later, earlier]
    made = ledger.ledger(three.site, page)
    (facts, first), (_, second) = rows(made)
    assert facts == {
        "data-kind": "held",
        "data-ceiling": "optimization",
        "data-topic": "foundations",
    }
    link = f"../papers/foundations/backprop.md#{claims.anchor(earlier.data)}"
    assert first[:2] == ["Back-propagation (1986)", f'<a href="{link}">It learns XOR.</a>']
    assert "none stated" in first
    assert f"../papers/foundations/lenet.md#{claims.anchor(later.data)}" in second[1]
    assert "<em>dense</em> net | of its size" in second[1]
    assert "2 claims, all of which held when this site was built." in made


def test_what_did_not_show_stands_among_the_claims(three, page):
    three.outputs.append(claim(three.page("papers/foundations/lenet.md")))
    three.text(negatives.SOURCE, NEGATIVE)
    made = ledger.ledger(three.site, page)
    (_, held), (facts, unseen), (unknown, loose) = rows(made)
    assert held[0] == unseen[0] == "LeNet (1998)"
    assert facts["data-kind"] == "unseen"
    place = "negative-results.md#lenet-more-digits-fewer-errors"
    assert f'<a href="{place}">More digits, fewer errors</a>' in unseen[1]
    assert unseen[2:] == [
        "The error falls (the note, under <em>More</em>).",
        "Of 300 digits it does not …",
    ]
    assert unknown == {"data-kind": "unseen"}
    assert loose[0] == ""
    assert "One claim, held when this site was built, and 2 results that did not show." in made
    assert three.reported == []


def test_a_negative_result_without_a_part_is_reported(three, page):
    three.text(negatives.SOURCE, "## LeNet: nothing\n\n**Reported.** One thing.\n")
    ledger.ledger(three.site, page)
    ((source, _, message),) = three.reported
    assert source == negatives.SOURCE
    assert "lacks the part **Seen here.**" in message


def test_a_ledger_without_claims_says_so(three, page):
    assert ledger.ledger(three.site, page) == "No page has made a claim yet."


# -- the timeline


def test_the_timeline_has_all_milestones_by_year(three):
    page = three.page(three.text("docs/browse/timeline.md", "# Timeline\n"))
    made = rows(timeline.timeline(three.site, page))
    assert [(facts["id"], row[0]) for facts, row in made] == [
        ("backprop", "1986"),
        ("convnet", "1989"),
        ("lenet", "1998"),
    ]
    (_, backprop), (facts, convnet), _ = made
    assert '<a href="../papers/foundations/backprop.md">Back-propagation</a>' in backprop[1]
    assert "planned" in convnet[1]
    assert "papers/" not in convnet[1]
    assert facts["data-ceiling"] == "architecture data"
    assert "What backprop brought." in backprop[2]


def test_the_skyline_has_a_mark_for_each_milestone_over_its_year(three):
    three.note("unet", year=1998, constraints=["data"])
    page = three.page(three.text("docs/browse/timeline.md", "# Timeline\n"))
    picture = timeline.skyline(three.site, page)
    columns = re.findall(r"<div(?: data-year=(\d+))?>(.*)</div>", picture)
    assert len(columns) == 1998 - 1986 + 1
    towers = [re.findall(r'data-row="(\w+)"', marks) for _, marks in columns]
    assert (towers[0], towers[3], towers[-1]) == (["backprop"], ["convnet"], ["unet", "lenet"])
    assert [year for year, _ in columns if year] == ["1986", "1990", "1995"]
    assert 'href="#convnet"' in picture  # planned: its row, as it has no page


# -- the form


def test_the_form_says_what_is_there_and_escapes():
    made = filters.form("ledger", 3, "results", {"held": "held & <kept>"})
    assert "<output>All 3 results</output>" in made
    assert made.count('type="checkbox"') == 7
    assert "held &amp; &lt;kept&gt;" in made
    assert 'name="kind"' not in filters.form("timeline", 3, "milestones")
