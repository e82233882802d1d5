"""The registry of milestones: the front matter of `papers/<topic>/<slug>.md`, read and validated.

Nothing about a paper is kept anywhere else. Navigation, header cards, index pages and the README's
table are all drawn from these records. Every mistake in every file is found in one reading, each
with its path, its line and what to do about it:

    python -m milestones.catalogue            check the front matter of all notes
    python -m milestones.catalogue --readme   bring the README's table up to date
    python -m milestones.catalogue --check    exit 1 if that table is stale
"""

import argparse
import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

try:
    from milestones.site import reading
    from milestones.site.reading import Problem
    from milestones.site.records import TOPICS, FrontMatter, Note, Quantity, Scale, Topic, Value
except ModuleNotFoundError as error:
    if __name__ == "__main__":
        raise SystemExit(str(error)) from None
    raise

__all__ = [
    "TOPICS",
    "Catalogue",
    "CatalogueError",
    "FrontMatter",
    "Note",
    "Problem",
    "Quantity",
    "Scale",
    "Topic",
    "Value",
    "main",
    "readme_table",
    "update_readme",
    "when",
]

_READING_ORDER = [slug for topic in TOPICS.values() for slug in topic.slugs]


class CatalogueError(ValueError):
    """Front matter that cannot be used; `problems` lists every mistake of every file."""

    def __init__(self, problems: Collection[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{p.path}:{p.line}: {p.message}" for p in self.problems))


@dataclass(frozen=True)
class Catalogue:
    """All milestones, in reading order, and beside them the models that are only mentioned.

    A model that is mentioned has its numbers here, for figures and tables, and no page: it is found
    by its slug, but is none of the milestones that are counted, listed and linked.
    """

    notes: tuple[Note, ...]
    mentioned: tuple[Note, ...] = ()

    @classmethod
    def read(cls, root: Path) -> "Catalogue":
        """Read the front matter of every `papers/<topic>/<slug>.md` under `root`.

        Raises:
            CatalogueError: Some front matter is wrong; the error lists all mistakes of all files.
        """
        notes, mentioned, problems = reading.read(root)
        if problems:
            raise CatalogueError(problems)
        return cls(tuple(sorted(notes, key=_reading_position)), tuple(mentioned))

    def __iter__(self) -> Iterator[Note]:
        return iter(self.notes)

    def __len__(self) -> int:
        return len(self.notes)

    def __contains__(self, slug: object) -> bool:
        return slug in self._by_slug

    def __getitem__(self, slug: str) -> Note:
        return self._by_slug[slug]

    def only(self, keep: Callable[[Note], object]) -> "Catalogue":
        """Return a catalogue of these notes alone: its order in time depends on no others."""
        kept = (tuple(filter(keep, notes)) for notes in (self.notes, self.mentioned))
        return Catalogue(*kept)

    def of_source(self, source: str) -> Note | None:
        """Return the note whose file this is, such as `papers/foundations/lenet.md`."""
        return self._by_source.get(source)

    def of_topic(self, topic: str) -> tuple[Note, ...]:
        """Return a topic's notes in reading order."""
        return tuple(note for note in self.notes if note.topic == topic)

    def of_constraint(self, constraint: str) -> tuple[Note, ...]:
        """Return the notes that raised a constraint, in time order."""
        return tuple(note for note in self.in_time if constraint in note.constraints)

    def built_on_by(self, slug: str) -> tuple[Note, ...]:
        """Return the notes that name this one in `builds_on`, in time order."""
        return tuple(note for note in self.in_time if slug in note.builds_on)

    @property
    def published(self) -> tuple[Note, ...]:
        """The notes that have a page, in reading order."""
        return tuple(note for note in self.notes if note.published)

    @cached_property
    def in_time(self) -> tuple[Note, ...]:
        """All notes by year; within a year first what others build on, then in reading order."""
        return tuple(sorted(self.notes, key=lambda note: (note.year, self._generation(note))))

    def _generation(self, note: Note) -> int:
        """Return how many notes of its own year a note builds on, one upon the other."""
        ancestors = [self[slug] for slug in note.builds_on if slug in self]
        return max(
            (self._generation(other) + 1 for other in ancestors if other.year == note.year),
            default=0,
        )

    @cached_property
    def _by_slug(self) -> Mapping[str, Note]:
        return {note.slug: note for note in (*self.notes, *self.mentioned)}

    @cached_property
    def _by_source(self) -> Mapping[str, Note]:
        return {note.source: note for note in self.notes}


def _reading_position(note: Note) -> tuple[int, int, int, str]:
    """Order by topic, then as the topic lists its notes; unlisted ones follow by year."""
    topic = list(TOPICS).index(note.topic)
    if note.slug in _READING_ORDER:  # then its year does not count
        return topic, _READING_ORDER.index(note.slug), 0, note.slug
    return topic, len(_READING_ORDER), note.year, note.slug


def when(note: Note) -> float:
    """Return a paper's place in time: its month on arXiv if that is of its year, or mid-year."""
    found = re.match(r"(\d\d)(\d\d)\.", note.arxiv or "")
    if found and 2000 + int(found[1]) == note.year:
        return note.year + (int(found[2]) - 0.5) / 12
    return note.year + 0.5


# ----------------------------------------------------------------------------------------- README

_MARKED = re.compile(r"(?<=<!-- notes -->\n).*?(?=<!-- /notes -->)", re.DOTALL)


def readme_table(catalogue: Catalogue) -> str:
    """Return the README's table: a row for each topic, with links to its published notes."""
    rows = ["| Topic | Notes |", "| --- | --- |"]
    for slug, topic in TOPICS.items():
        notes = catalogue.of_topic(slug)
        written = [note for note in notes if note.status == "published"]
        cells = [f"[{note.name}]({note.source}) ({note.year})" for note in written]
        if planned := len(notes) - len(written):
            cells.append(f"{planned} more planned" if cells else f"{planned} planned")
        if cells:
            rows.append(f"| {topic.title} | {' · '.join(cells)} |")
    return "\n".join(rows) + "\n"


def update_readme(text: str, catalogue: Catalogue) -> str:
    """Return the README with the part between `<!-- notes -->` and `<!-- /notes -->` renewed.

    Raises:
        ValueError: The README lacks the two marks, each on a line of its own.
    """
    if not _MARKED.search(text):
        raise ValueError("README.md lacks the lines `<!-- notes -->` and `<!-- /notes -->`")
    return _MARKED.sub(lambda _: f"\n{readme_table(catalogue)}\n", text, count=1)


def main(arguments: list[str] | None = None) -> int:
    """Check the notes' front matter; bring the README's table up to date, or compare it."""
    parser = argparse.ArgumentParser("python -m milestones.catalogue", description=main.__doc__)
    parser.add_argument("--readme", action="store_true", help="rewrite the table in README.md")
    parser.add_argument("--check", action="store_true", help="exit 1 if that table is stale")
    parser.add_argument("--root", type=Path, default=Path(), help="the repository's root")
    options = parser.parse_args(arguments)
    try:
        catalogue = Catalogue.read(options.root)
        if options.readme or options.check:
            readme = options.root / "README.md"
            before = readme.read_text(encoding="utf-8")
            after = update_readme(before, catalogue)
            if options.readme:
                readme.write_text(after, encoding="utf-8")
            elif before != after:
                raise ValueError("README.md is stale: run python -m milestones.catalogue --readme")
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{len(catalogue.published)} notes published, {len(catalogue)} in all")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
