"""Backpropagation Applied to Handwritten Zip Code Recognition: the convolutional network of 1989.

Yann LeCun, Bernhard Boser, John S. Denker, Donnie Henderson, Richard E. Howard, Wayne Hubbard,
Lawrence D. Jackel, 1989. https://doi.org/10.1162/neco.1989.1.4.541
Note: papers/foundations/convnet.md

Contribution: local receptive fields and shared weights, built into the architecture, let
backpropagation learn to read digits of real mail from their pixels, with 9,760 free parameters.

Departures from the paper:
    - Which 8 maps of H1 a map of H2 reads, the paper does not tell; here map m reads m to m + 7,
      counted in a ring.
    - Its squashing function is a scaled hyperbolic tangent, and its targets lie where that is
      nearly linear; the constants here are those of the 1998 paper, and the targets ±1.
    - It names no start for biases; they start as weights do. F counts 25, 200, 192 and 30 inputs.
    - Its Newton method is cited, not described. Here is the simplest positive form, in which the
      squashing function's own second derivative is left out; η and μ are ours.

Shapes: `batch` images; `maps` of `height` × `width` units, each map reading `reads` of `in_maps`
below; `places` where a window can stand; 10 `classes`.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

SIZE, CLASSES = 16, 10  # Section 3.1: pixels a side; one output unit for each class
KERNEL, STRIDE = 5, 2  # Section 3.3: windows of 5×5, two units apart
MARGIN = KERNEL // 2  # how far the outermost windows reach over the border
BACKGROUND = -1.0  # Section 3.3: what they see there, in H1 and in H2
AMPLITUDE, SLOPE = 1.7159, 2 / 3  # f(1) = 1 and f(-1) = -1; eq. (6) of the 1998 paper

Table = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Section 3.3: widths of the layers, and whether the units of a map share their weights."""

    maps: int = 12
    reads: int = 8
    hidden: int = 30
    shared: bool = True

    @property
    def table(self) -> Table:
        """The maps of H1 that each map of H2 reads; the paper keeps its scheme to itself."""
        steps, maps = range(self.reads), self.maps
        return tuple(tuple(sorted((m + step) % maps for step in steps)) for m in range(maps))


ZIP = Config()  # Section 3.3: 9,760 free parameters
UNSHARED = Config(shared=False)  # the control: as many free parameters as connections, 64,660
TINY = Config(maps=4, reads=3, hidden=16)  # tests


def census(config: Config) -> dict[str, tuple[int, int, int]]:
    """Section 3.3: units, connections (a bias is one) and free parameters of every layer."""
    rows = {"input": (SIZE**2, 0, 0)}
    for name, side, reads in (("H1", SIZE // 2, 1), ("H2", SIZE // 4, config.reads)):
        units, inputs = config.maps * side**2, reads * KERNEL**2
        connections = units * (inputs + 1)
        rows[name] = units, connections, config.maps * inputs + units
        if not config.shared:
            rows[name] = units, connections, connections
    below = config.maps * (SIZE // 4) ** 2
    for name, inputs, units in (("H3", below, config.hidden), ("output", config.hidden, CLASSES)):
        rows[name] = units, units * (inputs + 1), units * (inputs + 1)
    return rows


def squash(a: Tensor) -> Tensor:
    """Section 4: a scaled hyperbolic tangent, here one that maps 1 to 1 and −1 to −1."""
    return AMPLITUDE * torch.tanh(SLOPE * a)


def draw(*shape: int, fan_in: int | Tensor) -> nn.Parameter:
    """Section 4: uniform up to ±2.4 divided by the number of inputs, not by its square root."""
    return nn.Parameter((2 * torch.rand(shape) - 1) * 2.4 / fan_in)


def feature_maps(
    x: Float[Tensor, "batch in_maps height width"],
    weight: Float[Tensor, "maps reads 5 5"],
    bias: Float[Tensor, "maps height//2 width//2"],
    table: Table,
) -> Float[Tensor, "batch maps height//2 width//2"]:
    """Section 3.3: the total input of H1 or H2, unit by unit, slow and plain."""
    x = functional.pad(x, (MARGIN,) * 4, value=BACKGROUND)
    a = bias.repeat(len(x), 1, 1, 1)
    for m, sources in enumerate(table):
        for i in range(bias.shape[1]):
            for j in range(bias.shape[2]):
                rows, columns = (slice(STRIDE * n, STRIDE * n + KERNEL) for n in (i, j))
                a[:, m, i, j] += (weight[m] * x[:, sources, rows, columns]).sum((1, 2, 3))
    return a


class FeatureMaps(nn.Module):
    """Section 3.3, layers H1 and H2: one kernel for all units of a map, one bias for each unit.

    The fast path lays the kernels into one dense convolution, zero where a map is not read, and
    measures its inputs from the background, so that what lies beyond the border is zero.
    """

    sources: Int[Tensor, "maps reads"]

    def __init__(self, in_maps: int, table: Table, side: int) -> None:
        super().__init__()
        if any(sorted({*sources}) != [*sources] or sources[-1] >= in_maps for sources in table):
            raise ValueError(f"sources ascend within 0…{in_maps - 1}; the table is {table}")
        self.in_maps, maps, reads = in_maps, len(table), len(table[0])
        self.register_buffer("sources", torch.tensor(table), persistent=False)
        fan_in = reads * KERNEL**2
        self.weight = draw(*self.places(side), maps, reads, KERNEL, KERNEL, fan_in=fan_in)
        self.bias = draw(maps, side, side, fan_in=fan_in)

    def places(self, side: int) -> tuple[int, ...]:
        """Return how many kernels a map has: one, so no axis for them."""
        return ()

    def dense(self) -> Float[Tensor, "*places maps in_maps 5 5"]:
        """Return the kernels with zeros for the maps that are not read."""
        kernels = self.weight
        if kernels.shape[-3] == self.in_maps:  # all maps are read, in their order
            return kernels
        full = kernels.new_zeros(*kernels.shape[:-3], self.in_maps, KERNEL, KERNEL)
        maps = torch.arange(len(self.bias), device=kernels.device)[:, None]
        full[..., maps, self.sources, :, :] = kernels
        return full

    def forward(
        self, x: Float[Tensor, "batch in_maps height width"], background: float = BACKGROUND
    ) -> Float[Tensor, "batch maps height//2 width//2"]:
        """Return every unit's total input; `feature_maps` says the same as sums."""
        kernel = self.dense()
        a = functional.conv2d(x - background, kernel, stride=STRIDE, padding=MARGIN)
        return a + (self.bias + background * kernel.sum((1, 2, 3))[:, None, None])


class LocalMaps(FeatureMaps):
    """The control: the same windows, but every unit has a kernel of its own."""

    def places(self, side: int) -> tuple[int, ...]:
        """Return how many kernels a map has: one for each of its units."""
        return (side, side)

    def forward(
        self, x: Float[Tensor, "batch in_maps height width"], background: float = BACKGROUND
    ) -> Float[Tensor, "batch maps height//2 width//2"]:
        """Return every unit's total input, by one product of matrices for each place."""
        kernel, side = self.dense(), self.bias.shape[1]
        x = functional.pad(x - background, (MARGIN,) * 4)
        number = torch.arange(x[0].numel(), device=x.device).view(x.shape[1:])
        window = number.unfold(1, KERNEL, STRIDE).unfold(2, KERNEL, STRIDE)
        window = window.permute(1, 2, 0, 3, 4).flatten(2)  # row column input
        seen = x.flatten(1).T.index_select(0, window.flatten()).view(side**2, -1, len(x))
        a = (kernel.flatten(3).flatten(0, 1) @ seen).permute(2, 1, 0)  # batch map place
        threshold = self.bias + background * kernel.sum((3, 4, 5)).permute(2, 0, 1)
        return a.reshape(len(x), -1, side, side) + threshold


class Full(nn.Linear):
    """Section 3.3, layer H3 and the output: every unit reads all units of the layer below."""

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__(in_features, out_features)
        self.weight = draw(out_features, in_features, fan_in=in_features)
        self.bias = draw(out_features, fan_in=in_features)

    def forward(self, input: Float[Tensor, "batch ..."]) -> Float[Tensor, "batch units"]:
        """Return every unit's total input."""
        return functional.linear(input.flatten(1), self.weight, self.bias)


class Squashed(nn.Sequential):
    """Section 4: layers, each followed by the squashing function, the last one too."""

    def states(self, images: Float[Tensor, "batch 1 16 16"]) -> dict[str, Tensor]:
        """Return what every layer says, by its name, and the image itself as `input`."""
        states = {"input": images}
        for name, layer in self.named_children():
            images = states[name] = squash(layer(images))
        return states

    def forward(self, input: Float[Tensor, "batch 1 16 16"]) -> Float[Tensor, "batch classes"]:
        """Return the states of the output units; the greatest is the answer."""
        for layer in self:
            input = squash(layer(input))
        return input


class ConvNet(Squashed):
    """Section 3.3: two layers of feature maps, H3, and ten outputs."""

    def __init__(self, config: Config = ZIP) -> None:
        maps, layer = config.maps, FeatureMaps if config.shared else LocalMaps
        layers = {
            "H1": layer(1, ((0,),) * maps, SIZE // 2),
            "H2": layer(maps, config.table, SIZE // 4),
            "H3": Full(maps * (SIZE // 4) ** 2, config.hidden),
            "output": Full(config.hidden, CLASSES),
        }
        super().__init__(OrderedDict(layers))


def fully_connected(hidden: int = 40) -> Squashed:
    """Section 5: the paper's own control, 10,690 connections and as many parameters."""
    layers = {"hidden": Full(SIZE**2, hidden), "output": Full(hidden, CLASSES)}
    return Squashed(OrderedDict(layers))


def mse_loss(
    outputs: Float[Tensor, "batch classes"], labels: Int[Tensor, " batch"]
) -> Float[Tensor, ""]:
    """Section 5: the squared error, averaged over the patterns and the output units."""
    targets = 2.0 * functional.one_hot(labels, CLASSES) - 1.0
    return (outputs - targets).square().mean()


def curvature(
    network: Squashed, images: Float[Tensor, "batch 1 16 16"]
) -> dict[nn.Parameter, Tensor]:
    """Section 4: a positive estimate of ∂²E/∂w² for every parameter, at one backward pass.

    It is the pass that gives ∂E/∂w, with every factor squared: weights, states, slopes, background.
    """
    states = [x.detach() for x in network.states(images).values()]
    h = torch.full_like(states[-1], 2 / states[-1].numel())  # ∂²E/∂x² of the outputs
    found: dict[nn.Parameter, Tensor] = {}
    for layer, x, y in reversed([*zip(network, states, states[1:], strict=False)]):
        h = h.view_as(y) * (SLOPE * (AMPLITUDE - y * y / AMPLITUDE)).square()  # f' from f
        squares = {n: p.detach().square().requires_grad_() for n, p in layer.named_parameters()}
        beyond = {"background": BACKGROUND**2} if isinstance(layer, FeatureMaps) else {}
        below = x.square().requires_grad_()
        a = functional_call(layer, squares, (below,), beyond)
        h, *each = torch.autograd.grad(a, [below, *squares.values()], h)
        found |= zip(layer.parameters(), each, strict=True)
    return found


class PseudoNewton(torch.optim.Optimizer):
    """Section 4: online learning with a rate for every weight, η / (μ + ∂²E/∂w²)."""

    def __init__(self, network: Squashed, eta: float = 1e-3, mu: float = 1e-2) -> None:
        super().__init__(network.parameters(), {"lr": eta, "mu": mu})
        self.network = network

    def measure(self, images: Float[Tensor, "batch 1 16 16"]) -> None:
        """Set the rates by the curvatures over some images; they hold until the next time."""
        found = curvature(self.network, images)
        for group in self.param_groups:
            for p in group["params"]:
                self.state[p]["rate"] = group["lr"] / (group["mu"] + found[p])

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Move every weight against its gradient, at its own rate."""
        for group in self.param_groups:
            for p in (p for p in group["params"] if p.grad is not None):
                if "rate" not in self.state[p]:
                    raise ValueError("there are no rates yet: call measure() before the first step")
                p.addcmul_(p.grad, self.state[p]["rate"], value=-1)
