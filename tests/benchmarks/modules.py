"""What our implementations cost beside torch's own: forward and backward, in one process.

    nox -s bench

Each pair does the same work on the same input. The two take turns, and what counts is the median of
the quotients of turns that follow each other: a machine that slows down slows both.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import torch
from references import Basic, Bias, Level, Side
from torch import Tensor, nn

Step = Callable[[], object]


class Pair(NamedTuple):
    """The same work twice, and what it is done on."""

    what: str
    ours: Step
    torchs: Step


def backward(module: Callable[[Tensor], Tensor], *shape: int) -> Step:
    """Return a step: forward, and the gradient of a weighted sum of what comes out."""
    x = torch.randn(*shape, requires_grad=True)
    weights = torch.randn_like(module(x))

    def step() -> None:
        module(x).backward(weights)

    return step


def backprop() -> Pair:
    """The gradient by hand beside autograd's: 60 nets of 8-3-8, as on the page."""
    from milestones.foundations.backprop import ENCODER, Network

    nets, patterns = 60, torch.eye(8, dtype=torch.float64)
    ours = Network(ENCODER, nets)
    theirs = nn.Sequential(Side(nets, 8, 3), Side(nets, 3, 8))
    weights = list(theirs.parameters())

    def descent() -> object:
        error = (patterns - theirs(patterns.expand(nets, -1, -1))).square().sum() / 2
        return torch.autograd.grad(error, weights)

    return Pair(
        "backprop: the gradient of 60 nets of 8-3-8",
        lambda: ours.descent(patterns, patterns),
        descent,
    )


def lenet() -> Pair:
    """The whole net; torch's has dense C3, since torch.nn knows no table of links."""
    from milestones.foundations.lenet import LENET5, LeNet5

    ours = LeNet5(LENET5)
    dense = nn.Sequential(
        *(nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh()),
        *(nn.AvgPool2d(2), nn.Conv2d(16, 120, 5), nn.Tanh(), nn.Flatten(), nn.Linear(120, 84)),
        *(nn.Tanh(), nn.Linear(84, 10)),
    )
    shape = (64, 1, 32, 32)
    return Pair("lenet: LeNet5, 64 images", backward(ours, *shape), backward(dense, *shape))


def alexnet() -> Pair:
    """The whole net, with its towers as groups."""
    from milestones.foundations.alexnet import AlexNet

    def layer(maps: int, wide: int, kernel: int, groups: int = 1) -> list[nn.Module]:
        convolution = nn.Conv2d(maps, wide, kernel, padding=kernel // 2, groups=groups)
        return [convolution, nn.ReLU(inplace=True)]

    def response() -> list[nn.Module]:
        return [nn.LocalResponseNorm(5, 5e-4, 0.75, 2.0), nn.MaxPool2d(3, 2)]

    first = (nn.ZeroPad2d((0, 3, 0, 3)), nn.Conv2d(3, 96, 11, 4), nn.ReLU(inplace=True))
    middle = (*layer(256, 384, 3), *layer(384, 384, 3, 2), *layer(384, 256, 3, 2))
    dense = [nn.Linear(9216, 4096), nn.Linear(4096, 4096)]
    theirs = nn.Sequential(
        *(*first, *response(), *layer(96, 256, 5, 2), *response(), *middle),
        *(nn.MaxPool2d(3, 2), nn.Flatten()),
        *(part for linear in dense for part in (linear, nn.ReLU(inplace=True), nn.Dropout())),
        nn.Linear(4096, 1000),
    )
    shape = (4, 3, 224, 224)
    return Pair("alexnet: 4 images", backward(AlexNet(), *shape), backward(theirs, *shape))


def unet() -> Pair:
    """The whole net, a quarter as wide as the paper's; torch's as somebody else would nest it."""
    from milestones.foundations.unet import Config, UNet

    ours = UNet(Config(width=16, dropout=0.0))
    theirs = nn.Sequential(Level(1, 16, 4), nn.Conv2d(16, 2, 1))
    assert sum(p.numel() for p in ours.parameters()) == sum(p.numel() for p in theirs.parameters())
    shape = (1, 1, 252, 252)
    return Pair("unet: width 16, 252×252", backward(ours, *shape), backward(theirs, *shape))


def convnet() -> Pair:
    """The whole net; torch's H2 is dense, and reads all maps."""
    from milestones.foundations.convnet import ConvNet

    theirs = nn.Sequential(
        *(nn.ConstantPad2d(2, -1.0), nn.Conv2d(1, 12, 5, stride=2, bias=False), Bias(12, 8, 8)),
        *(nn.Tanh(), nn.ConstantPad2d(2, -1.0), nn.Conv2d(12, 12, 5, stride=2, bias=False)),
        *(Bias(12, 4, 4), nn.Tanh(), nn.Flatten(), nn.Linear(192, 30), nn.Tanh()),
        *(nn.Linear(30, 10), nn.Tanh()),
    )
    shape = (256, 1, 16, 16)
    return Pair("convnet: 256 images", backward(ConvNet(), *shape), backward(theirs, *shape))


def steps(optimizer: type[torch.optim.Optimizer], **options: object) -> Step:
    """Return an optimizer's step on the net of the Adam paper's Section 6.2."""
    shapes = [(784, 1000), (1000,), (1000, 1000), (1000,), (1000, 10), (10,)]
    parameters = [torch.randn(shape, requires_grad=True) for shape in shapes]
    for parameter in parameters:
        parameter.grad = torch.randn_like(parameter)
    return optimizer(parameters, **options).step


def adam() -> Pair:
    """A step alone; `foreach` is what torch.optim takes on a GPU when nothing is said."""
    from milestones.training.adam import Adam

    return Pair(
        "adam: Adam, 1.8 million parameters, a step (foreach)",
        steps(Adam),
        steps(torch.optim.Adam, foreach=True),
    )


def residual() -> Pair:
    """ResNet-18, on images small enough for one core."""
    from milestones.training.residual import RESNET18, ResNet

    widths = (64, 64, 64, 128, 128, 256, 256, 512, 512)
    blocks = [Basic(a, b, b // a) for a, b in pairwise(widths)]
    stem = (nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True))
    head = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 1000))
    theirs = nn.Sequential(*stem, nn.MaxPool2d(3, 2, 1), *blocks, *head)
    shape = (4, 3, 64, 64)
    return Pair(
        "residual: ResNet-18, 4 images of 64×64",
        backward(ResNet(RESNET18), *shape),
        backward(theirs, *shape),
    )


def relu() -> Pair:
    """The unit alone."""
    from milestones.training.relu import ReLU

    shape = (512, 3072)
    return Pair("relu: 512×3072", backward(ReLU(), *shape), backward(nn.ReLU(), *shape))


def batch_norm() -> Pair:
    """In training, as in a convolutional net."""
    from milestones.training.batch_norm import BatchNorm

    shape = (16, 64, 16, 16)
    return Pair(
        "batch_norm: 16×64×16×16",
        backward(BatchNorm(64), *shape),
        backward(nn.BatchNorm2d(64), *shape),
    )


def gelu() -> Pair:
    """The exact unit."""
    from milestones.training.gelu import GELU

    shape = (512, 3072)
    return Pair("gelu: 512×3072", backward(GELU(), *shape), backward(nn.GELU(), *shape))


def layer_norm() -> Pair:
    """As in a transformer."""
    from milestones.training.layer_norm import LayerNorm

    shape = (16, 128, 512)
    return Pair(
        "layer_norm: 16×128×512",
        backward(LayerNorm(512), *shape),
        backward(nn.LayerNorm(512), *shape),
    )


def dropout() -> Pair:
    """A tenth of the units dropped."""
    from milestones.training.dropout import Dropout

    shape = (512, 1024)
    return Pair(
        "dropout: 512×1024",
        backward(Dropout(keep=0.9), *shape),
        backward(nn.Dropout(0.1), *shape),
    )


def weight_decay() -> Pair:
    """A step of gradient descent with decay, on the same net."""
    from milestones.training.weight_decay import Descent

    return Pair(
        "weight_decay: Descent, 1.8 million parameters, a step",
        steps(Descent, lr=1e-3, decay=1e-4),
        steps(torch.optim.SGD, lr=1e-3, weight_decay=1e-4),
    )


PAIRS = [backprop, convnet, lenet, alexnet, unet]
PAIRS += [weight_decay, relu, residual, dropout, batch_norm, layer_norm, gelu, adam]


def quotients(pair: Pair, rounds: int) -> list[float]:
    """Return ours over torch's for each round; who begins alternates."""
    for step in (pair.ours, pair.torchs) * 3:
        step()  # warm up
    found: list[float] = []
    for turn in range(rounds):
        seconds: dict[str, float] = {}
        for name in ("ours", "torchs")[:: 1 if turn % 2 else -1]:
            step: Step = getattr(pair, name)
            start = time.perf_counter()
            step()
            seconds[name] = time.perf_counter() - start
        found.append(seconds["ours"] / seconds["torchs"])
    return found


def main() -> None:
    """Read the command line, and print a line a pair."""
    parser = argparse.ArgumentParser(description="Compare our modules with torch's own.")
    parser.add_argument("names", nargs="*", help="only these milestones")
    parser.add_argument("--rounds", type=int, default=60)
    given = parser.parse_args()
    torch.set_num_threads(1)
    print(f"torch {torch.__version__}, 1 thread; ours / torch's, median (quartiles)")
    for make in PAIRS:
        if given.names and make.__name__ not in given.names:
            continue
        torch.manual_seed(0)
        pair = make()
        low, middle, high = statistics.quantiles(quotients(pair, given.rounds), n=4)
        print(f"{middle:6.2f} ({low:.2f}–{high:.2f})  {pair.what}", flush=True)


if __name__ == "__main__":
    main()
