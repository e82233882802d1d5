"""What a reader may type to find a milestone, beyond the words of its page.

The search compares words letter by letter, up to where the typed one ends: `jegou` is not Jégou,
and `gpt2` is not GPT-2, which are two words to it.
"""

import re
import unicodedata

from milestones.catalogue import Note

_LONGEST = 12
"""Letters of what is run together: `resnet50` is a spelling, `semisupervised` hardly."""


def tags(note: Note) -> list[str]:
    """Return what finds a note: its own tags, who wrote the paper and when, other spellings."""
    return [*note.tags, *authors(note), str(note.year), *spellings(note)]


def authors(note: Note) -> list[str]:
    """Return the authors by name: a last one may stand for all that are not named."""
    return [name for name in note.authors if name != "and others"]


def spellings(note: Note) -> list[str]:
    """Return how its names are typed too: in letters of any keyboard, and as one word."""
    known = [note.name, *note.tags]
    typed = [*map(_plain, [*authors(note), *known]), *map(_together, known)]
    return list(dict.fromkeys(word for word in typed if word not in {*known, *authors(note)}))


def _plain(word: str) -> str:
    """Return a word without its accents."""
    letters = unicodedata.normalize("NFKD", word)
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _together(word: str) -> str:
    """Return a short name of joined parts as one word: VQ-VAE, ResNet-50, DALL-E 2."""
    joined = "".join(re.findall(r"\w+", _plain(word))).lower()
    is_name = re.fullmatch(r"\S+( \d\S*)?", word) and len(joined) <= _LONGEST
    return joined if is_name and joined != word.lower() else word
