"""Lays out the three files of a milestone, to be filled in: `nox -s new -- sequences lstm`.

What is laid out can be looked at once: it is a draft, which only `nox -s serve` and `nox -s note`
show, and says TODO where something is to be written. A planned milestone has its front matter
already, which is kept. A file that somebody has written in is never touched.
"""

import argparse
import datetime
import keyword
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from string import Template

from milestones.site.records import TOPICS, suggest

__all__ = ["ScaffoldError", "lay_out", "main"]


class ScaffoldError(ValueError):
    """A milestone that cannot be laid out."""


FRONT = Template("""\
---
title: TODO the paper's title
slug: $slug
topic: $topic
authors: [TODO full names]
year: $year # TODO
venue: TODO where it was published
url: https://example.org/TODO # or doi, or arxiv
contribution: TODO one sentence, what the paper brought
constraints: [architecture] # TODO first the one that it raised most
builds_on: []
scale: # null is for what nobody published; the source then says so
  parameters: { value: null, source: TODO }
  data: { value: null, source: TODO }
  compute: { value: null, source: TODO }
  hardware: { value: null, source: TODO }
  energy: { value: null, source: TODO }
tags: []
seconds: 10
status: draft # without this line the note is published: nothing may say TODO then
---
""")

PAGE = Template("""
# $name

TODO: what it is and why it is here, in two or three sentences.

## Before

TODO: which ceiling stood, and what had failed.

## The idea

TODO: a picture first.

```python caption="TODO: what to see in it." alt="TODO: what it shows, for who cannot see it."
import matplotlib.pyplot as plt

from milestones.common import claim, figures
from milestones.$topic import $slug

figure, axes = plt.subplots()
```

## The mathematics

TODO: numbered as in the paper.

$$$$
y = x \\tag{1}
$$$$

## The code

[Config](../../src/milestones/$topic/$slug.py#Config)

## The experiment

TODO: the treatment beside its control.

## The claim

```python
# TODO: a claim that does not hold stops the build, so that this one waits until it is measured.
# claim(
#     "What the paper reported shows here too.",
#     paper="the paper's number",
#     measured="ours",
#     holds=False,
#     seeds=3,
#     source="Table 1",
# )
```

## What the story gets wrong

TODO: errors of popular accounts, each with what the paper says.

## After

TODO: what it unlocked, with links.

## Use it

```python
from milestones.$topic.$slug import TINY

print(TINY)
```

## Exercises

1. TODO: one that changes a number on this page.

## References

TODO
""")

MODULE = Template('''\
"""The paper's title: what it invented.

Authors, year. https://doi.org/
Note: papers/$topic/$slug.md

Contribution: one sentence.

Departures from the paper: none.

Shapes: `batch` examples of `features` numbers.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Section 3: what can be chosen."""

    hidden_size: int


BASE = Config(hidden_size=512)  # Table 1
TINY = Config(hidden_size=8)  # for the page and the tests
''')

TEST = Template('''\
"""$name: the paper's counts, an independent implementation, a property, and that it learns."""

import pytest

from milestones.$topic import $slug

UNWRITTEN = "laid out by `nox -s new`, and still to be written"


def test_numbers_are_the_papers():
    pytest.fail(f"{$slug.__name__}: {UNWRITTEN}")


def test_agrees_with_an_independent_implementation():
    pytest.fail(UNWRITTEN)


def test_has_the_property_that_defines_it():
    pytest.fail(UNWRITTEN)


def test_learns():
    pytest.fail(UNWRITTEN)


@pytest.mark.gpu
def test_gpu_agrees_with_cpu(gpu):
    pytest.fail(UNWRITTEN)
''')

_PLANNED = re.compile(r"^status:[ ]*(?:planned|mentioned)[ ]*(?:#.*)?\n", re.MULTILINE)
_SAYS_PLANNED = re.compile(r"(?:this (?:note|milestone) is )?planned\.?", re.IGNORECASE)


def lay_out(root: Path, topic: str, slug: str) -> list[Path]:
    """Write the note, the module and the test of a milestone.

    Args:
        root: The repository.
        topic: One of the topics.
        slug: The milestone's name in files, as `layer_norm`.

    Returns:
        The files written.

    Raises:
        ScaffoldError: The topic or the name cannot be, or a file is there already.
    """
    _check_names(root, topic, slug)
    note = root / "papers" / topic / f"{slug}.md"
    planned, heading = _plan(note) if note.exists() else ("", "")
    names = {
        "topic": topic,
        "slug": slug,
        "name": heading or slug.replace("_", " ").capitalize(),
        "year": str(datetime.datetime.now(datetime.UTC).year),
    }
    files = {
        note: (planned or FRONT.substitute(names)) + PAGE.substitute(names),
        root / "src/milestones" / topic / f"{slug}.py": MODULE.substitute(names),
        root / "tests/milestones" / topic / f"test_{slug}.py": TEST.substitute(names),
    }
    for path in files:
        if path.exists() and path != note:
            raise ScaffoldError(f"{path.relative_to(root)} exists: nothing was written")
    package = root / "src/milestones" / topic / "__init__.py"
    if not package.exists():
        files[package] = f'"""{TOPICS[topic].title}: {TOPICS[topic].about}"""\n'
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(files)


def _check_names(root: Path, topic: str, slug: str) -> None:
    if topic not in TOPICS:
        raise ScaffoldError(f"there is no topic `{topic}`: {suggest(topic, TOPICS)}")
    if not re.fullmatch(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*", slug) or keyword.iskeyword(slug):
        raise ScaffoldError(f"`{slug}` is no name for a module: write it as `layer_norm`")
    for elsewhere in root.glob(f"papers/*/{slug}.md"):
        if elsewhere.parent.name != topic:
            raise ScaffoldError(f"{elsewhere.relative_to(root)} has that name already")
    if slug not in TOPICS[topic].slugs:
        raise ScaffoldError(
            f"`{slug}` is no milestone of {topic}, which has: {', '.join(TOPICS[topic].slugs)}. "
            "To add one, put its name where it is to be read into TOPICS in "
            "src/milestones/site/topics.py"
        )


def _plan(note: Path) -> tuple[str, str]:
    """Return the front matter of a planned note, now that of a draft, and its heading."""
    front, mark, page = note.read_text(encoding="utf-8").removeprefix("---\n").partition("\n---")
    kept, count = _PLANNED.subn("", f"{front}\n")
    lines = [line.strip() for line in page.splitlines() if line.strip()]
    headings = [line.lstrip("# ") for line in lines if line.startswith("# ")]
    others = [
        line for line in lines if not line.startswith("# ") and not _SAYS_PLANNED.fullmatch(line)
    ]
    if not count or not mark or others or len(headings) > 1:
        raise ScaffoldError(f"{note} is more than a plan already: nothing was written")
    seconds = "" if re.search(r"^seconds:", kept, re.MULTILINE) else "seconds: 10\n"
    return f"---\n{kept}{seconds}status: draft\n---\n", "".join(headings)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; exit status 1 if nothing was written."""
    parser = argparse.ArgumentParser(prog="nox -s new --", description="Lay out a milestone.")
    parser.add_argument("topic", help=", ".join(TOPICS))
    parser.add_argument("slug", help="as layer_norm")
    given = parser.parse_args(arguments)
    here = Path.cwd()
    try:
        root = next((f for f in (here, *here.parents) if (f / "src/milestones").is_dir()), None)
        if root is None:
            raise ScaffoldError(f"{here} is not in the project: no src/milestones is there")
        written = lay_out(root, given.topic, given.slug)
    except ScaffoldError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(str(path.relative_to(root)) for path in written))
    return 0


if __name__ == "__main__":
    sys.exit(main())
