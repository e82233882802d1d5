"""Adam: A Method for Stochastic Optimization, and its variant AdaMax.

Diederik P. Kingma, Jimmy Ba, 2014 (ICLR 2015). https://arxiv.org/abs/1412.6980
Note: papers/training/adam.md

Contribution: running averages of the gradient and of its square, corrected for their start at zero,
give every parameter a step size of its own, so that one default setting serves very different
problems.

Departures from the paper:
    - Algorithm 2 divides by u, which has no ε; where a parameter never had a gradient but zero, the
      classes take 0/0 for 0.
    - A parameter without a gradient (`None`) is left out of a step, and its t does not count that
      step, as in torch.optim; the paper has one t for all.
    - Not here: the first average's decay β₁λᵗ⁻¹, which only Theorem 4.1 asks for, and the averaging
      of parameters in Section 7.2.

Shapes: `...` is the shape of a parameter. To the plain functions hyper-parameters may be tensors
that broadcast against it, so that many runs go side by side.
"""
# torch._foreach_*, one call for a list of tensors, is private, and is what torch.optim stands on.
# pyright: reportPrivateUsage=false, reportPrivateImportUsage=false

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.optim.optimizer import Optimizer, ParamsT

Number = float | Tensor


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Algorithms 1 and 2: what they require.

    Attributes:
        alpha: The stepsize α, about as far as a weight moves in a step; torch's learning rate.
        beta1: The share of the first average, of gradients, that a step keeps.
        beta2: The share of the second, of their squares (in AdaMax, their maximum), that it keeps.
        epsilon: Added to the denominator; not in AdaMax.
        epsilon_hat: Whether to add it to √v, as ε̂ at the end of Section 2, instead of √v̂.
        bias_correction: Whether to correct the averages for their start at zero, Section 3.
    """

    alpha: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    epsilon_hat: bool = False
    bias_correction: bool = True


ADAM = Config()  # Algorithm 1, "good default settings"
ADAMAX = Config(alpha=0.002)  # Algorithm 2, likewise
UNCORRECTED = Config(bias_correction=False)  # Section 6.4, the control


def adam(
    theta: Float[Tensor, "..."],
    gradient: Float[Tensor, "..."],
    m: Float[Tensor, "..."],
    v: Float[Tensor, "..."],
    t: Number,
    *,
    alpha: Number = 0.001,
    beta1: Number = 0.9,
    beta2: Number = 0.999,
    epsilon: Number = 1e-8,
) -> tuple[Tensor, Tensor, Tensor]:
    """Algorithm 1, line by line: the next θ, m and v. With t = ∞ nothing is corrected."""
    m = beta1 * m + (1 - beta1) * gradient
    v = beta2 * v + (1 - beta2) * gradient**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return theta - alpha * m_hat / (v_hat.sqrt() + epsilon), m, v


def adamax(
    theta: Float[Tensor, "..."],
    gradient: Float[Tensor, "..."],
    m: Float[Tensor, "..."],
    u: Float[Tensor, "..."],
    t: Number,
    *,
    alpha: Number = 0.002,
    beta1: Number = 0.9,
    beta2: Number = 0.999,
) -> tuple[Tensor, Tensor, Tensor]:
    """Section 7.1, Algorithm 2, line by line: the next θ, m and u."""
    m = beta1 * m + (1 - beta1) * gradient
    u = torch.maximum(beta2 * u, gradient.abs())
    return theta - alpha / (1 - beta1**t) * m / u, m, u


class Adam(Optimizer):
    """Algorithm 1 for the parameters of a module, in the faster order at the end of Section 2.

    Settings stand in `param_groups` under the names of `Config`, and a group may have its own;
    only α is called `lr` there, where torch's schedules look for it.
    """

    def __init__(self, params: ParamsT, config: Config = ADAM) -> None:
        for name, beta in (("beta1", config.beta1), ("beta2", config.beta2)):
            if not 0 <= beta < 1:
                raise ValueError(f"{name} is {beta}; it must lie in [0, 1)")
        defaults = {
            "lr": config.alpha,
            "beta1": config.beta1,
            "beta2": config.beta2,
            "epsilon": config.epsilon,
            "epsilon_hat": config.epsilon_hat,
            "bias_correction": config.bias_correction,
        }
        super().__init__(params, defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], Number] | None = None) -> Number | None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Move all parameters that have a gradient; return what `closure` does, if there is one."""
        with torch.enable_grad():
            loss = None if closure is None else closure()
        for group in self.param_groups:
            thetas = [theta for theta in group["params"] if theta.grad is not None]
            if thetas:
                self._move(group, thetas, [self._count(theta) for theta in thetas])
        return loss

    def _count(self, theta: Tensor) -> dict[str, Any]:
        """Return what is kept of a parameter, with t one further."""
        if theta.is_complex() or (theta.grad is not None and theta.grad.is_sparse):
            kind = f"{theta.dtype}, {theta.grad.layout if theta.grad is not None else theta.layout}"
            raise ValueError(f"a gradient is {kind}; it must be real and dense")
        state = self.state[theta]
        if not state:
            state |= {"t": 0, "m": torch.zeros_like(theta), "v": torch.zeros_like(theta)}
        state["t"] += 1
        return state

    def _move(self, group: dict[str, Any], thetas: list[Tensor], states: list[Any]) -> None:
        """Section 2: α_t = α √(1 − β₂ᵗ) / (1 − β₁ᵗ), and θ moves by −α_t m / (√v + epsilon_hat).

        With epsilon_hat = ε √(1 − β₂ᵗ) this is Algorithm 1 exactly.
        """
        gradients, m, v = _gather(thetas, states)
        torch._foreach_lerp_(m, gradients, 1 - group["beta1"])  # m + (1 − β₁) (g − m)
        torch._foreach_mul_(v, group["beta2"])
        torch._foreach_addcmul_(v, gradients, gradients, 1 - group["beta2"])
        first = _corrections(group, "beta1", states)
        second = [math.sqrt(c) for c in _corrections(group, "beta2", states)]
        epsilon_hat = [group["epsilon"] * (1 if group["epsilon_hat"] else c) for c in second]
        steps = [-group["lr"] * c2 / c1 for c1, c2 in zip(first, second, strict=True)]
        below = torch._foreach_sqrt(v)
        torch._foreach_add_(below, epsilon_hat)
        torch._foreach_addcdiv_(thetas, m, below, steps)


class AdaMax(Adam):
    """Section 7.1, Algorithm 2: the second average becomes a decaying maximum, u, kept as `v`."""

    def __init__(self, params: ParamsT, config: Config = ADAMAX) -> None:
        super().__init__(params, config)

    def _move(self, group: dict[str, Any], thetas: list[Tensor], states: list[Any]) -> None:
        """Section 7.1: θ moves by −α / (1 − β₁ᵗ) m / u."""
        gradients, m, u = _gather(thetas, states)
        torch._foreach_lerp_(m, gradients, 1 - group["beta1"])
        torch._foreach_mul_(u, group["beta2"])
        torch._foreach_maximum_(u, torch._foreach_abs(gradients))
        torch._foreach_clamp_min_(u, [torch.finfo(x.dtype).tiny for x in u])  # 0/0 is 0
        steps = [-group["lr"] / c for c in _corrections(group, "beta1", states)]
        torch._foreach_addcdiv_(thetas, m, u, steps)


def _gather(thetas: list[Tensor], states: list[Any]) -> tuple[list[Tensor], ...]:
    gradients = [theta.grad for theta in thetas if theta.grad is not None]
    return gradients, [state["m"] for state in states], [state["v"] for state in states]


def _corrections(group: dict[str, Any], beta: str, states: list[Any]) -> list[float]:
    """Section 3: 1 − βᵗ, by which an average falls short because it began at zero."""
    if not group["bias_correction"]:
        return [1.0] * len(states)
    return [1 - group[beta] ** state["t"] for state in states]
