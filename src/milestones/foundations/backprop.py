"""Learning internal representations by error propagation: the generalized delta rule, by hand.

David E. Rumelhart, Geoffrey E. Hinton and Ronald J. Williams, 1986. Parallel Distributed
Processing, volume 1, chapter 8, pp. 318-362. <https://doi.org/10.7551/mitpress/5236.003.0012>.
Note: papers/foundations/backprop.md.

Contribution: send the output's error backwards through differentiable hidden units, so that a
layered net invents features which nobody designed.

Departures: many nets learn side by side (the first axis of most tensors), so that a result is a
success rate and not one lucky run. Initial weights are uniform, within a bound that the sources we
could read state only for the letter's symmetry net. For T-C the size of the retina, the learning
rate, and one weight shared by all connections to the output are our reading of the text.

Shapes: nets; patterns; units (one that is always on, then inputs, hidden units, outputs); edges
(connections); free (free parameters: fewer than edges where connections share a weight).
"""

from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """A wiring and a way of learning.

    Attributes:
        layers: Units in each layer, inputs first.
        skip: Whether a layer sees all layers below it, and not only the nearest.
        field: Side of the square patch of the retina that a first hidden unit sees; 0: all of it.
        shared: Whether the units of a layer are copies of one detector.
        eta: The learning rate, η.
        alpha: The momentum, α.
        spread: Initial weights are uniform in [-spread, spread].
        batch: Whether weights change once a sweep through all patterns, or after every pattern.
    """

    layers: tuple[int, ...]
    skip: bool = False
    field: int = 0
    shared: bool = False
    eta: float = 0.5
    alpha: float = 0.9
    spread: float = 1.0
    batch: bool = False


XOR_SKIP = Config(layers=(2, 1, 1), skip=True)  # p. 331: one hidden unit, η = 0.5
XOR = Config(layers=(2, 2, 1))  # pp. 331-333: the net that got stuck twice
PARITY = Config(layers=(4, 4, 1))  # p. 335: η = 0.5
ENCODER = Config(layers=(8, 3, 8))  # pp. 335-338: eight patterns through log2(8) units
SYMMETRY = Config(layers=(6, 2, 1), eta=0.1, spread=0.3, batch=True)  # Nature 323, Fig. 1
T_C = Config(layers=(49, 25, 1), field=3, shared=True, eta=0.05, batch=True)  # from p. 348


class Problem(NamedTuple):
    """All patterns of a task, and what the output units should say to each."""

    inputs: Float[Tensor, "patterns inputs"]
    targets: Float[Tensor, "patterns outputs"]


class Connections(NamedTuple):
    """One entry a connection: it leads from `source` to `target` and carries weight `number`."""

    source: Int[Tensor, " edges"]
    target: Int[Tensor, " edges"]
    number: Int[Tensor, " edges"]


def layer_slices(config: Config) -> list[slice]:
    """The units of each layer; unit 0 is always on, which makes a bias a weight like any other."""
    return [slice(a, b) for a, b in pairwise(accumulate(config.layers, initial=1))]


def patches(retina: int, field: int) -> Int[Tensor, "windows cells"]:
    """The input units that a square window covers, for each of its places on the retina."""
    grid = torch.arange(1, retina * retina + 1).view(retina, retina)
    return grid.unfold(0, field, 1).unfold(1, field, 1).reshape(-1, field * field)


def connect(config: Config) -> Connections:
    """Wire a feed-forward net; connections that share a weight carry the same number."""
    edges: list[Tensor] = []
    layers, free = layer_slices(config), 0
    for below, here in pairwise(layers):
        units = torch.arange(here.start, here.stop)[:, None]
        sees = torch.arange(1 if config.skip else below.start, here.start).expand(len(units), -1)
        if config.field and below is layers[0]:
            sees = patches(round(config.layers[0] ** 0.5), config.field)
            if len(sees) != len(units):
                raise ValueError(
                    f"layers[1] is {len(units)}; one unit for each window makes it {len(sees)}"
                )
        sees = torch.cat([torch.zeros_like(units), sees], dim=1)
        number = free + torch.arange(sees.numel()).view_as(sees)
        if config.shared:
            number = number[:1].expand_as(sees)
            if below is not layers[0]:  # copies of one detector count alike further up
                number = torch.cat([number[:, :1], number[:, 1:2].expand(-1, sees.shape[1] - 1)], 1)
        edges.append(torch.stack([sees, units.expand_as(sees), number]).flatten(1))
        free = int(number.max()) + 1
    return Connections(*torch.cat(edges, dim=1))


def forward(
    w: Float[Tensor, "nets units units"],
    layers: list[slice],
    inputs: Float[Tensor, "patterns inputs"],
) -> Float[Tensor, "nets patterns units"]:
    """Page 329: o_j = 1 / (1 + exp(-net_j)) with net_j = Σ_i w_ji o_i + θ_j, from the bottom up."""
    o = w.new_ones(len(w), len(inputs), w.shape[1])  # unit 0 stays on
    o[..., layers[0]] = inputs
    for here in layers[1:]:
        net = o[..., : here.start] @ w[:, here, : here.start].mT
        o[..., here] = torch.sigmoid(net)
    return o


def backward(
    w: Float[Tensor, "nets units units"],
    layers: list[slice],
    o: Float[Tensor, "nets patterns units"],
    targets: Float[Tensor, "patterns outputs"],
) -> Float[Tensor, "nets patterns units"]:
    """Pages 322-329: δ_j = f'(net_j) (t_j - o_j) at the top, f'(net_j) Σ_k δ_k w_kj below it."""
    slope, delta, top = o * (1 - o), torch.zeros_like(o), layers[-1]
    delta[..., top] = slope[..., top] * (targets - o[..., top])
    for here in reversed(layers[1:-1]):
        delta[..., here] = slope[..., here] * (delta[..., here.stop :] @ w[:, here.stop :, here])
    return delta


class Network:
    """Nets of logistic units that have one wiring in common, and each its own weights."""

    def __init__(
        self,
        config: Config,
        nets: int = 1,
        *,
        generator: torch.Generator | None = None,
        device: torch.device | str = "cpu",
        dtype: torch.dtype | None = None,
    ) -> None:
        """Draw initial weights, on the CPU: a seed means the same weights on every device.

        Args:
            config: The wiring and the way of learning.
            nets: How many nets learn side by side.
            generator: Draws the initial weights.
            device: Where the nets live.
            dtype: Double precision by default, where the device has it.
        """
        self.config, self.layers = config, layer_slices(config)
        self.edges = Connections(*(row.to(device) for row in connect(config)))
        units = self.layers[-1].stop
        self.place = self.edges.target * units + self.edges.source  # in a matrix laid out as a row
        dtype = dtype or (torch.float32 if torch.device(device).type == "mps" else torch.float64)
        free = int(self.edges.number.max()) + 1
        start = torch.rand(nets, free, generator=generator, dtype=torch.float64)
        self.weights = ((2 * start - 1) * config.spread).to(dtype).to(device)
        self.velocity = torch.zeros_like(self.weights)

    @property
    def matrix(self) -> Float[Tensor, "nets units units"]:
        """w[n, j, i]: the weight from unit i to unit j of net n; zero without a connection."""
        units = self.layers[-1].stop
        each = self.weights.index_select(1, self.edges.number)
        w = self.weights.new_zeros(len(self.weights), units * units)
        return w.index_copy_(1, self.place, each).view(-1, units, units)

    def states(
        self, inputs: Float[Tensor, "patterns inputs"]
    ) -> Float[Tensor, "nets patterns units"]:
        """What every unit says to every pattern."""
        return forward(self.matrix, self.layers, inputs.to(self.weights))

    def descent(
        self, inputs: Float[Tensor, "patterns inputs"], targets: Float[Tensor, "patterns outputs"]
    ) -> Float[Tensor, "nets free"]:
        """Pages 322-327: -∂E/∂w = Σ_p δ_pj o_pi, summed also over the connections that share w."""
        w = self.matrix
        o = forward(w, self.layers, inputs)
        delta = backward(w, self.layers, o, targets)
        each = (delta.mT @ o).flatten(1).index_select(1, self.place)
        return torch.zeros_like(self.weights).index_add(1, self.edges.number, each)

    def step(
        self, inputs: Float[Tensor, "patterns inputs"], targets: Float[Tensor, "patterns outputs"]
    ) -> None:
        """Page 330: Δw(n+1) = η δ o + α Δw(n)."""
        change = self.config.eta * self.descent(inputs, targets)
        self.velocity = change + self.config.alpha * self.velocity
        self.weights = self.weights + self.velocity


class History(NamedTuple):
    """Before each sweep and after the last, net by net: E, and the worst |t - o| of any output."""

    error: Float[Tensor, "sweeps nets"]
    worst: Float[Tensor, "sweeps nets"]

    @property
    def solved(self) -> torch.Tensor:
        """Which nets end with every output on the right side of one half."""
        return self.worst[-1] < 0.5

    def sweeps_until(self, tolerance: float = 0.5) -> Float[Tensor, " nets"]:
        """Sweeps before every output was first within `tolerance` of its target, or infinity."""
        good = self.worst < tolerance
        first = good.int().argmax(dim=0).to(self.worst)
        return torch.where(good.any(dim=0), first, torch.inf)


@torch.inference_mode()  # nothing here is for autograd to follow, and steps take a third less time
def learn(network: Network, problem: Problem, sweeps: int) -> History:
    """Show a network all patterns, `sweeps` times over."""
    inputs, targets = problem.inputs.to(network.weights), problem.targets.to(network.weights)
    size = len(inputs) if network.config.batch else 1
    presented = torch.split(torch.arange(len(inputs)), size)
    error: list[Tensor] = []
    worst: list[Tensor] = []
    for sweep in range(sweeps + 1):
        miss = targets - network.states(inputs)[..., network.layers[-1]]
        error.append(0.5 * miss.square().sum(dim=(1, 2)))
        worst.append(miss.abs().amax(dim=(1, 2)))
        for some in presented if sweep < sweeps else ():
            network.step(inputs[some], targets[some])
    return History(torch.stack(error), torch.stack(worst))


def all_bits(bits: int) -> Float[Tensor, "patterns bits"]:
    """Every row of zeros and ones, in the order of binary numbers."""
    return (torch.arange(2**bits)[:, None] >> torch.arange(bits - 1, -1, -1) & 1).float()


def parity(bits: int) -> Problem:
    """Page 334: is the number of ones odd? With two bits this is XOR."""
    inputs = all_bits(bits)
    return Problem(inputs, inputs.sum(dim=1, keepdim=True) % 2)


def encoder(units: int) -> Problem:
    """Page 335: name again, behind a bottleneck, the one unit that is on."""
    return Problem(torch.eye(units), torch.eye(units))


def symmetry(bits: int) -> Problem:
    """Nature 323, p. 534: is the row its own mirror image?"""
    inputs = all_bits(bits)
    return Problem(inputs, (inputs == inputs.flip(1)).all(dim=1, keepdim=True).float())


def t_c(retina: int = 7, shifts: int = 0) -> Problem:
    """Page 348: is it a T or a C, of five cells each, whichever way up, `shifts` off the centre?"""
    if retina < 3 + 2 * shifts:
        raise ValueError(
            f"shifts is {shifts}; a retina of {retina} has room for {(retina - 3) // 2}"
        )
    t, c = [[1, 1, 1], [0, 1, 0], [0, 1, 0]], [[1, 1, 1], [1, 0, 1], [0, 0, 0]]
    corners = range(retina // 2 - 1 - shifts, retina // 2 + shifts)
    inputs: list[Tensor] = []
    targets: list[list[float]] = []
    for shape, is_t in ((t, 1.0), (c, 0.0)):
        for turned in (torch.tensor(shape).rot90(turn) for turn in range(4)):
            for top, left in ((top, left) for top in corners for left in corners):
                image = torch.zeros(retina, retina)
                image[top : top + 3, left : left + 3] = turned
                inputs.append(image.flatten())
                targets.append([is_t])
    return Problem(torch.stack(inputs), torch.tensor(targets))
