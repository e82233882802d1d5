"""Deep Sparse Rectifier Neural Networks.

Xavier Glorot, Antoine Bordes, Yoshua Bengio, 2011. https://proceedings.mlr.press/v15/glorot11a.html
Note: papers/training/relu.md

Contribution: deep networks of units that output max(0, x) need no unsupervised pre-training to
reach their best when labels are plentiful, and most of their hidden activations are exactly zero.

Departures from the paper:
    - Weights start uniformly within ±√(6 / (inputs + outputs)), biases at zero, as the first author
      proposed in 2010. Of the start we know only that it was uniform.
    - The L1 penalty adds up the units of all hidden layers, and is averaged over the examples.
    - Denoising auto-encoders (Section 3.2) and the pre-training of half of Table 1 are left out.

Shapes: `...` is any shape, since a unit works on single numbers; a network maps `batch` rows of
`inputs` numbers to a logit for each of `classes`; `units` are those of one hidden layer.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

Unit = Literal["rectifier", "softplus", "tanh", "logistic"]
UNITS = ("rectifier", "softplus", "tanh", "logistic")


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Sections 3.1 and 4: how wide the layers are, and what their units do.

    Attributes:
        widths: Numbers a layer, from the inputs to the classes.
        unit: The nonlinearity of the hidden layers.
        sharpness: The α of the rescaled softplus, which nears the rectifier as α grows.
        signed: Whether the second half of each hidden layer has its output multiplied by −1.
        l1: The coefficient of the L1 penalty on activations.
        batch_size: Examples a step.
    """

    widths: tuple[int, ...]
    unit: Unit = "rectifier"
    sharpness: float = 1.0
    signed: bool = True
    l1: float = 0.001
    batch_size: int = 10

    def __post_init__(self) -> None:
        """Name what is not known here, before a network is built of it."""
        if self.unit not in UNITS:
            raise ValueError(f"unit is {self.unit!r}; it must be one of {', '.join(UNITS)}")


# Section 4.1: three layers of 1,000 units, but on NORB the two layers of Nair and Hinton (2010).
MNIST = Config(widths=(28 * 28, 1000, 1000, 1000, 10))
CIFAR10 = Config(widths=(3 * 32 * 32, 1000, 1000, 1000, 10))
NISTP = Config(widths=(32 * 32, 1000, 1000, 1000, 62))
NORB = Config(widths=(2 * 32 * 32, 4000, 2000, 6))
OPENTABLE = Config(widths=(5000, 5000, 5000, 5000, 5))  # Section 4.2: words, and five stars
TINY = Config(  # the digits of the page and the tests
    widths=(64, 100, 100, 100, 10), signed=False, l1=0.0
)


def parameters(config: Config) -> int:
    """Count weights and biases; the units themselves have none."""
    return sum((n + 1) * m for n, m in pairwise(config.widths))


def rectifier(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Section 3.1: max(0, x), slow and plain."""
    return torch.where(x > 0, x, 0.0)


def relu(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Section 3.1: the rectifier, by one kernel forward and one backward.

    For the backward pass it keeps its output alone: where that is positive, the slope is one. At
    zero, where there is no slope, it takes 0.
    """
    return torch.relu(x)


def softplus(x: Float[Tensor, "..."], sharpness: float = 1.0) -> Float[Tensor, "..."]:
    """Sections 3.1 and 4.1: log(1 + exp(αx)) / α, smooth, and nowhere zero."""
    # Beyond the threshold torch returns x; its own 20 is good for single precision only.
    return functional.softplus(x, beta=sharpness, threshold=40.0)


def activate(a: Float[Tensor, "..."], unit: Unit, sharpness: float) -> Float[Tensor, "..."]:
    """Section 3.1: what a unit says to its total input a."""
    match unit:
        case "rectifier":
            return relu(a)
        case "softplus":
            return softplus(a, sharpness)
        case "tanh":
            return torch.tanh(a)
        case "logistic":
            return torch.sigmoid(a)


def slope(a: Float[Tensor, "..."], unit: Unit, sharpness: float = 1.0) -> Float[Tensor, "..."]:
    """Section 3.1: of a change of a, how much gets through: all or nothing, or a part."""
    match unit:
        case "rectifier":
            return (a > 0).to(a)
        case "softplus":
            return torch.sigmoid(sharpness * a)
        case "tanh":
            return 1 - torch.tanh(a).square()
        case "logistic":
            return torch.sigmoid(a) * torch.sigmoid(-a)


class ReLU(nn.Module):
    """Section 3.1: `relu` as a module; it has no parameters."""

    def forward(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """Pass on what is positive."""
        return relu(x)


class Network(nn.Module):
    """Section 4: hidden layers of one kind of unit, and a softmax, whose logits come out.

    Attributes:
        weights: W of each layer, the last one's included.
        biases: And its b.
    """

    def __init__(self, config: Config = MNIST) -> None:
        super().__init__()
        self.config = config
        self.weights = nn.ParameterList(torch.empty(m, n) for n, m in pairwise(config.widths))
        self.biases = nn.ParameterList(torch.zeros(m) for m in config.widths[1:])
        for number, (n, m) in enumerate(pairwise(config.widths)):
            bound = math.sqrt(6 / (n + m))
            nn.init.uniform_(self.weights[number], -bound, bound)
        for number, width in enumerate(config.widths[1:-1]):
            sign = torch.ones(width)
            sign[width // 2 :] = -1
            self.register_buffer(f"sign{number}", sign, persistent=False)

    def sign(self, number: int) -> Float[Tensor, " units"]:
        """Section 4.1: what multiplies the outputs of a hidden layer, 1 for half of them, or −1."""
        return self.get_buffer(f"sign{number}")

    def states(self, x: Float[Tensor, "batch inputs"]) -> tuple[list[Tensor], list[Tensor]]:
        """Return the total inputs a of every layer, and the outputs h of the hidden ones."""
        config = self.config
        totals: list[Tensor] = []
        outputs: list[Tensor] = []
        for number, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            if number:
                h = activate(totals[-1], config.unit, config.sharpness)
                outputs.append(h * self.sign(number - 1) if config.signed else h)
            totals.append(functional.linear(outputs[-1] if number else x, weight, bias))
        return totals, outputs

    def forward(self, x: Float[Tensor, "batch inputs"]) -> Float[Tensor, "batch classes"]:
        """Return logits."""
        return self.states(x)[0][-1]


def zeros(outputs: Sequence[Float[Tensor, "batch _"]]) -> list[float]:
    """Section 4.1: the share of outputs that are exactly zero, layer by layer."""
    return [(h == 0).double().mean().item() for h in outputs]


def dead(outputs: Sequence[Float[Tensor, "batch _"]]) -> list[float]:
    """The share of units that are zero for every example given, layer by layer."""
    return [(h == 0).all(0).double().mean().item() for h in outputs]


def loss(
    network: Network, x: Float[Tensor, "batch inputs"], labels: Int[Tensor, " batch"]
) -> Float[Tensor, ""]:
    """Section 4.1: −log P(class | input), and l1 times the sum of |h| over the hidden units."""
    totals, outputs = network.states(x)
    penalty = sum((h.abs().sum() for h in outputs), start=x.new_zeros(()))
    return functional.cross_entropy(totals[-1], labels) + network.config.l1 * penalty / len(x)


@torch.no_grad()
def backward(
    network: Network, x: Float[Tensor, "batch inputs"], labels: Int[Tensor, " batch"]
) -> tuple[list[Tensor], list[Tensor]]:
    """Section 3.1: the gradient of `loss` by hand; through rectifiers, on active paths only.

    Returns:
        The gradient of each parameter, in their order; and that of each layer's total inputs.
    """
    config = network.config
    totals, outputs = network.states(x)
    delta = (totals[-1].softmax(1) - functional.one_hot(labels, config.widths[-1])) / len(x)
    weights: list[Tensor] = []
    biases: list[Tensor] = []
    deltas = [delta]
    for number in reversed(range(len(totals))):
        below = outputs[number - 1] if number else x
        weights.insert(0, delta.T @ below)
        biases.insert(0, delta.sum(0))
        if number:
            delta = delta @ network.weights[number]  # blame for what a unit says
            if config.l1:
                delta += config.l1 / len(x) * below.sign()
            delta *= slope(totals[number - 1], config.unit, config.sharpness)
            if config.signed:
                delta *= network.sign(number - 1)
            deltas.insert(0, delta)
    return [*weights, *biases], deltas


@torch.no_grad()
def rescale(network: Network, alphas: Sequence[float]) -> None:
    """Section 3.1: W_i / α_i and b_i / (α_1 ⋯ α_i); rectifiers then say h_i / (α_1 ⋯ α_i)."""
    if len(alphas) != len(network.weights) or not all(alpha > 0 for alpha in alphas):
        raise ValueError(
            f"alphas are {list(alphas)}; give {len(network.weights)} positive numbers, one a layer"
        )
    product = 1.0
    for number, alpha in enumerate(alphas):
        product *= alpha
        network.weights[number].div_(alpha)
        network.biases[number].div_(product)
