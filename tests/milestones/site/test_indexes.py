"""The ways into the notes, and what the search is told of a milestone."""

import re

import markdown
import pytest

from milestones.catalogue import Catalogue
from milestones.site import indexes, search


def html(text):
    """Markdown as the site turns it into HTML, as far as these tests need."""
    return markdown.markdown(text, extensions=["attr_list", "md_in_html"])


def sections(site):
    """The sections of a topic's page, by their heading."""
    page = indexes.topic(site, "foundations")
    parts = re.split(r"^## ", page, flags=re.MULTILINE)[1:]
    return {re.match(r"\[?([^\]{]+?)(\]| \{)", part)[1]: part for part in parts}


@pytest.fixture
def note(history):
    """Make a note of its front matter."""

    def make(**changes):
        history.note("lenet", **changes)
        return Catalogue.read(history.root)["lenet"]

    return make


# -- topics


def test_the_front_page_names_topics_and_how_far_they_are(three):
    home = three.page(three.text("docs/index.md", "# Home\n"))
    listed = indexes.topics(three.site, home)
    assert "**[Foundations](topics/foundations/index.md)**" in listed
    assert "2 of 3 written" in listed
    three.note("convnet")
    assert "complete" in indexes.topics(three.site, home)


def test_every_milestone_has_a_section_and_only_notes_are_linked(three):
    found = sections(three.site)
    assert list(found) == ["Back-propagation", "Convnet", "LeNet"]
    assert found["LeNet"].startswith("[LeNet](../../papers/foundations/lenet.md) { #lenet ")
    assert found["Convnet"].startswith("Convnet { #convnet }")
    assert "papers/" not in found["Convnet"]
    assert "planned" in found["Convnet"]
    assert "planned" not in found["LeNet"]


def test_a_section_says_who_when_what_and_under_which_words(three):
    three.note("convnet", status="planned", seconds=..., tags=["convolution", "zip codes"])
    section = html("## " + sections(three.site)["Convnet"])
    for part in (
        '<h2 id="convnet">Convnet</h2>',
        "1998 · Ada Lovelace and Alan Turing · ",
        '<a href="https://doi.org/10.1109/5.726791">The convnet paper</a>',
        "<p>What convnet brought.</p>",
        'class="mark mark--architecture mark--first"',
        "Also found under: convolution, zip codes",
    ):
        assert part in section
    assert not re.search(r"\{ ?[.#]|markdown=|\]\(", section)


@pytest.mark.parametrize(
    ("authors", "written"),
    [
        (["A B"], "1998 · A B\n"),
        (["A B", "C D", "E F"], "1998 · A B, C D and E F\n"),
        (["A B", "C D", "E F", "G H"], "1998 · A B, C D, E F and others\n"),
        (["A B", "C D", "and others"], "1998 · A B, C D and others\n"),
    ],
)
def test_a_section_names_three_authors(note, authors, written):
    assert written in indexes.section(note(authors=authors), "topics/foundations/index.md")


def test_the_search_learns_of_all_authors_what_a_reader_does_not_see(note):
    authors = ["A B", "C D", "E F", "Léon Bottou"]
    planned = note(authors=authors, status="planned", seconds=...)
    section = html(indexes.section(planned, "topics/foundations/index.md"))
    assert '<p hidden="hidden">Léon Bottou, Leon Bottou</p>' in section


def test_the_search_finds_a_note_in_one_place(three):
    found = {name: html("## " + text) for name, text in sections(three.site).items()}
    assert re.match(r'<h2 data-search-exclude id="lenet">', found["LeNet"])
    assert not re.match(r"<h2[^>]*data-search-exclude", found["Convnet"])
    listed = constraint(three, "data")
    assert listed.count("data-search-exclude") == listed.count('class="notes"') > 0


# -- constraints


def constraint(site, key):
    """The list on the page of a constraint."""
    return indexes.constraint(site.site, site.page(site.text(f"docs/constraints/{key}.md", "")))


def test_a_constraint_page_puts_first_who_raised_it_most(three):
    page = constraint(three, "architecture")
    assert page.index("## Raised it most") < page.index("[LeNet](../papers/foundations/lenet.md)")
    assert "## Raised it too" not in page
    page = constraint(three, "data")
    assert page.index("## Raised it too") < page.index("[LeNet]")
    assert constraint(three, "energy") == "No milestone of this history has raised it yet."


# -- the words of the search


def test_tags_are_the_notes_own_and_its_authors_and_year(note):
    found = search.tags(note(tags=["skip connection"], authors=["Kaiming He", "and others"]))
    assert found == ["skip connection", "Kaiming He", "1998"]


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("VQ-VAE", "vqvae"),
        ("ResNet-50", "resnet50"),
        ("DALL·E 2", "dalle2"),
        ("U-Net", "unet"),
        ("Jégou", "Jegou"),
    ],
)
def test_names_are_found_as_they_are_typed(note, name, typed):
    assert typed in search.spellings(note(tags=[name]))


@pytest.mark.parametrize("name", ["LSTM", "weight sharing", "semi-supervised", "2012"])
def test_what_has_one_spelling_gets_no_other(note, name):
    assert search.spellings(note(heading="LSTM", tags=[name])) == []
