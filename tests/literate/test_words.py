"""Which words of prose become links, and which must not."""

import pytest

from literate.words import Words, broken_lines

TERMS = {
    "attention": "../g.md#attention",
    "attends": "../g.md#attention",
    "self-attention": "../g.md#self",
    "loss": "../g.md#loss",
    "C++": "../g.md#c",
    "1.58-bit": "../g.md#bits",
    "f(x)|g": "../g.md#f",
}
LOSS = "[loss](../g.md#loss)"


def linked(*lines, names=None):
    words = Words(names or {}, TERMS)
    broken = broken_lines("\n".join(lines))
    found = []
    for number, line in enumerate(lines):
        words.begin(line, broken=number in broken)
        found.append(words.link(line))
    return found


def test_only_the_first_use_is_linked_whatever_its_spelling():
    first, second, third = linked("It attends.", "Attention here.", "A loss, and the loss.")
    assert first == "It [attends](../g.md#attention)."
    assert second == "Attention here."
    assert third == f"A {LOSS}, and the loss."


def test_the_longest_term_is_meant_and_case_is_kept():
    (line,) = linked("Self-attention and attention.")
    assert line == "[Self-attention](../g.md#self) and [attention](../g.md#attention)."


@pytest.mark.parametrize(
    "line",
    [
        "# The loss",
        "A glossy blossom, cross-loss and loss-free.",
        "In code, `loss` or ``the loss``.",
        "In formulas $loss$, $a + loss_i$.",
        'In <abbr title="loss">HTML</abbr> and <span data-loss>it</span>.',
        "Sizes { .loss }",
        "In [brackets of loss] and [the loss][reference].",
        "In the title *Attention and loss*.",
        "[^1]: A loss in a source.",
        '!!! ceiling mark--data "The loss in a title"',
        "| loss | table |",
    ],
)
def test_what_is_no_prose_is_left_alone(line):
    assert linked(line) == [line]


def test_formulas_of_many_lines_and_lists_of_sources_are_left_alone():
    lines = ["$$", "loss = 1", "$$", "## References", "- A loss.", "## After", "A loss."]
    assert linked(*lines) == [*lines[:-1], f"A {LOSS}."]


@pytest.mark.parametrize(("term", "link"), [("C++", "c"), ("1.58-bit", "bits"), ("F(x)|g", "f")])
def test_signs_in_a_term_are_no_pattern(term, link):
    (line,) = linked(f"Of {term}, as they say.")
    assert line == f"Of [{term}](../g.md#{link}), as they say."


def test_what_only_fits_the_signs_of_a_term_is_left_alone():
    lines = ["Not 1x58-bit, 11.58-bit or 1.58-bits, nor C, CCC, C+ or xC++.", "f(x) and g"]
    assert linked(*lines) == lines


@pytest.mark.parametrize(
    "lines",
    [
        ["Where $a +", "loss = 1$ stands."],
        ["Where $a", "+ b", "= loss + attention$ stands."],
        ["In `a", "loss` of code."],
        ["In *a title of", "some loss*."],
        ["In [a text on", "the loss](../a.md)."],
        ["In <span", 'title="loss">it</span>.'],
    ],
)
def test_what_goes_on_over_lines_is_left_alone(lines):
    assert linked(*lines) == lines
    assert linked("First.", "", *lines, "", "A loss.") == ["First.", "", *lines, "", f"A {LOSS}."]


def test_prices_on_two_lines_are_no_formula():
    lines = ["It costs $5 of", "loss, or $6."]
    assert linked(*lines) == ["It costs $5 of", f"{LOSS}, or $6."]


def test_a_price_is_no_formula_that_ends_later():
    assert linked("For $5 the loss is yours.") == [f"For $5 the {LOSS} is yours."]


def test_names_of_code_are_linked_each_time():
    names = {"Tool": "kit.Tool"}
    (line,) = linked("`Tool` and `Tool`, not `Tool`{ .x } or *`tool`*; loss", names=names)
    assert (
        line == f"[`Tool`][kit.Tool] and [`Tool`][kit.Tool], not `Tool`{{ .x }} or *`tool`*; {LOSS}"
    )


def test_without_terms_nothing_changes():
    words = Words({}, {})
    words.begin("Any word at all.")
    assert words.link("Any word at all.") == "Any word at all."
