"""Deep Residual Learning for Image Recognition: blocks that add a correction to their input.

Kaiming He, Xiangyu Zhang, Shaoqing Ren, Jian Sun, 2015. https://arxiv.org/abs/1512.03385
Note: papers/training/residual.md

Contribution: a block that adds what it computes to its input can do nothing at no effort, and nets
of such blocks still gain from depth where plain nets fit even their training set worse.

Departures from the paper: none known in the nets; the optimizer, its schedule and the weight decay
are the caller's. What the text leaves open is as in the ResNet-101 that the authors released: no
convolution has a bias, a bottleneck halves the maps by its first convolution, a projection is
normalized, the first pooling pads nothing, and statistics for testing are averaged after training,
as the paper on batch normalization has it (its `use_population`).

Shapes: `batch` images of `channels` maps of `height` × `width`; `wide` maps of other sides after a
block that changes them; `classes`.
"""

from dataclasses import dataclass, replace
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from milestones.training.batch_norm import BatchNorm
from milestones.training.relu import ReLU, relu

Shortcut = Literal["A", "B", "C"] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Table 1 and Section 4.2: how many blocks, how wide, and what passes beside them.

    Attributes:
        blocks: How many of each stage; a stage works at one size of maps.
        widths: Channels of the 3×3 convolutions of each stage.
        bottleneck: Blocks of three layers, the last of which quadruples the channels (Fig. 5).
        shortcut: Where dimensions grow, A pads with zeros and B projects; C projects everywhere.
            None makes a plain net, with nothing beside its layers.
        large: Begin as for ImageNet, by a 7×7 convolution and a pooling, each of stride 2.
        channels: Of the images.
        classes: To tell apart.
    """

    blocks: tuple[int, ...]
    widths: tuple[int, ...] = (64, 128, 256, 512)
    bottleneck: bool = False
    shortcut: Shortcut = "B"
    large: bool = True
    channels: int = 3
    classes: int = 1000

    @property
    def depth(self) -> int:
        """Layers with weights; projections run beside others, and are not counted."""
        return 2 + (3 if self.bottleneck else 2) * sum(self.blocks)


def small(
    depth: int,
    *,
    shortcut: Shortcut = "A",
    widths: tuple[int, ...] = (16, 32, 64),
    channels: int = 3,
) -> Config:
    """Section 4.2: the net of 6n + 2 layers for CIFAR-10, n blocks at each of three sizes."""
    n, rest = divmod(depth - 2, 6)
    if n < 1 or rest:
        raise ValueError(f"depth is 6n + 2, such as 20, 32, 44, 56 or 110, not {depth}")
    return Config(
        blocks=(n,) * 3,
        widths=widths,
        shortcut=shortcut,
        large=False,
        channels=channels,
        classes=10,
    )


RESNET18 = Config(blocks=(2, 2, 2, 2))  # Table 1; Table 2 trains it with option A
RESNET34 = Config(blocks=(3, 4, 6, 3))  # Table 1; "ResNet-34 B" of Table 3
RESNET50 = replace(RESNET34, bottleneck=True)  # Table 1
RESNET101 = Config(blocks=(3, 4, 23, 3), bottleneck=True)  # Table 1
RESNET152 = Config(blocks=(3, 8, 36, 3), bottleneck=True)  # Table 1
PLAIN18, PLAIN34 = (replace(net, shortcut=None) for net in (RESNET18, RESNET34))  # Table 2
RESNET20, RESNET32, RESNET44, RESNET56 = (small(6 * n + 2) for n in (3, 5, 7, 9))  # Table 6
RESNET110, RESNET1202 = small(110), small(1202)  # Table 6
PLAIN20, PLAIN56 = (replace(net, shortcut=None) for net in (RESNET20, RESNET56))  # Fig. 1
TINY = small(20, widths=(8, 16, 32), channels=1)  # for the digits of the page and the tests


def convolution(channels: int, wide: int, kernel: int, stride: int = 1) -> list[nn.Module]:
    """Section 3.4: a convolution and, before any activation, its batch normalization."""
    layer = nn.Conv2d(channels, wide, kernel, stride, padding=kernel // 2, bias=False)
    return [layer, BatchNorm(wide)]


class Padding(nn.Module):
    """Section 3.3, option A: identity, without every second pixel and with more maps, all zero."""

    def __init__(self, more: int, stride: int) -> None:
        super().__init__()
        self.more, self.stride = more, stride

    def forward(
        self, x: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch wide rows columns"]:
        """Append maps of zeros; there is nothing to learn."""
        x = x[..., :: self.stride, :: self.stride]
        return functional.pad(x, (0, 0, 0, 0, 0, self.more))


class Block(nn.Module):
    """Section 3.2, eq. (1) and (2): y = F(x, {W}) + x, or F(x, {W}) + Wx where dimensions change.

    The second nonlinearity follows the addition; a plain block has the same layers, and y = F(x).
    """

    def __init__(self, config: Config, channels: int, width: int, stride: int) -> None:
        super().__init__()
        if config.bottleneck:  # Fig. 5, right
            wide = 4 * width
            self.residual = nn.Sequential(
                *convolution(channels, width, 1, stride),
                ReLU(),
                *convolution(width, width, 3),
                ReLU(),
                *convolution(width, wide, 1),
            )
        else:  # Fig. 5, left
            wide = width
            self.residual = nn.Sequential(
                *convolution(channels, width, 3, stride),
                ReLU(),
                *convolution(width, width, 3),
            )
        grows = stride > 1 or wide != channels
        self.shortcut: nn.Module | None = None
        if config.shortcut == "C" or (config.shortcut == "B" and grows):
            self.shortcut = nn.Sequential(*convolution(channels, wide, 1, stride))
        elif config.shortcut == "A" and grows:
            self.shortcut = Padding(wide - channels, stride)
        elif config.shortcut is not None:
            self.shortcut = nn.Identity()

    def forward(
        self, x: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch wide rows columns"]:
        """Add the correction to the input, then rectify."""
        y = self.residual(x)
        if self.shortcut is not None:
            y = y + self.shortcut(x)
        return relu(y)

    @torch.no_grad()
    def do_nothing(self) -> None:
        """Section 1: become the identity, for maps that are not negative and in evaluation mode.

        A residual block needs F = 0, and a zero at its end is enough. A plain one has to copy: a
        single one in each kernel, and normalizations that undo what they do.
        """
        first = self.residual[0]
        assert isinstance(first, nn.Conv2d)
        if self.shortcut is None and first.out_channels < first.in_channels:
            raise ValueError(
                f"{first.in_channels} maps cannot be copied through {first.out_channels}: a plain "
                "block can do nothing only if it is no bottleneck"
            )
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.dirac_(layer.weight)
            elif isinstance(layer, BatchNorm):
                nn.init.zeros_(layer.mean)
                nn.init.ones_(layer.variance)
                nn.init.constant_(layer.scale, (1 + layer.epsilon) ** 0.5)  # what it divides by
                nn.init.zeros_(layer.shift)
        if self.shortcut is not None:  # to add nothing is enough
            last = self.residual[-1]
            assert isinstance(last, BatchNorm)
            nn.init.zeros_(last.scale)


class ResNet(nn.Module):
    """Table 1 and Section 4.2: a first convolution, stages of blocks, averages, a linear layer."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        channels = config.widths[0]
        first = convolution(config.channels, channels, *((7, 2) if config.large else (3, 1)))
        pooling = [nn.MaxPool2d(3, stride=2, ceil_mode=True)] if config.large else []
        self.stem = nn.Sequential(*first, ReLU(), *pooling)
        self.stages = nn.Sequential()
        for stage, (count, width) in enumerate(zip(config.blocks, config.widths, strict=True)):
            blocks = nn.Sequential()
            for index in range(count):
                stride = 2 if stage > 0 and index == 0 else 1
                blocks.append(Block(config, channels, width, stride))
                channels = 4 * width if config.bottleneck else width
            self.stages.append(blocks)
        self.classifier = nn.Linear(channels, config.classes)
        for layer in self.modules():  # Section 3.4: as He et al. (2015), their eq. (10)
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(layer.weight)
        nn.init.zeros_(self.classifier.bias)

    def forward(
        self, images: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch classes"]:
        """Return the logits of a softmax over the classes."""
        return self.classifier(self.stages(self.stem(images)).mean((2, 3)))


@torch.no_grad()
def deepen(shallow: ResNet, blocks: tuple[int, ...]) -> ResNet:
    """Section 1, the solution by construction: copy a net, and add blocks that do nothing."""
    if any(now < before for now, before in zip(blocks, shallow.config.blocks, strict=True)):
        raise ValueError(f"blocks are at least {shallow.config.blocks}, not {blocks}")
    deep = ResNet(replace(shallow.config, blocks=blocks)).to(shallow.classifier.weight)
    deep.load_state_dict(shallow.state_dict(), strict=False)  # added blocks have later numbers
    for before, stage in zip(shallow.config.blocks, deep.stages, strict=True):
        for block in [*stage.children()][before:]:
            assert isinstance(block, Block)
            block.do_nothing()
    return deep.train(shallow.training)


def parameters(config: Config) -> int:
    """Table 6: how many numbers are trained."""
    with torch.device("meta"):  # shapes without numbers
        return sum(weight.numel() for weight in ResNet(config).parameters())


def multiply_adds(config: Config, size: int = 224) -> int:
    """Table 1, last row: products in convolutions and linear layer, for `size` × `size` pixels."""
    with torch.device("meta"):
        net, images = ResNet(config).eval(), torch.empty(1, config.channels, size, size)
    products = 0

    def add(layer: nn.Module, _: object, output: Tensor) -> None:
        nonlocal products
        assert isinstance(layer, nn.Conv2d | nn.Linear)
        products += output.numel() * layer.weight[0].numel()

    for layer in net.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            layer.register_forward_hook(add)
    net(images)
    return products


def crop_and_flip(
    images: Float[Tensor, "batch channels height width"], border: int = 4
) -> Float[Tensor, "batch channels height width"]:
    """Section 4.2: each image moved by up to `border` pixels, and every second one mirrored.

    Zeros move in from outside: they are the mean image, which the paper subtracts.
    """
    count, _, height, width = images.shape
    device = images.device
    canvas = functional.pad(images, (border,) * 4).movedim(1, -1)
    top, left = torch.randint(2 * border + 1, (2, count, 1), device=device)
    rows, columns = (n + torch.arange(s, device=device) for n, s in ((top, height), (left, width)))
    mirrored = torch.rand(count, 1, device=device) < 0.5
    columns = torch.where(mirrored, columns.flip(1), columns)
    each = torch.arange(count, device=device)[:, None, None]
    return canvas[each, rows[:, :, None], columns[:, None]].movedim(-1, 1)
