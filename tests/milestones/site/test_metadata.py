"""What a note tells preview cards, reference managers and search engines."""

import datetime
import json
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

from milestones.catalogue import Catalogue
from milestones.site import metadata

ROOT = Path(__file__).parents[3]
DAY = datetime.date(2026, 11, 20)


@pytest.fixture
def of(history):
    """What the note `lenet` tells, with some keys of its front matter changed."""

    def of(**changes):
        history.note("lenet", **{"heading": "LeNet", **changes})
        return metadata.of(Catalogue.read(history.root)["lenet"])

    return of


def test_the_document_to_cite_is_the_note_and_the_paper_is_its_reference(of):
    found = of(first_published=DAY, arxiv="1706.03762")
    assert dict(found["citation"]) == {
        "citation_title": "LeNet (1998)",
        "citation_author": "The Raising the Ceiling authors,",
        "citation_technical_report_institution": "Raising the Ceiling",
        "citation_language": "en",
        "citation_keywords": "vision",
        "citation_publication_date": "2026/11/20",
        "citation_reference": "citation_title=The lenet paper; citation_author=Ada Lovelace; "
        "citation_author=Alan Turing; citation_publication_date=1998; "
        "citation_doi=10.1109/5.726791; citation_arxiv_id=1706.03762",
    }


def test_a_semicolon_in_a_title_ends_no_part_of_a_reference(of):
    found = dict(of(title="Learning; and Forgetting")["citation"])
    assert found["citation_reference"].startswith("citation_title=Learning, and Forgetting; ")


def test_the_note_is_an_article_about_the_paper(of):
    found = of(
        first_published=DAY,
        revised=[{"date": DAY, "what": "The seeds are five."}],
        arxiv="1706.03762",
        url="https://example.org/paper.pdf",
    )
    article = json.loads(found["linked_data"])
    assert article["@type"] == ["TechArticle", "LearningResource"]
    assert article["headline"] == "LeNet (1998)"
    assert article["author"]["name"] == "The Raising the Ceiling authors"
    assert article["datePublished"] == article["dateModified"] == "2026-11-20"
    assert article["about"] == {
        "@type": "ScholarlyArticle",
        "@id": "https://example.org/paper.pdf",
        "name": "The lenet paper",
        "author": [
            {"@type": "Person", "name": "Ada Lovelace"},
            {"@type": "Person", "name": "Alan Turing"},
        ],
        "datePublished": "1998",
        "sameAs": [
            "https://doi.org/10.1109/5.726791",
            "https://arxiv.org/abs/1706.03762",
        ],
    }
    assert article["citation"] == {"@id": article["about"]["@id"]}


def test_an_address_that_two_keys_give_stands_there_once(of):
    address = "https://arxiv.org/abs/1706.03762"
    paper = json.loads(of(doi=..., arxiv="1706.03762", url=address)["linked_data"])["about"]
    assert paper["@id"] == address
    assert "sameAs" not in paper


def test_what_nobody_said_is_left_out(of):
    found = of(tags=[])
    assert not {"citation_publication_date", "citation_keywords"} & dict(found["citation"]).keys()
    assert not {"datePublished", "dateModified"} & json.loads(found["linked_data"]).keys()


class Script(HTMLParser):
    """The text of the one script element of a page, as a browser finds its end."""

    text = ""

    def handle_data(self, data):
        self.text += data if self.lasttag == "script" else ""


def test_no_title_can_break_out_of_the_script(of):
    title = 'On "quotes" & </script><script>alert(1)</script> <!-- é'
    found = of(title=title)["linked_data"]
    page = Script()
    page.feed(f'<script type="application/ld+json">{found}</script><p>after</p>')
    assert page.text == found
    assert json.loads(page.text)["about"]["name"] == title


def test_what_stands_in_front_matter_can_be_read_back(of):
    found = of(contribution='It says "no": *never*, [see](a.md) `x` # and $y$.')
    assert found["description"] == 'It says "no": never, see x # and y.'
    assert yaml.safe_load(yaml.safe_dump(found, allow_unicode=True)) == found


@pytest.mark.parametrize(
    ("authors", "written"),
    [
        (["Ada"], "Ada, 1998"),
        (["Ada", "Alan"], "Ada and Alan, 1998"),
        (["Ada", "Alan", "Grace", "John"], "Ada, Alan, Grace and John, 1998"),
        (["Ada", "Alan", "Grace", "John", "Kurt"], "Ada and 4 others, 1998"),
    ],
)
def test_authors_are_named_as_long_as_they_are_few(of, authors, written):
    assert of(authors=authors)["card_alt"] == f"LeNet (1998): The lenet paper, by {written}"


def test_the_site_is_called_the_same_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert [author["name"] for author in project["authors"]] == [metadata.AUTHORS]
    assert project["description"].startswith(f"{metadata.ABOUT}:")
    assert f"\nsite_name: {metadata.SITE}\n" in (ROOT / "mkdocs.yml").read_text()
    assert metadata.LICENSE.rstrip("/") in (ROOT / "LICENSE-TEXT").read_text()
