"""Models that have no note: they stand on one page, and in no list of milestones."""

import datetime

import markdown
import pytest

from milestones.site import hooks, indexes, lineage, models, place, score, timeline

DAY = datetime.date(2026, 1, 1)
LISTS = (indexes.topics, lineage.lineage, place.place, score.score, timeline.timeline)


def mention(history, slug="palm", heading="PaLM", **changes):
    changes = {"status": "mentioned", "seconds": ..., "year": 2022, **changes}
    return history.note(slug, "transformers", heading=heading, **changes)


@pytest.fixture
def page(three):
    return three.page(three.text("docs/browse/models.md", "# Models\n"))


def made(history, page):
    """All that the site makes of the registry, the page of models left out."""
    site = history.site
    site.pages = [page for page in site.pages if hooks.published(site, page)]
    lenet = history.page("papers/foundations/lenet.md")
    around = hooks.head(site, lenet), hooks.foot(site, lenet)
    return [[make(site, page) for make in LISTS], hooks.pages(site), hooks.navigation(site), around]


def test_no_list_of_milestones_no_page_and_no_neighbour_names_them(three, page):
    before = made(three, page)
    source = mention(three, builds_on=["lenet"], first_published=DAY)
    assert not hooks.published(three.site, three.page(source))
    assert made(three, page) == before
    mention(three, status="planned", builds_on=["lenet"])  # such a one they do name
    assert made(three, page) != before


def test_each_has_its_numbers_and_their_sources_the_oldest_first(three, page):
    mention(three)
    mention(three, "gpt_j", "GPT-J", year=2021)
    text = models.models(three.site, page)
    html = markdown.markdown(text, extensions=["attr_list", "md_in_html"])
    places = [html.index(f'<h2 id="{slug}">') for slug in ("gpt_j", "palm")]
    assert places == sorted(places)
    assert '<a href="https://doi.org/10.1109/5.726791">The palm paper</a>' in html
    assert html.count("60,000 operations") == html.count("Section II, on compute") == 2
    assert "LeNet" not in html
