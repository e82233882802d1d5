"""A Simple Weight Decay Can Improve Generalization: why pulling weights towards zero helps.

Anders Krogh, John A. Hertz, 1991 (NIPS 4).
https://proceedings.neurips.cc/paper/1991/hash/8eefcfdf5990e441f0fb6f3fad709e21-Abstract.html
Note: papers/training/weight_decay.md

Contribution: a decay picks the smallest weights that solve a linear problem, which removes what the
examples leave undetermined; at the right strength, it also keeps noise in the targets from being
learned.

Departures from the paper:
    - We had its text only through the abstract and published quotations: docstrings name what they
      compute, and number no section and no equation.
    - The large-network limit is derived in the note by leaving one example out. The authors' own
      way, in a longer paper (J. Phys. A 25, 1135, 1992), was not at hand.
    - Sizes and noise of the presets are ours.

Shapes: `nets` independent problems side by side; `patterns` examples, p = αN; `inputs` N weights.
"""
# torch._foreach_*, one call for a list of tensors, is private, and is what torch.optim stands on.
# pyright: reportPrivateUsage=false, reportPrivateImportUsage=false

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor
from torch.optim.optimizer import Optimizer, ParamsT

Number = float | Tensor


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """The linear network's task: imitate a teacher with as many weights, from noisy examples.

    Attributes:
        inputs: Weights of teacher and student, N.
        alpha: Examples for each weight, α = p/N.
        noise: Variance σ² of the static noise, drawn once for each target.
        teacher: Variance s of the teacher's weights.
    """

    inputs: int = 100
    alpha: float = 1.0
    noise: float = 0.25
    teacher: float = 1.0


NOISY = Config()  # "static noise on the targets", abstract; the numbers are ours
CLEAN = Config(noise=0.0)  # the case without errors, where only the smallest vector matters
TINY = Config(inputs=20, alpha=1.2, noise=1.0)  # tests


class Problem(NamedTuple):
    """Examples, and the teacher's weights that they came from."""

    inputs: Float[Tensor, "nets patterns inputs"]
    targets: Float[Tensor, "nets patterns"]
    teacher: Float[Tensor, "nets inputs"]


def problem(config: Config, nets: int, generator: torch.Generator) -> Problem:
    """The linear network: inputs ±1/√N, targets ζ = u·x + η, with noise η that never changes."""
    shape = nets, round(config.alpha * config.inputs), config.inputs
    if shape[1] < 1:
        raise ValueError(f"alpha is {config.alpha}; αN must round to at least 1 example")
    like: dict[str, Any] = {"generator": generator, "device": generator.device}
    inputs = (2 * torch.randint(2, shape, **like).double() - 1) / config.inputs**0.5
    teacher = torch.randn(nets, config.inputs, dtype=torch.float64, **like) * config.teacher**0.5
    static = torch.randn(shape[:2], dtype=torch.float64, **like) * config.noise**0.5
    return Problem(inputs, _times(inputs, teacher) + static, teacher)


def penalty(weights: Iterable[Tensor], decay: Number) -> Tensor:
    """The cost: E(w) = E₀(w) + ½ λ Σ wᵢ², of which this is the second term; λ as in `descend`."""
    return 0.5 * torch.stack([(decay * weight.square()).sum() for weight in weights]).sum()


def descend(
    weight: Float[Tensor, "..."], gradient: Float[Tensor, "..."], rate: Number, decay: Number
) -> Float[Tensor, "..."]:
    """The dynamics: ẇ = −∂E₀/∂w − λw, as a step of length η; `decay` may differ between nets."""
    return weight - rate * (gradient + decay * weight)


class Descent(Optimizer):
    """The dynamics, for the parameters of a module: first all weights shrink, then they learn.

    A group may have a rate and a decay of its own; to leave biases alone, give theirs `decay=0`.
    """

    def __init__(self, params: ParamsT, lr: float, decay: float = 0.0) -> None:
        if lr < 0 or decay < 0:
            raise ValueError(f"lr is {lr} and decay {decay}; neither may be negative")
        super().__init__(params, {"lr": lr, "decay": decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], Number] | None = None) -> Number | None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Move all parameters that have a gradient; return what `closure` does, if there is one."""
        with torch.enable_grad():
            loss = None if closure is None else closure()
        for group in self.param_groups:
            weights = [weight for weight in group["params"] if weight.grad is not None]
            if weights:
                if group["decay"]:
                    torch._foreach_mul_(weights, 1 - group["lr"] * group["decay"])
                gradients = [weight.grad for weight in weights]
                torch._foreach_add_(weights, gradients, alpha=-group["lr"])
        return loss


def ridge(
    inputs: Float[Tensor, "*nets patterns inputs"],
    targets: Float[Tensor, "*nets patterns"],
    decay: Number,
) -> Float[Tensor, "*nets inputs"]:
    """Where the dynamics ends: w = (A + λ)⁻¹ Xᵀζ with A = XᵀX; at λ = 0, its limit for λ → 0.

    The limit is the smallest of all vectors with the least error.
    """
    left, size, right = _svd(inputs)
    floor = size[..., :1] * max(inputs.shape[-2:]) * torch.finfo(size.dtype).eps
    shrunk = torch.where(size > floor, size / (size**2 + decay), 0.0)
    return _times(right.mT, shrunk * _times(left.mT, targets))


def normal_equations(
    inputs: Float[Tensor, "patterns inputs"], targets: Float[Tensor, " patterns"], decay: float
) -> Float[Tensor, " inputs"]:
    """The same, read off ∂E/∂w = 0: (A + λ) w = Xᵀζ; it needs λ > 0 or enough examples."""
    relevance = inputs.mT @ inputs + decay * torch.eye(inputs.shape[-1]).to(inputs)
    # torch does not say what this returns
    return torch.linalg.solve(relevance, inputs.mT @ targets)  # pyright: ignore[reportUnknownVariableType]


def flow(
    inputs: Float[Tensor, "*nets patterns inputs"],
    targets: Float[Tensor, "*nets patterns"],
    decay: Number,
    start: Float[Tensor, "*nets inputs"],
    time: Number,
) -> Float[Tensor, "*nets inputs"]:
    """The dynamics, solved: along an eigenvector of A what is left to learn falls as e^−(a+λ)t.

    A direction that no example spans has a = 0: it forgets as e^−λt and, without decay, never.
    """
    _, size, right = _svd(inputs)
    end = ridge(inputs, targets, decay)
    relevant = _times(right, start - end)
    irrelevant = start - end - _times(right.mT, relevant)
    faded = relevant * torch.exp(torch.as_tensor(-(size**2 + decay) * time))
    return end + _times(right.mT, faded) + irrelevant * torch.exp(torch.as_tensor(-decay * time))


def forgotten(alpha: Number, decay: Number) -> Tensor:
    """The share g of the teacher that a decay withholds: λ tr(A + λ)⁻¹ / N, for N → ∞.

    It solves g² = (1 − α − λ) g + λ; the response function is G = g/λ.
    """
    rest = torch.as_tensor(1 - alpha - decay, dtype=torch.float64)
    return (rest + torch.sqrt(rest**2 + 4 * decay)) / 2


def generalization_error(
    alpha: Number, decay: Number, noise: Number, teacher: Number = 1.0, start: Number = 0.0
) -> Tensor:
    """The mean square of (u − w)·x over new inputs: F = s g + (σ² − s λ) g′, for N → ∞.

    Args:
        alpha: Examples for each weight.
        decay: λ; at 0 this is the limit λ → 0 if `start` is 0, else a descent without decay.
        noise: Variance σ² of the noise on the targets.
        teacher: Variance s of the teacher's weights; the best decay is σ²/s.
        start: Variance of the weights that the descent starts from, forgotten if there is a decay.
    """
    g = forgotten(alpha, decay)
    gap = 2 * g - (1 - alpha - decay)
    slope = (1 - g) / gap  # g′, by differentiating the equation for g
    excess = torch.as_tensor(noise - teacher * decay, dtype=torch.float64)
    kept = torch.where(torch.as_tensor(decay) == 0, start * g, 0.0)
    # At α = 1 and λ = 0 the slope is infinite, which is no matter where there is no noise.
    return teacher * g + torch.where((gap == 0) & (excess == 0), 0.0, excess * slope) + kept


def _svd(matrix: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    # torch does not say what this returns
    return torch.linalg.svd(matrix, full_matrices=False)  # pyright: ignore[reportUnknownVariableType]


def _times(matrix: Tensor, vector: Tensor) -> Tensor:
    return (matrix @ vector[..., None])[..., 0]
