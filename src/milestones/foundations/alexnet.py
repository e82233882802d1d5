"""ImageNet Classification with Deep Convolutional Neural Networks: AlexNet.

Alex Krizhevsky, Ilya Sutskever, Geoffrey E. Hinton, 2012 (NIPS 25).
https://papers.nips.cc/paper/2012/hash/c399862d3b9d6b76c8436e924a68c45b-Abstract.html
Note: papers/foundations/alexnet.md

Contribution: a convolutional network of 60 million parameters, with rectifiers and dropout, trained
on two GPUs; seven such networks together won the ImageNet challenge of 2012.

Departures from the paper:
    - Where the text does not add up, the authors' code decides (see the note): zeros hang over the
      right and lower edges of the 224 pixels, so that 55 windows fit, and responses are normalized
      within a tower. The towers run on one device, as groups of one convolution.
    - Dropout is torch's: it doubles in training what stays, where the paper halves all in testing.

Shapes: `batch` images of `channels` × `height` × `width`; `maps` of a layer; `classes`; `views`.
"""
# torch._foreach_*, one call for a list of tensors, is private, and is what torch.optim stands on.
# pyright: reportPrivateUsage=false, reportPrivateImportUsage=false

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.optimizer import Optimizer, ParamsT

from milestones.training.relu import relu

LAYERS = ("conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8")


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Section 3.5: how wide the layers are, and what lies between them.

    Attributes:
        maps: Kernels of the five convolutions, those of all towers together.
        towers: Into how many parts layers 2, 4 and 5 fall.
        kernel: Side of the first layer's windows.
        stride: How far these are apart.
        padding: Zeros around the image; by default those that its last windows lack.
        pool: Side z of the windows that are pooled; they are s = 2 apart.
        normalize: Whether responses are normalized after layers 1 and 2.
        hidden: Units of layers 6 and 7.
        drop: The probability that one of these is dropped in training.
        classes: To tell apart.
        channels: Of the images.
        size: Their height and width.
        deviation: Of the weights at the start.
        bias: At the start, in layers 2, 4, 5, 6 and 7; elsewhere it is 0.
    """

    maps: tuple[int, int, int, int, int] = (96, 256, 384, 384, 256)
    towers: int = 2
    kernel: int = 11
    stride: int = 4
    padding: int | None = None
    pool: int = 3
    normalize: bool = True
    hidden: int = 4096
    drop: float = 0.5
    classes: int = 1000
    channels: int = 3
    size: int = 224
    deviation: float = 0.01
    bias: float = 1.0


ALEXNET = Config()  # Section 3.5, Fig. 2: 60,965,224 parameters
ONE_GPU = Config(towers=1, maps=(48, 128, 192, 192, 256))  # Section 3.2, footnote 2: 59,798,312
DENSE = Config(towers=1)  # the same maps without towers, as in many copies: 62,378,344
# "One weird trick" (2014) as torchvision has it: 61,100,840
SINGLE = Config(towers=1, maps=(64, 192, 384, 256, 256), padding=2, normalize=False)
TINY = Config(  # for the digits of the page and the tests; fewer inputs want larger weights
    maps=(16, 32, 48, 48, 48), kernel=5, stride=1, hidden=256, drop=0.0, classes=10, channels=1,
    size=20, deviation=0.06,
)  # fmt: skip


def response(
    a: Float[Tensor, "batch maps height width"],
    k: float = 2.0,
    n: int = 5,
    alpha: float = 1e-4,
    beta: float = 0.75,
) -> Float[Tensor, "batch maps height width"]:
    """Section 3.3: b = a / (k + α Σ a²)^β, where Σ runs over a map and its neighbours, n in all.

    torch's `local_response_norm` divides α by n, as the authors' code does: there, this is 5α.
    """
    if n % 2 == 0:
        raise ValueError(f"n is odd, a map and as many on either side of it, not {n}")
    wide = a.float() if a.dtype in (torch.float16, torch.bfloat16) else a  # 256² is too much
    squares = functional.pad(wide.square(), (0, 0, 0, 0, n // 2, n // 2))
    total = squares[:, : a.shape[1]]
    for shift in range(1, n):
        total = total + squares[:, shift : shift + a.shape[1]]
    divisor = k + alpha * total
    if beta != 0.75:
        return (wide * divisor.pow(-beta)).to(a.dtype)
    root = divisor.rsqrt()  # two roots are several times as fast as a power
    return (wide * (root * root.sqrt())).to(a.dtype)


def response_as_printed(
    a: Float[Tensor, "batch maps height width"], k: float, n: int, alpha: float, beta: float
) -> Float[Tensor, "batch maps height width"]:
    """Section 3.3, the equation: the sum runs from max(0, i - n/2) to min(N - 1, i + n/2)."""
    b, count = torch.empty_like(a), a.shape[1]
    for i in range(count):
        first, last = max(0, i - n // 2), min(count - 1, i + n // 2)
        b[:, i] = a[:, i] / (k + alpha * a[:, first : last + 1].square().sum(1)) ** beta
    return b


class ResponseNorm(nn.Module):
    """Section 3.3: `response`, in each tower by itself."""

    def __init__(self, towers: int) -> None:
        super().__init__()
        self.towers = towers

    def forward(
        self, a: Float[Tensor, "batch maps height width"]
    ) -> Float[Tensor, "batch maps height width"]:
        """Normalize; the first and the last maps of a tower have fewer neighbours."""
        parts = a.reshape(-1, a.shape[1] // self.towers, *a.shape[2:])
        return response(parts).reshape(a.shape)


def in_towers(
    x: Float[Tensor, "batch maps height width"], layer: nn.Conv2d
) -> Float[Tensor, "batch kernels rows columns"]:
    """Section 3.2: kernels read only the maps of their own tower; torch's `groups`, written out."""
    assert layer.bias is not None, "all layers here have biases"
    n = layer.groups
    parts = zip(x.chunk(n, dim=1), layer.weight.chunk(n), layer.bias.chunk(n), strict=True)
    return torch.cat([functional.conv2d(*part, padding="same") for part in parts], dim=1)


class AlexNet(nn.Module):
    """Section 3.5, Fig. 2: five convolutions and three layers that are fully connected."""

    def __init__(self, config: Config = ALEXNET) -> None:
        super().__init__()
        self.config = config
        one, two, three, four, five = config.maps
        towers, side = config.towers, sides(config)[-1]
        if side < 1:
            raise ValueError(f"images of {config.size} pixels are too small: nothing reaches fc6")
        pad = config.padding or 0
        self.conv1 = nn.Conv2d(config.channels, one, config.kernel, config.stride, pad)
        self.conv2 = nn.Conv2d(one, two, 5, padding=2, groups=towers)
        self.conv3 = nn.Conv2d(two, three, 3, padding=1)  # the towers meet
        self.conv4 = nn.Conv2d(three, four, 3, padding=1, groups=towers)
        self.conv5 = nn.Conv2d(four, five, 3, padding=1, groups=towers)
        self.fc6 = nn.Linear(five * side**2, config.hidden)
        self.fc7 = nn.Linear(config.hidden, config.hidden)
        self.fc8 = nn.Linear(config.hidden, config.classes)
        self.norm = ResponseNorm(towers) if config.normalize else nn.Identity()
        self.pool = nn.MaxPool2d(config.pool, stride=2)
        self.drop = nn.Dropout(config.drop)
        self.start()

    def start(self) -> None:
        """Section 5: draw the weights; biases of 1 give rectifiers something positive at first."""
        for name in LAYERS:
            layer = self.get_submodule(name)
            bias = 0.0 if name in ("conv1", "conv3", "fc8") else self.config.bias
            nn.init.normal_(layer.get_parameter("weight"), std=self.config.deviation)
            nn.init.constant_(layer.get_parameter("bias"), bias)

    def states(self, images: Float[Tensor, "batch channels height width"]) -> dict[str, Tensor]:
        """Return what every layer with weights gives, rectified but for the last."""
        form = self.config
        more = -(images.shape[-1] - form.kernel) % form.stride if form.padding is None else 0
        conv1 = relu(self.conv1(functional.pad(images, (0, more, 0, more))))
        conv2 = relu(self.conv2(self.pool(self.norm(conv1))))
        conv3 = relu(self.conv3(self.pool(self.norm(conv2))))
        conv4 = relu(self.conv4(conv3))
        conv5 = relu(self.conv5(conv4))
        fc6 = relu(self.fc6(self.pool(conv5).flatten(1)))
        fc7 = relu(self.fc7(self.drop(fc6)))
        states = (conv1, conv2, conv3, conv4, conv5, fc6, fc7, self.fc8(self.drop(fc7)))
        return dict(zip(LAYERS, states, strict=True))

    def forward(
        self, images: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch classes"]:
        """Return the logits of a softmax over the classes."""
        return self.states(images)["fc8"]


def sides(config: Config) -> tuple[int, int, int, int]:
    """Fig. 2: height and width of the maps of layers 1, 2, 3 to 5, and of what layer 6 reads."""
    rest = config.size + 2 * (config.padding or 0) - config.kernel
    if config.padding is None:
        rest += -rest % config.stride  # what hangs over
    first = rest // config.stride + 1
    second = (first - config.pool) // 2 + 1
    third = (second - config.pool) // 2 + 1
    return first, second, third, (third - config.pool) // 2 + 1


def census(config: Config) -> dict[str, tuple[int, int, int]]:
    """Section 3.5: of each layer weights and biases, multiplications for an image, and units."""
    one, two, three, four, five = config.maps
    first, second, third, last = sides(config)
    towers, hidden = config.towers, config.hidden
    layers = (  # kernels, numbers that one reads, places where it does
        (one, config.channels * config.kernel**2, first**2),
        (two, one // towers * 25, second**2),
        (three, two * 9, third**2),
        (four, three // towers * 9, third**2),
        (five, four // towers * 9, third**2),
        (hidden, five * last**2, 1),
        (hidden, hidden, 1),
        (config.classes, hidden, 1),
    )
    counts = ((n * (reads + 1), n * reads * places, n * places) for n, reads, places in layers)
    return dict(zip(LAYERS, counts, strict=True))


class Momentum(Optimizer):
    """Section 5, the update rule: v := 0.9 v - 0.0005 ε w - ε g, then w := w + v.

    `torch.optim.SGD` multiplies by ε only where it adds v, which is the same as long as ε stays.
    The authors' code has no decay for biases: give their group `decay=0`.
    """

    def __init__(
        self, params: ParamsT, lr: float = 0.01, momentum: float = 0.9, decay: float = 0.0005
    ) -> None:
        if lr < 0 or decay < 0 or not 0 <= momentum < 1:
            raise ValueError(f"lr {lr} or decay {decay} is below 0, or momentum {momentum} not < 1")
        super().__init__(params, {"lr": lr, "momentum": momentum, "decay": decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Move all parameters that have a gradient; return what `closure` does, if there is one."""
        with torch.enable_grad():
            loss = None if closure is None else closure()
        for group in self.param_groups:
            weights = [weight for weight in group["params"] if weight.grad is not None]
            if not weights:
                continue
            for weight in weights:
                if not self.state[weight]:
                    self.state[weight]["v"] = torch.zeros_like(weight)
            speeds = [self.state[weight]["v"] for weight in weights]
            torch._foreach_mul_(speeds, group["momentum"])
            torch._foreach_add_(speeds, weights, alpha=-group["decay"] * group["lr"])
            torch._foreach_add_(speeds, [w.grad for w in weights], alpha=-group["lr"])
            torch._foreach_add_(weights, speeds)
        return loss


def crops(
    images: Float[Tensor, "batch channels height width"], size: int, reflect: bool = True
) -> Float[Tensor, "batch channels size size"]:
    """Section 4.1: a random patch of each image, reflected in every second case."""
    count, device = len(images), images.device
    patches = images.unfold(2, size, 1).unfold(3, size, 1)  # batch channels top left size size
    top, left = (torch.randint(patches.shape[i], (count,), device=device) for i in (2, 3))
    chosen = patches[torch.arange(count, device=device), :, top, left]
    mirrored = torch.rand(count, 1, 1, 1, device=device) < (0.5 if reflect else 0)
    return torch.where(mirrored, chosen.flip(-1), chosen)


def views(
    images: Float[Tensor, "batch channels height width"], size: int, reflect: bool = True
) -> Float[Tensor, "views batch channels size size"]:
    """Section 4.1: the middle patch and those in the corners, and the same five reflected."""
    down, right = (side - size for side in images.shape[-2:])
    starts = ((down // 2, right // 2), (0, 0), (0, right), (down, 0), (down, right))
    patches = torch.stack([images[..., y : y + size, x : x + size] for y, x in starts])
    return torch.cat([patches, patches.flip(-1)]) if reflect else patches


def principal_colours(images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "3 3"]:
    """Section 4.1: PCA of red, green and blue; each column is an eigenvector times its eigenvalue.

    Eigenvalues grow with the square of the pixels' unit: the equation wants pixels from 0 to 1.
    """
    covariance = torch.cov(images.movedim(1, 0).flatten(1))
    values, vectors = torch.linalg.eigh(covariance)  # pyright: ignore[reportUnknownVariableType]
    return vectors * values  # pyright: ignore[reportUnknownVariableType]


def relight(
    images: Float[Tensor, "batch 3 height width"],
    colours: Float[Tensor, "3 3"],
    deviation: float = 0.1,
) -> Float[Tensor, "batch 3 height width"]:
    """Section 4.1: to all pixels of an image add the same Σ αᵢ λᵢ pᵢ, where αᵢ ~ N(0, 0.1²)."""
    alpha = deviation * torch.randn(len(images), 3, device=images.device, dtype=images.dtype)
    return images + (alpha @ colours.mT)[:, :, None, None]
