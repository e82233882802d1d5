"""Names are shown as they are written, whatever Markdown, HTML or a pattern would make of them."""

import html
import re
import string
from html.parser import HTMLParser
from itertools import product
from pathlib import Path

import markdown
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mkdocs.utils.yaml import yaml_load

from milestones.site import cards, indexes, lineage, place, score, timeline
from milestones.site.contract import plain

ROOT = Path(__file__).parents[3]
NAME = """A "quote" & <i>'tail'</i> $x$ C++ { .x } | [1](a) ~~b~~ ^c^ 3 < 4"""

TEXT = st.text(alphabet=f"{string.punctuation} \n\t019aé—", max_size=20).filter(str.strip)
PLACES = {
    "paragraph": "{}",
    "paragraph with attributes": "{}\n{{ .who }}",
    "heading": "## {} {{ #id }}",
    "link": "See [{}](a.md).",
    "strong": "**[{}](a.md)**",
    "item": "- {}\n- more",
    "cell": '<table markdown="1"><tr markdown="1"><td markdown="span">{}</td></tr></table>',
}


def renderer():
    """Markdown as mkdocs.yml has it, but for the links to sections, which are no text."""
    listed = yaml_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["markdown_extensions"]
    settings = {}
    for entry in listed:
        settings |= entry if isinstance(entry, dict) else {entry: {}}
    settings["toc"] = {}
    return markdown.Markdown(extensions=list(settings), extension_configs=settings)


MARKDOWN = renderer()


def shown(text):
    """What a reader sees of a source."""
    page = MARKDOWN.reset().convert(text)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


@pytest.mark.parametrize("where", PLACES)
def test_any_text_is_shown_as_it_is(where):
    around = shown(PLACES[where].format("Zuse"))

    @given(TEXT)
    @example(NAME)
    @example("1986. A vintage")
    @example("~~a~~ ^b^ ==c== |d| $e$ &amp; ![f](g)")
    @example("=== tab")
    def check(text):
        written = " ".join(text.split())
        assert shown(PLACES[where].format(plain(text))) == around.replace("Zuse", written)

    check()


class Text(HTMLParser):
    """The tags of a page, the values of their attributes, and what stands between them."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.values, self.text = set(), [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.values += [value for _, value in attrs]

    def handle_data(self, data):
        self.text += data


PAGES = {
    "timeline": timeline.timeline,
    "lineage": lineage.lineage,
    "place": place.place,
    "score": score.score,
    "topic": lambda site, _: indexes.topic(site, "foundations").split("---\n")[-1],
    "ancestors": lambda site, _: cards.header(site, site.other),
    "descendants": lambda site, _: cards.neighbours(site, site.other),
}
NAMED = {"timeline": "{}, 1986: raised optimization", "lineage": "The lineage of {}"}


@pytest.mark.parametrize(("name", "published"), [*product(PAGES, [True, False])])
def test_a_name_stands_there_as_it_is_written(three, name, published):
    status = {} if published else {"status": "planned", "seconds": ...}

    def made(heading):
        keys = {"year": 1986, "constraints": ["optimization"]}
        slug, other = "backprop", "lenet"
        if name == "descendants":
            keys, slug, other = {"builds_on": ["backprop"]}, other, slug
        three.note(slug, heading=heading, **keys, **status)
        page = three.page(three.text("docs/browse/page.md", "# Page\n"))
        site = three.site
        site.other = timeline.registry(site)[other]
        return Text(MARKDOWN.reset().convert(PAGES[name](site, page)))

    usual, odd = made("Zuse"), made(NAME)
    assert NAME in odd.text
    assert odd.text == usual.text.replace("Zuse", NAME)
    assert odd.tags == usual.tags
    assert odd.values == [value and value.replace("Zuse", NAME) for value in usual.values]
    if name in NAMED:
        assert NAMED[name].format(NAME) in odd.values
