"""Batch Normalization (ICML 2015; its full title stands in the note): steadier inputs inside nets.

Sergey Ioffe, Christian Szegedy, 2015. https://arxiv.org/abs/1502.03167
Note: papers/training/batch_norm.md

Contribution: standardizing what enters each nonlinearity over the mini-batch, inside the network,
makes far higher learning rates safe, so that an Inception network reaches the accuracy it had
without in 14 times fewer steps.

Departures from the paper:
    - It does not say how large ε is, where γ and β start, or how fast moving averages move: here
      1e-5, 1 and 0, and a tenth of the way at each step, as in torch.
    - Weights of `Network` start with a deviation of 0.1, where it says “small random Gaussian
      values”; those of `Inception`, of which it says nothing, as torch has them.
    - Its Inception has 13.6 million parameters by Section 4.2, and 11.3 million by the table of its
      appendix. We follow the table, in which two widths (modules 4c and 4d) are not the sums of
      their parts; ours are the sums, which makes 4e wider, too.

Shapes: `batch` cases of `features`; in a convolutional layer each feature is a map with any number
of axes, `*space`; `inputs` and `classes` of a network; images of `channels` × `height` × `width`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

EPSILON = 1e-5


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Section 4.1: a net that reads digits.

    Attributes:
        layers: Units from the inputs to the classes.
        normalize: Whether batch normalization precedes each nonlinearity.
        units: The nonlinearity.
        spread: Standard deviation of the weights; None is √(2/inputs), which suits rectifiers.
    """

    layers: tuple[int, ...]
    normalize: bool = True
    units: Literal["sigmoid", "relu"] = "sigmoid"
    spread: float | None = 0.1


MNIST = Config(layers=(784, 100, 100, 100, 10))  # Section 4.1, the network N with BN added
PLAIN = replace(MNIST, normalize=False)  # Section 4.1, the network N
TINY = replace(MNIST, layers=(64, 100, 100, 100, 10))  # for the digits of the page and the tests

# Fig. 5, inception (3a) to (5b): maps of #1×1, #3×3 reduce, #3×3, double #3×3 reduce, double #3×3
# and the projection after pooling. A module without one passes on what it pools, at stride 2.
MODULES = (
    (64, 64, 64, 64, 96, 32),
    (64, 64, 96, 64, 96, 64),
    (0, 128, 160, 64, 96, 0),
    (224, 64, 96, 96, 128, 128),
    (192, 96, 128, 96, 128, 128),
    (160, 128, 160, 128, 160, 128),
    (96, 128, 192, 160, 192, 128),
    (0, 128, 192, 192, 256, 0),
    (352, 192, 320, 160, 224, 128),
    (352, 192, 320, 192, 224, 128),
)


def each(values: Float[Tensor, " features"], x: Tensor) -> Tensor:
    """Section 3.2: one value for all of a feature map."""
    return values.view(-1, *(1,) * (x.ndim - 2))


def batch_norm(
    x: Float[Tensor, "batch features *space"],
    scale: Float[Tensor, " features"],
    shift: Float[Tensor, " features"],
    epsilon: float = EPSILON,
) -> Float[Tensor, "batch features *space"]:
    """Algorithm 1: readable, and not the fast path.

    The mini-batch of a feature map is its values in all cases and places (Section 3.2).
    """
    over = (0, *range(2, x.ndim))
    mean = x.mean(over, keepdim=True)
    variance = (x - mean).square().mean(over, keepdim=True)
    standard = (x - mean) / (variance + epsilon).sqrt()
    return each(scale, x) * standard + each(shift, x)


def batch_norm_backward(
    gradient: Float[Tensor, "batch features *space"],
    x: Float[Tensor, "batch features *space"],
    scale: Float[Tensor, " features"],
    epsilon: float = EPSILON,
) -> tuple[Tensor, Tensor, Tensor]:
    """Section 3, the chain rule through mean and variance, one line for each of its equations.

    Given the gradient for the output, return those for `x`, `scale` and `shift`.
    """
    over, m = (0, *range(2, x.ndim)), x.numel() // x.shape[1]
    mean = x.mean(over, keepdim=True)
    variance = (x - mean).square().mean(over, keepdim=True) + epsilon
    to_standard = gradient * each(scale, x)
    to_variance = (to_standard * (x - mean) * -0.5 * variance**-1.5).sum(over, keepdim=True)
    to_mean = (-to_standard / variance.sqrt()).sum(over, keepdim=True)
    to_mean = to_mean + to_variance * (-2 * (x - mean)).sum(over, keepdim=True) / m  # adds zero
    to_x = to_standard / variance.sqrt() + to_variance * 2 * (x - mean) / m + to_mean / m
    to_scale = (gradient * (x - mean) / variance.sqrt()).sum(over)
    return to_x, to_scale, gradient.sum(over)


def inference(
    x: Float[Tensor, "batch features *space"],
    scale: Float[Tensor, " features"],
    shift: Float[Tensor, " features"],
    mean: Float[Tensor, " features"],
    variance: Float[Tensor, " features"],
    epsilon: float = EPSILON,
) -> Float[Tensor, "batch features *space"]:
    """Algorithm 2, step 11: with fixed statistics, a linear transform of each feature."""
    slope = scale / (variance + epsilon).sqrt()
    return each(slope, x) * x + each(shift - slope * mean, x)


class BatchNorm(nn.Module):
    """Sections 3 and 3.2: normalize by the mini-batch in training, by the population in testing.

    Attributes:
        scale: γ, one for each feature or feature map.
        shift: β, likewise.
        mean: E[x] of Algorithm 2, a moving average until `use_population` is called.
        variance: Var[x], with its factor m/(m - 1), likewise.
        rate: How far a moving average goes towards what a mini-batch says.
    """

    mean: Tensor
    variance: Tensor

    def __init__(self, features: int, *, epsilon: float = EPSILON, rate: float = 0.1) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(features))
        self.shift = nn.Parameter(torch.zeros(features))
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("variance", torch.ones(features))
        self.epsilon, self.rate = epsilon, rate

    def forward(
        self, x: Float[Tensor, "batch features *space"]
    ) -> Float[Tensor, "batch features *space"]:
        """Return `batch_norm` or `inference` by torch's kernel, which also moves the averages."""
        given = x, self.mean, self.variance, self.scale, self.shift
        return functional.batch_norm(*given, self.training, self.rate, self.epsilon)


@torch.no_grad()
def use_population(net: nn.Module, batches: Iterable[Tensor]) -> None:
    """Algorithm 2, steps 7 to 10: average over training mini-batches, once training is over.

    E[x] is the mean of their means, Var[x] that of their variances times m/(m - 1).

    Args:
        net: Left in evaluation mode.
        batches: Mini-batches of training inputs, all of one size.
    """
    layers = [layer for layer in net.modules() if isinstance(layer, BatchNorm)]
    rates = [layer.rate for layer in layers]
    net.train()
    for count, batch in enumerate(batches, 1):
        for layer in layers:
            layer.rate = 1 / count  # of moving averages, this one makes the plain average
        net(batch)
    for layer, rate in zip(layers, rates, strict=True):
        layer.rate = rate
    net.eval()


class Network(nn.Module):
    """Section 4.1: fully connected layers, z = g(BN(Wu)) or, without BN, g(Wu + b)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        unit = {"sigmoid": nn.Sigmoid, "relu": nn.ReLU}[config.units]
        self.layers = nn.Sequential()
        for number, (inputs, units) in enumerate(pairwise(config.layers), 1):
            last = number == len(config.layers) - 1
            normalize = config.normalize and not last
            linear = nn.Linear(inputs, units)
            nn.init.normal_(linear.weight, std=config.spread or (2 / inputs) ** 0.5)
            nn.init.zeros_(linear.bias)
            self.layers.append(linear)
            if normalize:  # Section 3.2: b would go with the mean, and β does its work
                linear.register_parameter("bias", None)
                self.layers.append(BatchNorm(units))
            if not last:
                self.layers.append(unit())

    def forward(self, x: Float[Tensor, "batch inputs"]) -> Float[Tensor, "batch classes"]:
        """Return the logits of a softmax over the classes."""
        return self.layers(x)


class Convolution(nn.Sequential):
    """Section 3.2: a convolution, batch normalization of each map, and a rectifier."""

    def __init__(self, maps: int, wide: int, kernel: int, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(maps, wide, kernel, stride, padding=kernel // 2, bias=False),
            BatchNorm(wide),
            nn.ReLU(inplace=True),
        )


class Module(nn.Module):
    """Fig. 5: convolutions of one, two and three layers and a pooling side by side."""

    def __init__(self, maps: int, widths: tuple[int, ...], pooling: Literal["avg", "max"]) -> None:
        super().__init__()
        one, reduce, three, reduce_double, double, projection = widths
        stride = 1 if projection else 2
        pool = nn.AvgPool2d if pooling == "avg" else nn.MaxPool2d
        self.branches = nn.ModuleList([Convolution(maps, one, 1)] if one else [])
        self.branches.append(
            nn.Sequential(Convolution(maps, reduce, 1), Convolution(reduce, three, 3, stride))
        )
        self.branches.append(
            nn.Sequential(
                Convolution(maps, reduce_double, 1),
                Convolution(reduce_double, double, 3),
                Convolution(double, double, 3, stride),
            )
        )
        pooled: list[nn.Module] = [pool(3, stride, padding=1)]
        if projection:
            pooled.append(Convolution(maps, projection, 1))
        self.branches.append(nn.Sequential(*pooled))
        self.maps = one + three + double + (projection or maps)

    def forward(
        self, x: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch maps rows columns"]:
        """Concatenate what the branches give."""
        return torch.cat([branch(x) for branch in self.branches], dim=1)


class Inception(nn.Module):
    """Fig. 5 with batch normalization in every layer; the first convolution is separable."""

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, 3 * 8, 7, stride=2, padding=3, groups=3, bias=False),  # multiplier 8
            Convolution(3 * 8, 64, 1),
            nn.MaxPool2d(3, stride=2, padding=1),
            Convolution(64, 64, 1),
            Convolution(64, 192, 3),
            nn.MaxPool2d(3, stride=2, padding=1),
        )
        maps = 192
        for number, widths in enumerate(MODULES):
            pooling = "max" if number in (2, 7, 9) else "avg"  # 3c, 4e and 5b
            module = Module(maps, widths, pooling)
            self.layers.append(module)
            maps = module.maps
        self.classifier = nn.Linear(maps, classes)

    def forward(
        self, images: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch classes"]:
        """Return the logits of a softmax over the classes."""
        return self.classifier(self.layers(images).mean((2, 3)))
