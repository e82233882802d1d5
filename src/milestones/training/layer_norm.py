"""Layer Normalization: mean and variance over the units of a layer, for one case at a time.

Jimmy Lei Ba, Jamie Ryan Kiros, Geoffrey E. Hinton, 2016. https://arxiv.org/abs/1607.06450
Note: papers/training/layer_norm.md

Contribution: mean and variance taken over the units of a layer, for one example at a time, free
normalization from the batch, make it the same in training and testing, and suit it to every step of
a recurrent network.

Departures from the paper:
    - σ² has an ε added to it, which the paper leaves out and the authors' code has, 1e-5.
    - The supplement starts what it calls gains, α, at zero and the biases β at one, and also calls
      them additive and multiplicative. We take α for the gains and start them at one, β at zero,
      which is what Section 6 says and the authors' code does.
    - How weights start is not in the paper: recurrent ones are orthogonal, gate by gate, as in the
      authors' code; those from the inputs are normal, with a variance of one over their number.

Shapes: `...` is any number of cases; `units` of a layer; `batch` sequences of `time` steps with
`features` each; `hidden` units of a recurrent layer; `below` is what the inputs give to a step.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

EPSILON = 1e-5

# Table 1, from left to right: what is done to a layer, and whose output stays as it was.
CHANGES = (
    "weight matrix re-scaled",
    "weight matrix re-centered",
    "weight vector re-scaled",
    "dataset re-scaled",
    "dataset re-centered",
    "single case re-scaled",
)
TABLE_1 = {
    "batch": (True, False, True, True, True, False),
    "weight": (True, False, True, False, False, False),
    "layer": (True, True, False, True, False, True),
}

State = tuple[Tensor, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """One recurrent layer."""

    input_size: int
    hidden_size: int


# Section 6.5: three layers of LSTM cells; each reads the pen (3 numbers) and a window onto the text
# (57), as in Graves (2013), and those above the first also read the layer below.
HANDWRITING = (
    Config(input_size=3 + 57, hidden_size=400),
    Config(input_size=3 + 57 + 400, hidden_size=400),
    Config(input_size=3 + 57 + 400, hidden_size=400),
)
ATTENTIVE_READER = Config(input_size=240, hidden_size=240)  # Section 6.2; the authors' repository
TINY = Config(input_size=8, hidden_size=64)  # rows of small digits, for the page and the tests


def layer_norm(
    a: Float[Tensor, "... units"],
    gain: Float[Tensor, " units"],
    bias: Float[Tensor, " units"],
    epsilon: float = EPSILON,
) -> Float[Tensor, "... units"]:
    """Section 3, eq. (3), and what f is applied to in eq. (4): readable, and not the fast path."""
    mean = a.mean(-1, keepdim=True)
    variance = (a - mean).square().mean(-1, keepdim=True)
    return gain / (variance + epsilon).sqrt() * (a - mean) + bias


def layer_norm_backward(
    gradient: Float[Tensor, "... units"],
    a: Float[Tensor, "... units"],
    gain: Float[Tensor, " units"],
    epsilon: float = EPSILON,
) -> tuple[Tensor, Tensor, Tensor]:
    """Eq. (3) differentiated by hand, through μ and σ too.

    The first argument is the gradient of the loss with respect to what `layer_norm` gave, and what
    is returned are those with respect to `a`, `gain` and `bias`.
    """
    mean = a.mean(-1, keepdim=True)
    sigma = ((a - mean).square().mean(-1, keepdim=True) + epsilon).sqrt()
    standard = (a - mean) / sigma
    direct = gradient * gain
    through_mean = direct.mean(-1, keepdim=True)
    through_sigma = standard * (direct * standard).mean(-1, keepdim=True)
    return (
        (direct - through_mean - through_sigma) / sigma,
        (gradient * standard).reshape(-1, a.shape[-1]).sum(0),
        gradient.reshape(-1, a.shape[-1]).sum(0),
    )


def normalized_layer(
    method: Literal["none", "batch", "weight", "layer"],
    x: Float[Tensor, "cases features"],
    weight: Float[Tensor, "units features"],
    gain: Float[Tensor, " units"],
    bias: Float[Tensor, " units"],
) -> Float[Tensor, "cases units"]:
    """Section 5.1, eq. (5): a layer of tanh whose method is the choice of μ and σ; no ε.

    The cases are taken for the whole dataset of eq. (2).
    """
    a = x @ weight.T
    mean, sigma = torch.zeros_like(a), torch.ones_like(a)
    if method == "batch":  # eq. (2)
        mean, sigma = a.mean(0), a.std(0, correction=0)
    elif method == "layer":  # eq. (3)
        mean, sigma = a.mean(1, keepdim=True), a.std(1, correction=0, keepdim=True)
    elif method == "weight":
        sigma = weight.square().sum(1).sqrt()
    return torch.tanh(gain / sigma * (a - mean) + bias)


def table_1(
    x: Float[Tensor, "cases features"],
    weight: Float[Tensor, "units features"],
    shift: Float[Tensor, " features"],
    gain: Float[Tensor, " units"],
    bias: Float[Tensor, " units"],
) -> Float[Tensor, "methods changes"]:
    """Table 1 by computation: the largest change of an output, first without normalization."""
    vector, case = weight.clone(), x.clone()
    vector[0] *= 3
    case[0] *= 3
    altered = [  # in the order of CHANGES
        (x, 3 * weight),
        (x, weight + shift),  # every weight vector is moved by the same γ
        (x, vector),
        (3 * x, weight),
        (x + shift, weight),
        (case, weight),
    ]
    rows: list[Tensor] = []
    for method in ("none", "batch", "weight", "layer"):
        before = normalized_layer(method, x, weight, gain, bias)
        after = [normalized_layer(method, *pair, gain, bias) for pair in altered]
        rows.append((torch.stack(after) - before).abs().amax((1, 2)))
    return torch.stack(rows)


class LayerNorm(nn.Module):
    """Section 3: standardize each case over its units; then a gain and a bias for every unit."""

    def __init__(self, units: int, epsilon: float = EPSILON) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(units))  # Section 6: gains start at 1, biases at 0
        self.bias = nn.Parameter(torch.zeros(units))
        self.epsilon = epsilon

    def forward(self, a: Float[Tensor, "... units"]) -> Float[Tensor, "... units"]:
        """Return `layer_norm` by torch's kernel."""
        return functional.layer_norm(a, self.gain.shape, self.gain, self.bias, self.epsilon)


class Recurrent(nn.Module):
    """Section 3.1: a step that is repeated along time, with the same weights, gains and biases.

    What comes from the inputs is computed for all steps at once.
    """

    memory = 1  # how many vectors a step hands to the next

    def __init__(self, config: Config, gates: int) -> None:
        super().__init__()
        self.hidden_size = hidden = config.hidden_size
        self.weight_x = nn.Parameter(torch.empty(gates * hidden, config.input_size))
        self.weight_h = nn.Parameter(torch.empty(gates * hidden, hidden))
        nn.init.normal_(self.weight_x, std=config.input_size**-0.5)
        for gate in range(gates):
            nn.init.orthogonal_(self.weight_h.data[gate * hidden : (gate + 1) * hidden])

    def from_below(
        self, x: Float[Tensor, "batch time features"]
    ) -> Float[Tensor, "batch time below"]:
        """Return what the inputs contribute to each step."""
        return functional.linear(x, self.weight_x)

    def step(self, below: Float[Tensor, "batch below"], state: State) -> State:
        """Go one step further; the first vector of the state is h."""
        raise NotImplementedError

    def forward(
        self, x: Float[Tensor, "batch time features"], state: State | None = None
    ) -> tuple[Float[Tensor, "batch time hidden"], State]:
        """Return h at every step, and the last state; without a first one, start from zeros."""
        below = self.from_below(x)
        state = state or (below.new_zeros(len(x), self.hidden_size),) * self.memory
        outputs: list[Tensor] = []
        for now in below.unbind(1):
            state = self.step(now, state)
            outputs.append(state[0])
        return torch.stack(outputs, 1), state


class LayerNormRNN(Recurrent):
    """Section 3.1, eq. (4): h = tanh of the normalized sum W_hh h + W_xh x."""

    def __init__(self, config: Config) -> None:
        super().__init__(config, gates=1)
        self.norm = LayerNorm(config.hidden_size)

    def step(self, below: Float[Tensor, "batch below"], state: State) -> State:
        """Normalize the sum, then squash it."""
        return (torch.tanh(self.norm(below + functional.linear(state[0], self.weight_h))),)


class LayerNormLSTM(Recurrent):
    """Supplement, eq. (20) to (22): two normalized sums for the gates f, i, o, g, and one for c.

    The cell hands c itself to the next step; only what leaves through the output gate is
    normalized.
    """

    memory = 2

    def __init__(self, config: Config) -> None:
        super().__init__(config, gates=4)
        self.norm_h, self.norm_x = (LayerNorm(4 * config.hidden_size) for _ in range(2))
        self.norm_c = LayerNorm(config.hidden_size)
        self.bias = nn.Parameter(torch.zeros(4 * config.hidden_size))

    def from_below(
        self, x: Float[Tensor, "batch time features"]
    ) -> Float[Tensor, "batch time below"]:
        """Eq. (20), second and third term."""
        return self.norm_x(super().from_below(x)) + self.bias

    def step(self, below: Float[Tensor, "batch below"], state: State) -> State:
        """Eq. (20) to (22)."""
        h, c = state
        gates = self.norm_h(functional.linear(h, self.weight_h)) + below
        f, i, o, g = gates.chunk(4, dim=-1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * self.norm_c(c).tanh(), c


class LayerNormGRU(Recurrent):
    """Supplement, eq. (26) to (28): the gates z and r share a normalization, ĥ has its own."""

    def __init__(self, config: Config) -> None:
        super().__init__(config, gates=3)
        self.norm_h, self.norm_x = (LayerNorm(2 * config.hidden_size) for _ in range(2))
        self.norm_u, self.norm_w = (LayerNorm(config.hidden_size) for _ in range(2))

    def from_below(
        self, x: Float[Tensor, "batch time features"]
    ) -> Float[Tensor, "batch time below"]:
        """The normalized terms of eq. (26) and (27) that x gives."""
        gates, candidate = self._split(super().from_below(x))
        return torch.cat([self.norm_x(gates), self.norm_w(candidate)], dim=-1)

    def step(self, below: Float[Tensor, "batch below"], state: State) -> State:
        """Eq. (26) to (28)."""
        (h,) = state
        gates, candidate = self._split(below)
        recurrent, memory = self._split(functional.linear(h, self.weight_h))
        z, r = (self.norm_h(recurrent) + gates).sigmoid().chunk(2, dim=-1)
        proposal = torch.tanh(candidate + r * self.norm_u(memory))
        return ((1 - z) * h + z * proposal,)

    def _split(self, both: Tensor) -> tuple[Tensor, Tensor]:
        """Part what is for the gates from what is for ĥ."""
        return both[..., : 2 * self.hidden_size], both[..., 2 * self.hidden_size :]
