"""Dropout (JMLR 15, 2014; its full title stands in the note): networks thinned at random.

Nitish Srivastava, Geoffrey Hinton, Alex Krizhevsky, Ilya Sutskever, Ruslan Salakhutdinov, 2014.
https://jmlr.org/papers/v15/srivastava14a.html
Note: papers/training/dropout.md

Contribution: switching off random units at every training step trains a family of thinned networks
that share their weights; one network with its weights scaled down then stands for their average.

Departures from the paper:
    - `Dropout` is the form of Section 10, which scales while training and does nothing afterwards;
      `Thinning` is the form of Section 4. In both, `keep` is the paper's p, the probability that a
      unit stays: torch's `p` is the opposite.
    - The paper does not say how weights start, so they start as torch's do. The optimizer, its
      momentum and its schedule are the caller's.
    - Restricted Boltzmann machines (Section 8) and pretraining (Section 5.2) are left out.

Shapes: `batch` cases of `inputs` numbers; `units` of a layer, `classes` of the last; `subsets` of
the units, each of which is a thinned network; `samples` of these, drawn at random.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Sections 4, 5.1 and 10: how wide the layers are, and how many units stay.

    Attributes:
        layers: Units from the inputs to the classes.
        keep: The probability p that a hidden unit stays.
        keep_input: The same for an input.
        max_norm: The bound c on the norm of a hidden unit's incoming weights, or None.
        units: The nonlinearity.
        noise: What multiplies a unit: 0 or 1, as in Section 4; 0 or 1/p, or a normal number with
            the same mean and variance, as in Section 10.
    """

    layers: tuple[int, ...]
    keep: float = 0.5
    keep_input: float = 0.8
    max_norm: float | None = None
    units: Literal["logistic", "relu"] = "relu"
    noise: Literal["thinning", "dropout", "gaussian"] = "thinning"


# Table 2, rows "Dropout NN" and "+ max-norm constraint"; keep and max_norm from Appendix B.1.
LOGISTIC_3X1024 = Config(layers=(784, 1024, 1024, 1024, 10), units="logistic")
RELU_3X1024 = Config(layers=(784, 1024, 1024, 1024, 10))
MAX_NORM_3X1024 = Config(layers=(784, 1024, 1024, 1024, 10), max_norm=2.0)
MAX_NORM_2X8192 = Config(layers=(784, 8192, 8192, 10), max_norm=2.0)
TINY = Config(layers=(64, 128, 128, 10), keep_input=1.0)  # the digits of the page and the tests


def parameters(config: Config) -> int:
    """Count weights and biases; dropout itself has none."""
    return sum((n + 1) * m for n, m in zip(config.layers, config.layers[1:], strict=False))


def thin(y: Float[Tensor, "*batch units"], keep: float) -> Float[Tensor, "*batch units"]:
    """Section 4: r ~ Bernoulli(p) for every unit of every case, and ỹ = r * y."""
    r = torch.rand(y.shape, device=y.device) < keep
    return r * y


class Thinning(nn.Module):
    """Section 4: ỹ = r * y in training; py in testing, which is W_test = pW in the next layer."""

    def __init__(self, *, keep: float) -> None:
        super().__init__()
        if not 0 < keep <= 1:
            raise ValueError(f"keep is the probability that a unit stays, in (0, 1], not {keep}")
        self.keep = keep

    def forward(self, y: Float[Tensor, "*batch units"]) -> Float[Tensor, "*batch units"]:
        """Remove units at random, or weaken all."""
        return thin(y, self.keep) if self.training else self.keep * y


class Dropout(Thinning):
    """Section 10, "another way": thin(y, p) / p in training, y in testing. What all libraries do.

    The fast path draws the mask and divides in one kernel where torch has one.
    """

    def forward(self, y: Float[Tensor, "*batch units"]) -> Float[Tensor, "*batch units"]:
        """Remove units at random and strengthen the rest, or do nothing."""
        return functional.dropout(y, 1 - self.keep, self.training)


class GaussianDropout(Thinning):
    """Section 10: y times r' ~ N(1, (1 - p)/p) in training, y in testing; no unit is removed."""

    def forward(self, y: Float[Tensor, "*batch units"]) -> Float[Tensor, "*batch units"]:
        """Strengthen and weaken units at random, or do nothing."""
        if not self.training:
            return y
        sigma = ((1 - self.keep) / self.keep) ** 0.5
        return y + y * torch.randn_like(y) * sigma


def max_norm_(weight: Float[Tensor, "units inputs"], c: float) -> None:
    """Section 5.1: project rows that are longer than c onto the ball of radius c, in place."""
    with torch.no_grad():
        norm = weight.square().sum(1, keepdim=True).sqrt()
        weight.mul_((c / norm).clamp(max=1))


def subsets(units: int) -> Float[Tensor, "subsets units"]:
    """Section 1: all 2ⁿ values of r for a layer of n units, counted in binary."""
    if not 0 < units <= 16:
        raise ValueError(f"all 2ⁿ subsets are listed for n from 1 to 16, not {units}")
    return (torch.arange(2**units)[:, None] >> torch.arange(units) & 1).float()


class Network(nn.Module):
    """Section 4: noise, weights and a nonlinearity, layer by layer; the last gives logits."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        noise = {"thinning": Thinning, "dropout": Dropout, "gaussian": GaussianDropout}
        f = {"logistic": nn.Sigmoid, "relu": nn.ReLU}[config.units]
        kept = [config.keep_input] + [config.keep] * (len(config.layers) - 2)
        self.layers = nn.Sequential()
        for keep, n, m in zip(kept, config.layers, config.layers[1:], strict=False):
            self.layers.extend([noise[config.noise](keep=keep), nn.Linear(n, m), f()])
        self.layers.pop(-1)

    def forward(self, x: Float[Tensor, "*batch inputs"]) -> Float[Tensor, "*batch classes"]:
        """Return logits: of a thinned network in training, of the scaled one in testing."""
        return self.layers(x)

    def constrain(self) -> None:
        """Section 5.1: after each step, bound the incoming weights of every hidden unit."""
        if self.config.max_norm is not None:
            *hidden, _ = (layer for layer in self.layers if isinstance(layer, nn.Linear))
            for linear in hidden:
                max_norm_(linear.weight, self.config.max_norm)

    @torch.no_grad()
    def monte_carlo(
        self, x: Float[Tensor, "batch inputs"], samples: int
    ) -> Float[Tensor, "samples batch classes"]:
        """Section 7.5: mean probabilities of the first 1, 2, … networks drawn for each case."""
        training = self.training
        self.train()
        drawn = torch.stack([self(x).softmax(-1) for _ in range(samples)])
        self.train(training)
        count = torch.arange(1, samples + 1, device=x.device)
        return drawn.cumsum(0) / count[:, None, None]

    @torch.no_grad()
    def thinned(
        self, x: Float[Tensor, "batch inputs"]
    ) -> tuple[Float[Tensor, "subsets batch classes"], Float[Tensor, " subsets"]]:
        """Section 1: logits of all 2ⁿ thinned networks, and the chance of each to be drawn.

        A chance is p^kept (1 - p)^dropped; layers whose units all stay are not thinned.
        """
        if self.config.noise != "thinning":
            raise ValueError(f"thinned networks need noise='thinning', not {self.config.noise!r}")
        y, chance = x[None], x.new_ones(1)
        for layer in self.layers:
            if not isinstance(layer, Thinning):
                y = layer(y)
            elif layer.keep < 1:
                r = subsets(y.shape[-1]).to(y)
                y = (r[:, None, None] * y).flatten(0, 1)
                each = (r * layer.keep + (1 - r) * (1 - layer.keep)).prod(1)
                chance = (each[:, None] * chance).flatten()
        return y, chance


def geometric_mean(
    logits: Float[Tensor, "subsets batch classes"], chance: Float[Tensor, " subsets"]
) -> Float[Tensor, "batch classes"]:
    """Section 1: weigh log probabilities by the networks' chances, then make them sum to one."""
    return torch.einsum("s,sbc->bc", chance, logits.log_softmax(-1)).softmax(-1)


def marginalized(
    inputs: Float[Tensor, "batch inputs"],
    w: Float[Tensor, " inputs"],
    y: Float[Tensor, " batch"],
    keep: float,
) -> Float[Tensor, ""]:
    """Section 9.1: ‖y - pXw‖² + p(1 - p)‖Γw‖², the expectation of ‖y - (R * X)w‖² over R."""
    gamma = inputs.square().sum(0).sqrt()  # diag(XᵀX)^½
    residual = y - keep * inputs @ w
    return residual.square().sum() + keep * (1 - keep) * (gamma * w).square().sum()
