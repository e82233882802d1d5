"""What a transformer weighs and costs, from its shape: the sums behind the page of calculators.

L layers, d numbers wide, V words in the vocabulary, T positions of context; N parameters,
D words of training text.
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """A decoder as GPT-2 and GPT-3 have it: four times as wide inside, one matrix for all words."""

    layers: int
    width: int
    vocabulary: int = 50_257
    context: int = 2_048


GPT2_SMALL = Shape(12, 768, context=1_024)
"""Radford et al. 2019, Table 2; the 117 million given there were later corrected by the authors."""
GPT3 = Shape(96, 12_288)
"""Brown et al. 2020, Table 2.1."""
GPT_NEOX_20B = Shape(44, 6_144, vocabulary=50_432)
"""Black et al. 2022, Table 1; no places are learned there, and input and output differ."""


def parameters(shape: Shape) -> int:
    """Return N: four matrices d × d for attention and two d × 4d, their biases, gains, and words.

    A layer has 12 d² weights, 9 d biases and 4 d numbers of two normalizations; words and places
    have a vector each, and the last normalization 2 d.
    """
    layers, width = shape.layers, shape.width
    in_layers = layers * (12 * width**2 + 13 * width)
    return in_layers + (shape.vocabulary + shape.context) * width + 2 * width


def weights_memory(count: float, bits: int = 16) -> float:
    """Return the bytes that the weights alone take."""
    return count * bits / 8


def cache_memory(shape: Shape, texts: int = 1, bits: int = 16) -> float:
    """Return the bytes of keys and values kept while a full context is written, for some texts."""
    return 2 * shape.layers * shape.width * shape.context * texts * bits / 8


def training_memory(count: float) -> float:
    """Return the bytes of weights, gradients and Adam's state in mixed precision: 16 a weight.

    Two for the weight and two for its gradient in half precision; four each for a copy of the
    weight, the mean and the square in single precision (Rajbhandari et al. 2020, Section 3.1).
    Activations come on top.
    """
    return count * (2 + 2 + 4 + 4 + 4)


def training_operations(count: float, words: float) -> float:
    """Return C = 6 N D: a multiplication and an addition, once forward and twice backward."""
    return 6 * count * words


def attention_share(shape: Shape) -> float:
    """Return what 6 N D leaves out, as a share of it: the sums over all earlier positions.

    Scores and weighted sums take 2 · 2 T d operations a layer and word, as much again for each of
    the two passes backward; the causal mask would save half and is not counted.
    """
    return 12 * shape.layers * shape.width * shape.context / (6 * parameters(shape))


def days(operations: float, devices: int, peak: float, utilization: float) -> float:
    """Return how long a run takes, if devices of a peak (operations a second) do a share of it."""
    return operations / (devices * peak * utilization) / 86_400


def cards(memory: float, each: float = 24e9) -> int:
    """Return how many devices of a memory are needed, if nothing but this stands in it."""
    return math.ceil(memory / each)
