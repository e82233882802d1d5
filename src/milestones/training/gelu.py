"""Gaussian Error Linear Units (GELUs).

Dan Hendrycks, Kevin Gimpel, 2016. https://arxiv.org/abs/1606.08415
Note: papers/training/gelu.md

Contribution: weighting an input by the probability that a standard normal variable lies below it
gives a smooth relative of the rectifier, which is the mean of a random zero-one mask.

Departures from the paper:
    - μ and σ, which Section 2 would let be learned and then fixes at 0 and 1, are arguments of the
      plain equation `exact` only.
    - Of its networks the two for MNIST are here. Those for tweets, speech and CIFAR (Sections 3.3
      to 3.5) are not, nor is the dropout that Section 3.1 also tries.

Shapes: `...` is any shape, since everything here but the networks works on single numbers; a
network maps `batch` rows of `inputs` numbers to rows of `outputs`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional

Form = Literal["none", "tanh", "sigmoid"]

CUBIC = 0.044715  # of x³ in the tanh form, Section 2
SLOPE = 1.702  # of x in the sigmoid form, Section 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Sections 3.1 and 3.2: the fully connected networks for MNIST.

    Attributes:
        widths: Numbers a layer, from the input to the output.
        batch_size: Examples a step.
        approximate: The form of GELU; Section 4 says that every experiment used the tanh form.
    """

    widths: tuple[int, ...]
    batch_size: int
    approximate: Form = "tanh"


MNIST = Config(widths=(784, *[128] * 8, 10), batch_size=128)  # Section 3.1
AUTOENCODER = Config(  # Section 3.2
    widths=(784, 1000, 500, 250, 30, 250, 500, 1000, 784), batch_size=64
)
TINY = Config(widths=(64, 128, 64, 16, 64, 128, 64), batch_size=64)  # the page and the tests


def density(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """φ(x), the density of a standard normal variable."""
    return torch.exp(-x.square() / 2) / math.sqrt(2 * math.pi)


def probability(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Φ(x) = P(X ≤ x), as erfc(−x/√2)/2: for x far below zero, 1 + erf(x/√2) cancels to nothing."""
    return torch.erfc(-x / math.sqrt(2)) / 2


def exact(x: Float[Tensor, "..."], mean: float = 0.0, std: float = 1.0) -> Float[Tensor, "..."]:
    """Section 2: GELU(x) = x P(X ≤ x) = x Φ(x), in general for X ~ N(μ, σ²); slow and plain."""
    return x * probability((x - mean) / std)


def tanh_form(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Section 2: 0.5x(1 + tanh[√(2/π)(x + 0.044715x³)]), slow and plain."""
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + CUBIC * x**3)))


def sigmoid_form(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Section 2: xσ(1.702x), slow and plain."""
    return x * torch.sigmoid(SLOPE * x)


def silu(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Section 2: xσ(x), the Sigmoid Linear Unit, which the logistic distribution gives."""
    return x * torch.sigmoid(x)


def gelu(x: Float[Tensor, "..."], approximate: Form = "none") -> Float[Tensor, "..."]:
    """Section 2: GELU by fused kernels; `exact`, `tanh_form`, `sigmoid_form` say the same plainly.

    Args:
        x: Inputs.
        approximate: `none` for xΦ(x), `tanh` or `sigmoid` for the paper's two approximations.
    """
    if approximate == "sigmoid":  # xσ(ax) = SiLU(ax)/a, and SiLU has a kernel for both passes
        return functional.silu(SLOPE * x) / SLOPE
    if approximate not in ("none", "tanh"):
        raise ValueError(f"approximate is {approximate!r}; it must be none, tanh or sigmoid")
    return functional.gelu(x, approximate=approximate)


def derivative(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """The slope of GELU, Φ(x) + xφ(x), by hand."""
    return probability(x) + x * density(x)


def second_derivative(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """The curvature of GELU, (2 − x²)φ(x), by hand; it is zero at ±√2."""
    return (2 - x.square()) * density(x)


def mask(x: Float[Tensor, "..."]) -> Bool[Tensor, "..."]:
    """Section 2: m ~ Bernoulli(Φ(x)), drawn as it is defined: does x reach a normal draw X?"""
    return torch.randn_like(x) <= x


class StochasticMask(nn.Module):
    """Section 2: x or zero at random while training, and what that is on average afterwards.

    The mask counts as a constant to the gradient, as in the authors' code.
    """

    def forward(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """Keep each input with probability Φ(x); in evaluation mode, return xΦ(x)."""
        return x * mask(x) if self.training else gelu(x)


class GELU(nn.Module):
    """Section 2: `gelu` as a module; it has no parameters."""

    def __init__(self, approximate: Form = "none") -> None:
        super().__init__()
        self.approximate: Form = approximate

    def forward(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """Weight each input by the probability that a normal draw lies below it."""
        return gelu(x, self.approximate)

    def extra_repr(self) -> str:
        """Name the form, as torch's own module does."""
        return f"approximate={self.approximate!r}"


def network(
    config: Config = MNIST,
    activation: Callable[[], nn.Module] | None = None,
    *,
    norm: float = 1.0,
) -> nn.Sequential:
    """Sections 3.1 and 3.2: linear layers with a nonlinearity between each two.

    Rows of weights start as random directions of one length, biases at zero.

    Args:
        config: Widths of the layers.
        activation: Makes the nonlinearity of a layer; by default GELU, in the config's form.
        norm: Length of each row; the paper's is 1.
    """
    activation = activation or (lambda: GELU(config.approximate))
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(config.widths):
        linear = nn.Linear(inputs, outputs)
        nn.init.normal_(linear.weight)
        linear.weight.data = norm * functional.normalize(linear.weight.data, dim=1)
        nn.init.zeros_(linear.bias)
        layers += [linear, activation()]
    return nn.Sequential(*layers[:-1])  # none after the output
