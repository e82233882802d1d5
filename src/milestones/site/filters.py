"""Forms over tables of milestones, made to work by `_scripts/browse.js`.

Without scripts the style sheet hides a form, and the table stands there whole.
"""

from collections.abc import Iterable, Mapping
from html import escape

from milestones.catalogue import TOPICS, Note
from milestones.palette import CONSTRAINTS


def form(table: str, count: int, things: str, kinds: Mapping[str, str] | None = None) -> str:
    """Return the form that filters the rows of a table: by ceiling, by topic, by words.

    Args:
        table: The table's id.
        count: How many rows it has.
        things: What its rows are, in the plural, as *milestones*.
        kinds: What a row may be besides, by the word in its `data-kind`; each as the form says it.
    """
    topics = {slug: topic.title for slug, topic in TOPICS.items()}
    lists = _list("Topic", "topic", "all topics", topics)
    if kinds:
        lists += _list("Outcome", "kind", "any outcome", kinds)
    words = '<label>Words <input type="search" name="words" autocomplete="off"></label>'
    return shell(
        f'data-filters="{table}" data-things="{escape(things)}"',
        f"Filter the {things}",
        "Raised the ceiling on any of",
        f"{words}\n{lists}",
        f"All {count} {things}",
    )


def shell(attributes: str, label: str, legend: str, questions: str, answer: str) -> str:
    """Return a form that asks for ceilings and more, and what it says before anything is asked."""
    ceilings = "\n".join(
        f'<label class="mark--{found.key}"><input type="checkbox" name="ceiling" '
        f'value="{found.key}" data-name="{found.name}">'
        f'<span><i aria-hidden="true">{found.glyph}</i> {found.name}</span></label>'
        for found in CONSTRAINTS
    )
    return (
        f'<form class="filter" {attributes} aria-label="{escape(label)}">\n'
        f"<fieldset><legend>{legend}</legend>\n{ceilings}\n</fieldset>\n"
        f'<p>{questions}<button type="reset">Show all</button> '
        f"<output>{escape(answer)}</output></p>\n</form>"
    )


def table(name: str, heads: Iterable[str], rows: Iterable[str], *, searched: bool = True) -> str:
    """Return a table of that id and class, which scrolls where it is wider than the window."""
    head = "".join(f"<th>{head}</th>" for head in heads)
    body = "\n".join(rows)
    hidden = "" if searched else " data-search-exclude"
    return (
        '<div class="md-typeset__scrollwrap" markdown="1">\n'
        f'<table class="listing {name}" id="{name}" markdown="1"{hidden}>\n'
        f"<thead><tr>{head}</tr></thead>\n"
        f'<tbody markdown="1">\n{body}\n</tbody>\n</table>\n</div>'
    )


def attributes(note: Note | None, **others: str) -> str:
    """Return what a row tells the form of its milestone."""
    facts = dict(others)
    if note:
        facts |= {"ceiling": " ".join(note.constraints), "topic": note.topic}
    return "".join(f' data-{name}="{escape(value)}"' for name, value in facts.items())


def _list(label: str, name: str, nothing: str, options: Mapping[str, str]) -> str:
    rows: Iterable[tuple[str, str]] = [("", nothing), *options.items()]
    written = "".join(
        f'<option value="{escape(value)}">{escape(text)}</option>' for value, text in rows
    )
    return f'<label>{label} <select name="{name}">{written}</select></label>\n'
