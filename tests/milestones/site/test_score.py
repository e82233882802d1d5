"""The score: every milestone once, in time, with what it raised."""

import re

from milestones.site.score import score


def test_every_milestone_has_a_line_in_the_order_of_time(three):
    three.note("unet", heading="U-Net", year=1995, constraints=["data", "energy"])
    home = three.page(three.text("docs/index.md", "---\ntitle: Home\n---\n"))
    rows = re.findall(r"<li><span class=\"score__year\">.*?</li>", score(three.site, home))
    years = [int(re.search(r"\d{4}", row)[0]) for row in rows]
    assert len(rows) == 4
    assert years == sorted(years)
    (unet,) = (row for row in rows if "U-Net" in row)
    assert 'aria-label="raised data, energy"' in unet
    assert '<i class="mark--data is-first">●</i><i class="mark--energy">✚</i>' in unet


def test_only_what_is_written_is_linked(three):
    home = three.page(three.text("docs/index.md", "---\ntitle: Home\n---\n"))
    made = score(three.site, home)
    assert 'href="papers/foundations/lenet.html"' in made
    assert "convnet.html" not in made
    assert 'href="constraints/energy.html"' in made
