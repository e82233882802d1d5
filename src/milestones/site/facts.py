"""Tells a build which keys of a note's front matter a page uses, so that no other runs it again.

A build remembers which files a page opened. What reads front matter can say, through Python's audit
events and as the builder documents them, that only certain keys of a file were used. Where no
build listens, this does nothing.
"""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, Field


def only_facts_are_read(file: str) -> None:
    """Say of a file just opened that the records made of it will tell what of it is used."""
    sys.audit("literate.facts", file)


class Told(BaseModel):
    """A record that tells which of its fields are used, as keys of the file that it was read from.

    What looks at all fields at once (to compare, print or copy the record) uses all keys.
    """

    facts: ClassVar[Mapping[str, str]]
    file: str = Field(description="the absolute path of the file")

    if not TYPE_CHECKING:  # for a type checker, any attribute would exist

        def __getattribute__(self, name: str) -> Any:  # noqa: ANN401 - as in object
            get, facts = super().__getattribute__, type(self).facts
            if name in facts:
                sys.audit("literate.fact", get("__dict__")["file"], facts[name])
            elif name == "__dict__":
                for key in facts.values():
                    sys.audit("literate.fact", get(name)["file"], key)
            return get(name)
