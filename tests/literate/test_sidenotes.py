"""Footnotes stand beside their references too."""

import re

import markdown

TEXT = """\
Once[^a] and again[^a], *then*[^b] more.

[^a]: A *first* note, with [a link](https://example.org).
[^b]: A list:

    - one
"""


OPENING = '<span class="sidenote" data-search-exclude="">'


def html(text: str) -> str:
    return markdown.markdown(text, extensions=["footnotes", "literate.sidenotes"])


def test_a_note_stands_once_in_the_margin_right_after_its_first_reference():
    made = html(TEXT)
    (note,) = re.findall(rf"{OPENING}.*?</span></span>", made)
    assert note == (
        f"{OPENING}<sup>1</sup><span>A <em>first</em> note, with "
        '<a href="https://example.org">a link</a>.</span></span>'
    )
    assert re.search(rf"</a></sup>{OPENING}.*</span></span> and again<sup", made)


def test_only_a_note_that_stands_beside_is_hidden_at_the_foot():
    made = html(TEXT)
    assert '<li class="footnote-beside" id="fn:a">' in made or (
        '<li id="fn:a" class="footnote-beside">' in made
    )
    assert '<li id="fn:b">' in made
    assert made.count("<li>one</li>") == 1


def test_no_id_stands_twice():
    ids = re.findall(r'id="([^"]+)"', html(TEXT))
    assert len(ids) == len(set(ids))
