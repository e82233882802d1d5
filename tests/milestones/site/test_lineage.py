"""The graph of what builds on what, and of what the code imports."""

import re

import pytest

from milestones.site import lineage

LENET = "src/milestones/foundations/lenet.py"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("from milestones.foundations.backprop import train", {("lenet", "backprop")}),
        ("from milestones.foundations import backprop", {("lenet", "backprop")}),
        ("import milestones.foundations.backprop as net", {("lenet", "backprop")}),
        ("from . import backprop", {("lenet", "backprop")}),
        ("from .backprop import train", {("lenet", "backprop")}),
        ("from ..foundations.backprop import train", {("lenet", "backprop")}),
        ("from milestones.foundations.lenet import LeNet5", set()),
        ("from milestones.common import claim", set()),
        ("from milestones.foundations.back import prop", set()),
    ],
)
def test_the_import_graph_is_read_from_the_code(three, line, found):
    three.text(LENET, f"{line}\n")
    assert lineage.imports(three.site) == found


def test_each_milestone_is_a_row_and_each_idea_taken_an_arc(three):
    three.text(LENET, "from milestones.foundations import backprop\n")
    page = three.page(three.text("docs/browse/lineage.md", "# Lineage\n"))
    made = lineage.lineage(three.site, page)
    assert re.findall(r'<li id="(\w+)" data-before="([\w ]*)"', made) == [
        ("backprop", ""),
        ("convnet", "backprop"),
        ("lenet", "convnet backprop"),
    ]
    arcs = set(re.findall(r'data-from="(\w+)" data-to="(\w+)"( class="is-imported")?', made))
    assert arcs == {
        ("backprop", "convnet", ""),
        ("convnet", "lenet", ""),
        ("backprop", "lenet", ' class="is-imported"'),
    }
    assert made.count('class="is-imported"') == 1
    assert '<a href="../papers/foundations/lenet.html">LeNet</a>' in made
    assert "builds on Convnet, Back-propagation" in made
    assert "convnet.html" not in made  # it is planned
    choice = 'href="#convnet" aria-label="The lineage of Convnet">Convnet</a>'
    assert f'<a class="lineage__planned" {choice}' in made
    assert made.count('aria-label="The lineage of ') == 3  # one for each to be heard
    assert made.count('aria-hidden="true">') == 1 + 1  # the planned one's mark, and the picture
