"""The glossary and the bibliography: lists in YAML, and what pages make of them."""

from html import unescape
from pathlib import Path

import markdown
import pytest
import yaml

from milestones.site import bibliography, data, glossary

ROOT = Path(__file__).parents[3]
TERMS = """
- {term: loss, says: 'What 3 * 3 and a_b "make" < 9.', also: [losses]}
- {term: Attention, says: It looks., note: lenet}
- {term: XOR, says: One of two., note: convnet}
"""


def html(text):
    """Markdown as a page has it, with its character references read."""
    return unescape(markdown.markdown(text, extensions=["attr_list", "md_in_html"]))


@pytest.fixture
def page(three):
    three.text(glossary.SOURCE, TERMS)
    return three.page(three.text("docs/browse/glossary.md", "# Glossary\n"))


def test_the_glossary_is_sorted_and_links_notes_that_are_written(three, page):
    made = html(glossary.glossary(three.site, page))
    places = [made.index(f'id="{anchor}"') for anchor in ("attention", "loss", "xor")]
    assert places == sorted(places)
    assert '<a href="../papers/foundations/lenet.md">LeNet (1998)</a>' in made
    assert "convnet.md" not in made
    assert 'What 3 * 3 and a_b "make" < 9.' in made


def test_each_page_gets_the_terms_that_it_does_not_explain_itself(three, page):
    essay = three.page(three.text("docs/essay/data.md", "# Data\n"))
    found = glossary.terms(three.site, essay)
    assert found["losses"] == "../browse/glossary.md#loss"
    assert glossary.sentences(three.site)["loss"] == 'What 3 * 3 and a_b "make" < 9.'
    assert set(found) == {"loss", "losses", "Attention", "XOR"}
    lenet = three.page("papers/foundations/lenet.md")
    assert set(glossary.terms(three.site, lenet)) == {"loss", "losses", "XOR"}
    assert glossary.terms(three.site, page) == {}


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{term: gradient}", "entry 4, says: Field required"),
        ("{term: gradient, says: It., notes: lenet}", "entry 4, notes: Extra inputs"),
        *(
            (f"{{term: gradient, says: 'It {mark} goes.'}}", f"so write `{mark}` in plain words")
            for mark in ("`loss`", "*always*", "**up**", "$x^2$", "[up](a.md)", "<b>", "</b>")
        ),
        ("{term: Losses, says: More.}", "`Losses` stands there twice"),
        ("{term: gradient, says: It., note: lenett}", "there is no note `lenett`"),
    ],
)
def test_a_mistake_in_the_list_is_reported(three, page, entry, message):
    three.text(glossary.SOURCE, f"{TERMS}- {entry}\n")
    glossary.entries(three.site)
    ((source, _, said),) = three.reported
    assert source == glossary.SOURCE
    assert message in said


def test_the_bibliography_has_a_section_for_each_group(three, page):
    three.text(
        bibliography.SOURCE,
        "- {group: Books, title: A *star*, by: B. C., year: 2016, link: 'https://x.org', "
        "says: Good., mark: classic}\n- {group: Talks, title: T, says: Short.}\n",
    )
    made = html(bibliography.bibliography(three.site, page))
    assert made.index("<h2>Books</h2>") < made.index("<h2>Talks</h2>")
    assert '<a href="https://x.org"><em>A *star*</em></a>, B. C., 2016' in made
    assert "★ a classic" in made
    assert "<em>T</em><br>" in made


# -- our own lists


def entries(source, record):
    return [record.model_validate(entry) for entry in yaml.safe_load((ROOT / source).read_text())]


def test_every_explanation_is_one_short_sentence():
    for term in entries(glossary.SOURCE, glossary.Term):
        assert term.says.endswith("."), term.term
        assert len(term.says) <= 180, (term.term, len(term.says))
        assert '"' not in term.says, term.term


def test_every_reading_has_one_place_a_sentence_and_a_link_of_the_right_form():
    found = entries(bibliography.SOURCE, bibliography.Entry)
    titles = [(entry.title, entry.by) for entry in found]
    assert len(set(titles)) == len(titles)
    links = [entry.link for entry in found if entry.link]
    assert len(set(links)) == len(links)
    assert all(link.startswith("https://") for link in links)
    assert all(entry.says.endswith(".") for entry in found)
    order = list(dict.fromkeys(entry.group for entry in found))
    assert [entry.group for entry in found] == sorted(
        (entry.group for entry in found), key=order.index
    ), "entries of a group follow each other"


def test_a_list_is_read_anew_when_it_changes(three, page):
    assert len(data.read(three.site, glossary.SOURCE, glossary.Term)) == 3
    three.text(glossary.SOURCE, "[]")
    assert data.read(three.site, glossary.SOURCE, glossary.Term) == []


def test_a_build_reads_the_glossary_once(three, page):
    site = three.site
    first = glossary.entries(site)
    three.text(glossary.SOURCE, "[]")
    assert glossary.entries(site) is first
    assert glossary.entries(three.site) == []


def test_what_is_not_yaml_is_told_with_its_line(three, page):
    three.text(glossary.SOURCE, "- term: loss\n  says: It is: small.\n")
    assert glossary.entries(three.site) == []
    ((source, line, message),) = three.reported
    assert (source, line) == (glossary.SOURCE, 2)
    assert "not YAML" in message
