"""Which words of prose become links, and which must not."""

import pytest

from literate.words import Words

TERMS = {
    "attention": ("../g.md#attention", "Looks where it pays."),
    "attends": ("../g.md#attention", "Looks where it pays."),
    "self-attention": ("../g.md#self", 'It looks at "itself".'),
    "loss": ("../g.md#loss", "What is made small."),
}
LOSS = '[loss](../g.md#loss){ data-says="What is made small." }'


def linked(*lines, names=None):
    words = Words(names or {}, TERMS)
    found = []
    for line in lines:
        words.begin(line)
        found.append(words.link(line))
    return found


def test_only_the_first_use_is_linked_whatever_its_spelling():
    first, second, third = linked("It attends.", "Attention here.", "A loss, and the loss.")
    assert first == 'It [attends](../g.md#attention){ data-says="Looks where it pays." }.'
    assert second == "Attention here."
    assert third == f"A {LOSS}, and the loss."


def test_the_longest_term_is_meant_and_case_is_kept():
    (line,) = linked("Self-attention and attention.")
    assert line.startswith("[Self-attention](../g.md#self)")
    assert "It looks at &quot;itself&quot;." in line
    assert "and [attention](../g.md#attention)" in line


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
