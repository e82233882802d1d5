"""What a note's front matter holds: typed records, and messages that say what to write instead."""

import datetime
import difflib
import math
import os
from collections.abc import Collection
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias, TypeGuard, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    Strict,
    StringConstraints,
)
from pydantic_core import ErrorDetails

from milestones.palette import CONSTRAINTS

_FIRST_YEAR = 1900
PAGE_SECONDS = 20
"""How long a published page may take to run, on one core at `quick` scale."""
_CONSTRAINT_KEYS = [constraint.key for constraint in CONSTRAINTS]


class Topic(NamedTuple):
    """A part of the history, with its notes in the order in which to read them."""

    title: str
    about: str
    slugs: tuple[str, ...]


def _topic(title: str, about: str, slugs: str) -> Topic:
    return Topic(title, about, tuple(slugs.split()))


TOPICS = {
    "foundations": _topic(
        "Foundations",
        "How networks came to learn their own features, and to look at pictures.",
        "backprop convnet lenet alexnet unet",
    ),
    "training": _topic(
        "Training",
        "What keeps deep networks trainable, and keeps large ones from learning the noise.",
        "weight_decay relu residual dropout batch_norm layer_norm gelu adam",
    ),
    "sequences": _topic(
        "Sequences",
        "Memory, words as vectors, and the road from recurrence to attention.",
        "rnn lstm forget_gate bidirectional_lstm word2vec phrase2vec glove encoder_decoder "
        "seq2seq attention elmo mixture_of_experts decoding",
    ),
    "transformers": _topic(
        "Transformers",
        "One architecture, grown in size and then taught what people want from it.",
        "transformer transformer_xl gpt bert roberta t5 gpt2 gpt3 back_translation lora ppo rlhf "
        "instruct_gpt helpful_harmless vision_transformer zero_shot_reasoners",
    ),
    "generation": _topic(
        "Generation",
        "Networks that make pictures: adversaries, latent codes and diffusion.",
        "gan wgan transgan vae vq_vae vq_vae_2 diffusion ddpm improved_ddpm guided_diffusion "
        "latent_diffusion clip dalle dalle2",
    ),
    "representation": _topic(
        "Representation",
        "Learning what data look like when nobody has labelled them.",
        "autoencoder denoising_autoencoder simclr byol swav wav2vec",
    ),
    "control": _topic("Control", "Learning to act, from reward alone.", "dqn"),
    "retrieval": _topic(
        "Retrieval", "Looking things up instead of remembering them.", "faiss kilt"
    ),
    "scaling": _topic(
        "Scaling",
        "How results grow with size, and how to make the hardware keep up.",
        "scaling_laws chinchilla flash_attention inference_memory",
    ),
}
"""The topics in reading order; the one place that lists them and the order of their notes."""


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
    status: Literal["published", "draft", "planned"] = Field(
        "published", description="published, draft or planned"
    )


class Note(FrontMatter):
    """A milestone: its front matter, and where its file stands."""

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
        model = Scale if parent == "scale" else Quantity
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
