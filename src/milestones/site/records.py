"""What a note's front matter holds: typed records, and messages that say what to write instead."""

import datetime
import difflib
import math
import os
from collections.abc import Collection
from typing import Annotated, Any, ClassVar, Literal, TypeAlias, TypeGuard, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    Strict,
    StringConstraints,
    field_validator,
)
from pydantic_core import ErrorDetails

from milestones.palette import CONSTRAINTS
from milestones.site.facts import Told
from milestones.site.topics import TOPICS
from milestones.site.topics import Topic as Topic  # so that records come from one place

_FIRST_YEAR = 1900
PAGE_SECONDS = 20
"""How long a published page may take to run, on one core at `quick` scale."""
_CONSTRAINT_KEYS = [constraint.key for constraint in CONSTRAINTS]


# --------------------------------------------------------------------------- what a key may hold


def suggest(word: object, allowed: Collection[str]) -> str:
    """Name what was probably meant, or all that may stand there if that is a short list."""
    near = difflib.get_close_matches(str(word), allowed, n=1, cutoff=0.5)
    if near:
        return f"did you mean `{near[0]}`?"
    return f"allowed: {', '.join(allowed)}" if 0 < len(allowed) <= 12 else "check its spelling"


def _known_topic(value: str) -> str:
    if value not in TOPICS:
        raise ValueError(f"there is no topic `{value}`: {suggest(value, TOPICS)}")
    return value


def _known_constraint(value: str) -> str:
    if value not in _CONSTRAINT_KEYS:
        raise ValueError(f"there is no constraint `{value}`: {suggest(value, _CONSTRAINT_KEYS)}")
    return value


def _possible_year(value: int) -> int:
    this_year = datetime.datetime.now(datetime.UTC).year
    if not _FIRST_YEAR <= value <= this_year:
        raise ValueError(f"the year {value} cannot be: give one from {_FIRST_YEAR} to {this_year}")
    return value


def _at_least_one(values: tuple[str, ...]) -> tuple[str, ...]:
    if not values:
        raise ValueError("`{key}` is an empty list: name at least one")
    return values


def _possible_date(value: datetime.date) -> datetime.date:
    tomorrow = datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=1)
    if value > tomorrow:  # and not today, since authors live in other time zones than the build
        raise ValueError(f"{value} is still to come: give a day that has been")
    return value


def _each_once(values: tuple[str, ...]) -> tuple[str, ...]:
    for position, value in enumerate(values):
        if value in values[:position]:
            raise ValueError(f"`{value}` stands there twice: name each once")
    return values


def _value(value: object) -> "Value":
    if value is None:
        return None
    if isinstance(value, str) and value.strip():
        try:  # YAML 1.1 takes 3e23 for text, because its exponent has no sign
            value = float(value)
        except ValueError:
            return value.strip()
    if _is_number(value):
        return _amount(value)
    if _is_range(value):
        return _amount(value[0]), _amount(value[1])
    raise ValueError(
        f"{_shown(value)} is no value: give a number, text, a range [low, high], or null where "
        "nobody published it (and say so in `source`)"
    )


def _amount(value: float) -> float:
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"{value!r} is no amount: give a finite number that is not negative")
    return value


def _is_range(value: object) -> TypeGuard[list[float]]:
    if not isinstance(value, list):
        return False
    ends = cast("list[object]", value)
    numbers = [end for end in ends if _is_number(end)]
    return len(ends) == len(numbers) == 2 and numbers[0] < numbers[1]


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shown(value: object) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


# ---------------------------------------------------------------------------------------- records

Value: TypeAlias = int | float | str | tuple[float, float] | None
Text: TypeAlias = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Address: TypeAlias = Annotated[str, StringConstraints(pattern=r"^https?://\S+$")]
Doi: TypeAlias = Annotated[str, StringConstraints(pattern=r"^10\.\d{4,9}/\S+$")]
Arxiv: TypeAlias = Annotated[
    str, StringConstraints(pattern=r"^(\d{4}\.\d{4,5}|[a-z-]+(\.[A-Z]{2})?/\d{7})(v\d+)?$")
]

Day: TypeAlias = Annotated[datetime.date, Strict(), AfterValidator(_possible_date)]

_QUANTITY = "a pair {value: …, source: …}"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Quantity(_Record):
    """A number of the paper and the place it was taken from."""

    value: Annotated[Value, PlainValidator(_value)] = Field(
        description="a number, text, a range [low, high], or null"
    )
    unit: Text | None = Field(None, description="text: what is counted, as images or kWh")
    detail: Text | None = Field(None, description="text: what is to be said after the value")
    source: Text = Field(description="text: the place that the value was taken from")


class Scale(_Record):
    """How large the paper's experiment was."""

    parameters: Quantity = Field(description=_QUANTITY)
    data: Quantity = Field(description=_QUANTITY)
    compute: Quantity = Field(description=_QUANTITY)
    hardware: Quantity = Field(description=_QUANTITY)
    energy: Quantity = Field(description=_QUANTITY)


class Revision(_Record):
    """A change to a published note that a reader would want to hear of."""

    date: Day = Field(description="a date, as 2026-11-20")
    what: Text = Field(description="text: one sentence, what is different now")


class FrontMatter(_Record):
    """What an author writes at the top of a note."""

    title: Text = Field(description="text: the paper's title")
    slug: Text = Field(description="text: the file's name without .md")
    topic: Annotated[Text, AfterValidator(_known_topic)] = Field(
        description="text: the folder's name"
    )
    authors: Annotated[tuple[Text, ...], AfterValidator(_at_least_one)] = Field(
        description="a list of full names"
    )
    year: Annotated[int, Strict(), AfterValidator(_possible_year)] = Field(
        description="a year, as 1998"
    )
    venue: Text = Field(description="text: where it was published")
    url: Address | None = Field(None, description="an address that begins with https://")
    doi: Doi | None = Field(None, description="a bare DOI, as 10.1109/5.726791")
    arxiv: Arxiv | None = Field(None, description="text: an arXiv number, as '1706.03762'")
    contribution: Text = Field(description="text: one sentence, what the paper brought")
    constraints: Annotated[
        tuple[Annotated[Text, AfterValidator(_known_constraint)], ...],
        AfterValidator(_at_least_one),
        AfterValidator(_each_once),
    ] = Field(description="a list; first the constraint that the paper raised most")
    builds_on: Annotated[tuple[Text, ...], AfterValidator(_each_once)] = Field(
        description="a list of slugs; [] if it builds on none of our notes"
    )
    scale: Scale = Field(description=f"{', '.join(Scale.model_fields)}, each {_QUANTITY}")
    tags: tuple[Text, ...] = Field((), description="a list of words")
    seconds: Annotated[float, Strict(), Field(gt=0, allow_inf_nan=False)] | None = Field(
        None, description="a number: how long the page may take to run"
    )
    status: Literal["published", "draft", "planned", "mentioned"] = Field(
        "published", description="published, draft, planned or mentioned"
    )
    first_published: Day | None = Field(None, description="a date, as 2026-11-20")
    revised: tuple[Revision, ...] = Field(
        (), description="a list of pairs {date: …, what: …}, the oldest first"
    )

    @field_validator("revised")
    @classmethod
    def _in_order(
        cls,
        values: tuple[Revision, ...],
        info: Any,  # noqa: ANN401 - pydantic's ValidationInfo, which no test can check
    ) -> tuple[Revision, ...]:
        """Refuse revisions out of order, or of what was not published yet."""
        first = cast("Day | None", info.data.get("first_published"))
        if values and first is None:
            raise ValueError("`{key}` needs `first_published`: give the day the note came out")
        days = [*([first] if first else []), *(value.date for value in values)]
        if days != sorted(days):
            raise ValueError("`{key}` needs the oldest first, none before `first_published`")
        return values


class NoteScale(Told, Scale):
    """The scale of a note, as read from its file."""

    facts: ClassVar = {name: f"scale.{name}" for name in Scale.model_fields}


class Note(Told, FrontMatter):
    """A milestone, or a model that is only mentioned: its front matter, and where its file is."""

    # Slug and topic are the file's place, and no news; `scale` tells of itself.
    facts: ClassVar = {
        "name": "",
        **{key: key for key in FrontMatter.model_fields.keys() - {"slug", "topic", "scale"}},
    }
    source: str = Field(description="the file, relative to the repository's root")
    name: str = Field(description="the short name: the page's heading, or else the title")

    @property
    def published(self) -> bool:
        """Whether the note has a page: a draft has one only where drafts are shown."""
        return is_shown(self.status)

    @property
    def module(self) -> str:
        """The dotted name of the note's implementation."""
        return f"milestones.{self.topic}.{self.slug}"

    @property
    def link(self) -> str:
        """The address of the paper itself."""
        if self.url:
            return self.url
        return (
            f"https://arxiv.org/abs/{self.arxiv}" if self.arxiv else f"https://doi.org/{self.doi}"
        )


def is_shown(status: object) -> bool:
    """Tell whether a note of this status has a page; `MILESTONES_DRAFTS=1` shows drafts."""
    drafts = os.environ.get("MILESTONES_DRAFTS", "") not in ("", "0")
    return status == "published" or (status == "draft" and drafts)


def explain(error: ErrorDetails) -> str:
    """Say what is wrong with one key of front matter, and what should stand there."""
    keys = [step for step in error["loc"] if isinstance(step, str)]
    model: type[BaseModel] = FrontMatter
    for parent in keys[:-1]:
        model = {"scale": Scale, "revised": Revision}.get(parent, Quantity)
    key, name = keys[-1], ".".join(keys)
    if error["type"] == "extra_forbidden":
        return f"unknown key `{name}`: {suggest(key, model.model_fields)}"
    field = model.model_fields.get(key)
    wanted = str(field.description) if field else "a word"
    if error["type"] == "missing":
        return f"the key `{name}` is missing: {wanted}"
    if error["type"] == "value_error":
        return str(cast("dict[str, Any]", error.get("ctx"))["error"]).replace("{key}", name)
    found = error["input"]
    if found is None:
        return f"`{name}` is empty: give {wanted}"
    quotes = ""
    if _is_number(found) and wanted.startswith("text"):
        quotes = "; put it in quotes"
    elif isinstance(found, str) and found.strip().isdecimal() and not wanted.startswith("text"):
        quotes = "; write it without quotes"
    return f"`{name}` must be {wanted}, not {_shown(found)}{quotes}"
