"""Nets as somebody who knows torch.nn would write them, for the benchmarks to race with."""

import torch
from torch import Tensor, nn


class Side(nn.Module):
    """A layer of many nets side by side."""

    def __init__(self, nets: int, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(nets, inputs, outputs, dtype=torch.float64))
        self.bias = nn.Parameter(torch.zeros(nets, 1, outputs, dtype=torch.float64))

    def forward(self, x: Tensor) -> Tensor:
        """Return what the units say."""
        return torch.baddbmm(self.bias, x, self.weight).sigmoid()


class Level(nn.Module):
    """Two convolutions, and between them, one resolution down, the rest of a U-Net."""

    def __init__(self, channels: int, wide: int, depth: int) -> None:
        super().__init__()
        self.down = self.block(channels, wide)
        self.inner = None
        if depth:
            up = nn.ConvTranspose2d(2 * wide, wide, 2, 2)
            self.inner = nn.Sequential(nn.MaxPool2d(2), Level(wide, 2 * wide, depth - 1), up)
            self.up = self.block(2 * wide, wide)

    def block(self, channels: int, wide: int) -> nn.Sequential:
        """Return two convolutions and their rectifiers."""
        first, second = nn.Conv2d(channels, wide, 3), nn.Conv2d(wide, wide, 3)
        return nn.Sequential(first, nn.ReLU(inplace=True), second, nn.ReLU(inplace=True))

    def forward(self, x: Tensor) -> Tensor:
        """Return the maps of this level."""
        x = self.down(x)
        if self.inner is None:
            return x
        inside = self.inner(x)
        trim = (inside.shape[-1] - x.shape[-1]) // 2  # a negative padding cuts off
        return self.up(torch.cat([nn.functional.pad(x, [trim] * 4), inside], dim=1))


class Bias(nn.Module):
    """A bias for each unit, not for each map."""

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(shape))

    def forward(self, x: Tensor) -> Tensor:
        """Add it."""
        return x + self.bias


class Basic(nn.Module):
    """A block of two convolutions as torch.nn would have it written."""

    def __init__(self, inside: int, outside: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *(nn.Conv2d(inside, outside, 3, stride, 1, bias=False), nn.BatchNorm2d(outside)),
            *(nn.ReLU(inplace=True), nn.Conv2d(outside, outside, 3, 1, 1, bias=False)),
            nn.BatchNorm2d(outside),
        )
        projection = nn.Conv2d(inside, outside, 1, stride, bias=False)
        self.shortcut = (
            nn.Identity()
            if (inside, stride) == (outside, 1)
            else nn.Sequential(projection, nn.BatchNorm2d(outside))
        )

    def forward(self, x: Tensor) -> Tensor:
        """Add the input, or what a projection makes of it."""
        return nn.functional.relu(self.body(x) + self.shortcut(x), inplace=True)
