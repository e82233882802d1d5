"""U-Net: Convolutional Networks for Biomedical Image Segmentation.

Olaf Ronneberger, Philipp Fischer, Thomas Brox, 2015. https://arxiv.org/abs/1505.04597
Note: papers/foundations/unet.md

Contribution: an expanding path mirrors the contracting one and takes over its feature maps at every
resolution, so that a network trained on 30 elastically deformed microscope images can segment new
ones pixel by pixel.

Departures from the paper:
    - The loss is averaged over pixels, and has the minus sign that eq. (1) lacks.
    - The paper gives no formula for w_c, no window for the morphological operation, and neither
      rate nor place of its drop-out. Here the classes weigh the same in all, the window is 3×3, and
      half of the units are dropped after the last two levels of the contracting path.
    - The second term of eq. (2) is for background only, as Section 1 says in words.
    - An up-convolution is a transposed one; N counts the one place of its input that a unit reads.
    - The optimizer is the caller's, and `touching_cells` stands for microscope images.

Shapes: `batch` images of `channels` × `height` × `width`; `rows` × `columns` of maps of other
sizes; `classes`; `count` pictures of cells of `size` × `size` pixels.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Fig. 1: how often the resolution is halved, and how many maps the first level has.

    Attributes:
        depth: Poolings, and as many up-convolutions.
        width: Maps of the first level; each further level has twice as many.
        channels: Of the images.
        classes: To tell apart.
        dropout: Share of the units that are dropped at the end of the contracting path.
    """

    depth: int = 4
    width: int = 64
    channels: int = 1
    classes: int = 2
    dropout: float = 0.5

    @property
    def pitch(self) -> int:
        """How far the image has to move for the maps of all levels to move along with it."""
        return 2**self.depth

    @property
    def margin(self) -> int:
        """Fig. 1: how many pixels the output lacks at every border; 92 for 572 and 388."""
        return 6 * self.pitch - 4

    def output_size(self, size: int) -> int:
        """Section 2: the side of the output, if every pooling meets an even number of pixels."""
        if size <= 2 * self.margin or (size + 4) % self.pitch:
            least = 2 * self.margin + 4
            raise ValueError(f"a tile has {least}, {least + self.pitch}, … pixels, not {size}")
        return size - 2 * self.margin


UNET = Config()  # Fig. 1: 23 convolutional layers
TINY = Config(depth=2, width=8, dropout=0.0)  # for the page and the tests


def block(channels: int, wide: int) -> nn.Sequential:
    """Section 2: two unpadded 3×3 convolutions, each followed by a rectifier."""
    return nn.Sequential(
        nn.Conv2d(channels, wide, 3),
        nn.ReLU(inplace=True),
        nn.Conv2d(wide, wide, 3),
        nn.ReLU(inplace=True),
    )


def crop(
    maps: Float[Tensor, "batch channels height width"], rows: int, columns: int
) -> Float[Tensor, "batch channels rows columns"]:
    """Fig. 1, "copy and crop": the middle of the maps."""
    top, left = (maps.shape[-2] - rows) // 2, (maps.shape[-1] - columns) // 2
    return maps[..., top : top + rows, left : left + columns]


class UNet(nn.Module):
    """Section 2, Fig. 1: down for context, up for place, and across at every resolution."""

    def __init__(self, config: Config = UNET) -> None:
        super().__init__()
        self.config = config
        widths = [config.width * 2**level for level in range(config.depth + 1)]
        narrow = [config.channels, *widths]
        self.contracting = nn.ModuleList(
            [block(n, w) for n, w in zip(narrow, widths, strict=False)]
        )
        self.up = nn.ModuleList([nn.ConvTranspose2d(2 * w, w, 2, 2) for w in widths[-2::-1]])
        self.expanding = nn.ModuleList([block(2 * w, w) for w in widths[-2::-1]])
        self.score = nn.Conv2d(config.width, config.classes, 1)
        self.drop = nn.Dropout(config.dropout)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                initialize(layer)

    def forward(
        self, images: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch classes rows columns"]:
        """Return the activations a(x) of the classes, for pixels whose context is in the image."""
        for side in images.shape[-2:]:
            self.config.output_size(side)
        x = images
        passed: list[Tensor] = []
        for level, layers in enumerate(self.contracting):
            x = layers(functional.max_pool2d(x, 2) if level else x)
            if level >= self.config.depth - 1:
                x = self.drop(x)
            passed.append(x)
        for up, layers, across in zip(self.up, self.expanding, passed[-2::-1], strict=True):
            x = up(x)
            x = layers(torch.cat([crop(across, *x.shape[-2:]), x], dim=1))
        return self.score(x)


@torch.no_grad()
def initialize(layer: nn.Conv2d | nn.ConvTranspose2d) -> None:
    """Section 3: Gaussian weights of deviation √(2/N), with N the inputs of one unit."""
    inputs = layer.in_channels
    if isinstance(layer, nn.Conv2d):  # units of an up-convolution each read one place
        inputs *= layer.kernel_size[0] * layer.kernel_size[1]
    nn.init.normal_(layer.weight, std=(2 / inputs) ** 0.5)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


def mirror(
    images: Float[Tensor, "batch channels height width"], before: int, after: tuple[int, int]
) -> Float[Tensor, "batch channels rows columns"]:
    """Fig. 2: extrapolate beyond the borders by mirroring, as often as it takes.

    Args:
        images: Of at least two pixels a side.
        before: Pixels to add above and at the left.
        after: Pixels to add below and at the right.
    """
    for axis, more in zip((-2, -1), after, strict=True):
        last = images.shape[axis] - 1
        places = torch.arange(-before, last + 1 + more, device=images.device) % (2 * last)
        images = images.index_select(axis, torch.minimum(places, 2 * last - places))
    return images


def segment(
    net: UNet,
    images: Float[Tensor, "batch channels height width"],
    tile: int,
    step: int | None = None,
) -> Float[Tensor, "batch classes height width"]:
    """Fig. 2, the overlap-tile strategy: activations for images of any size, tile by tile.

    Args:
        net: What segments a tile.
        images: Their missing context is mirrored.
        tile: The side of the input tile, such as 572.
        step: From one tile to the next. By default as far as the output reaches in whole pitches:
            only then is a tile's output what the whole image would give.
    """
    size, pitch = net.config.output_size(tile), net.config.pitch
    step = step or size // pitch * pitch
    if not 0 < step <= size:
        raise ValueError(f"a step of {step} does not fit {size} pixels of output: 1 to {size} do")
    height, width = images.shape[-2:]
    rows, columns = (range(0, side, step) for side in (height, width))
    beyond = (rows[-1] + size - height, columns[-1] + size - width)
    margin = net.config.margin
    images = mirror(images, margin, (beyond[0] + margin, beyond[1] + margin))
    result = images.new_empty(len(images), net.config.classes, height, width)
    for top in rows:
        for left in columns:
            part = net(images[..., top : top + tile, left : left + tile])
            place = result[..., top : top + step, left : left + step]
            place.copy_(part[..., : place.shape[-2], : place.shape[-1]])
    return result


def separate(cells: Int[Tensor, "batch height width"]) -> Int[Tensor, "batch height width"]:
    """Section 3: make background (0) of every pixel of a cell with another cell's next to it."""
    around = functional.pad(cells[:, None].float(), (1, 1, 1, 1))
    largest = functional.max_pool2d(around, 3, 1)
    smallest = -functional.max_pool2d(torch.where(around > 0, -around, -torch.inf), 3, 1)
    return torch.where((largest == smallest)[:, 0], cells, 0)


def balance(labels: Int[Tensor, "..."], classes: int = 2) -> Float[Tensor, "..."]:
    """Section 3, w_c of eq. (2): weights of pixels with which all classes weigh the same."""
    counts = torch.bincount(labels.flatten(), minlength=classes)
    return (labels.numel() / (classes * counts))[labels]


def border_weights(
    cells: Int[Tensor, "batch height width"], w0: float = 10.0, sigma: float = 5.0
) -> Float[Tensor, "batch height width"]:
    """Section 3, second term of eq. (2): large where two cells are near, and zero inside of cells.

    Args:
        cells: The number of each pixel's cell, counted from 1; 0 is background.
        w0: What the weight comes to where both distances are zero.
        sigma: In pixels, how fast it falls with the sum of the distances.
    """
    weights = torch.zeros_like(cells, dtype=torch.get_default_dtype())
    around = functional.pad(cells[:, None].to(weights), (1, 1, 1, 1))
    inner = functional.max_pool2d(around, 3, 1) == -functional.max_pool2d(-around, 3, 1)
    rims = cells.masked_fill(inner[:, 0], 0)  # nearest pixels are never among the others
    for weight, picture, rim in zip(weights, cells, rims, strict=True):
        ground = (picture == 0).nonzero().to(weights)
        numbers = (n for n in range(1, int(picture.max()) + 1) if n in rim)
        each = [(rim == n).nonzero().to(weights) for n in numbers]
        if len(each) > 1 and len(ground):
            near = torch.stack([torch.cdist(ground, pixels).amin(1) for pixels in each])
            d1, d2 = near.topk(2, dim=0, largest=False).values
            weight[picture == 0] = w0 * torch.exp(-((d1 + d2) ** 2) / (2 * sigma**2))
    return weights


def weighted_loss(
    activations: Float[Tensor, "batch classes height width"],
    labels: Int[Tensor, "batch height width"],
    weights: Float[Tensor, "batch height width"],
) -> Float[Tensor, ""]:
    """Section 3, eq. (1), with a minus sign and as a mean: −Σ w(x) log p_ℓ(x)(x) / |Ω|."""
    return (weights * functional.cross_entropy(activations, labels, reduction="none")).mean()


def displacements(
    count: int, size: int, deviation: float = 10.0, grid: int = 3
) -> Float[Tensor, "count size size 2"]:
    """Section 3.1: random vectors on a coarse grid, and between them bicubic interpolation.

    Args:
        count: Pictures, each with a deformation of its own.
        size: Pixels a side.
        deviation: Of the vectors along each axis, in pixels.
        grid: Vectors a side.
    """
    coarse = deviation * torch.randn(count, 2, grid, grid)
    fine = functional.interpolate(coarse, (size, size), mode="bicubic", align_corners=True)
    return fine.movedim(1, -1)


def deform(
    images: Float[Tensor, "count channels size size"],
    vectors: Float[Tensor, "count size size 2"],
    mode: Literal["bilinear", "nearest"] = "bilinear",
) -> Float[Tensor, "count channels size size"]:
    """Section 3.1: give each pixel what is at the end of its vector (right, down); mirrored beyond.

    Numbers of cells are no grey values: for them, `mode` is nearest.
    """
    size = images.shape[-1]
    line = torch.arange(size, device=images.device, dtype=vectors.dtype)
    places = vectors + torch.stack(torch.meshgrid(line, line, indexing="xy"), dim=-1)
    corners = 2 * places / (size - 1) - 1  # grid_sample counts from −1 to 1
    return functional.grid_sample(
        images, corners, mode=mode, padding_mode="reflection", align_corners=True
    )


def touching_cells(
    count: int, size: int, spacing: float = 18.0
) -> tuple[Float[Tensor, "count 1 size size"], Int[Tensor, "count size size"]]:
    """In place of Fig. 3: grey pictures of cells that touch, and the number of each pixel's cell.

    Every cell is an ellipse, some 1.2 spacings wide, with a bent outline and a brightness of its
    own; where two meet, a faint dark line is all that parts them.
    """
    pictures: list[Tensor] = []
    numbers: list[Tensor] = []
    line, places = torch.arange(size), torch.arange(-1, int(size / spacing) + 1)
    for bent in displacements(count, size, 0.14 * spacing, grid=6):
        jitter = 0.5 + 0.28 * torch.randn(len(places) ** 2, 2)
        centres = spacing * (torch.cartesian_prod(places, places) + jitter)
        centres = centres[torch.rand(len(centres)) > 0.25]
        form = (torch.eye(2) + 0.2 * torch.randn(len(centres), 2, 2)) / (0.6 * spacing)
        from_centres = (torch.cartesian_prod(line, line) + bent.flatten(0, 1))[:, None] - centres
        distances = torch.einsum("pni,nij->pnj", from_centres, form).square().sum(2).sqrt()
        near = distances.topk(2, largest=False)
        first, second = near.values.T
        nearest, inside = near.indices[:, 0], first < 1
        tone = 2 + 0.5 * torch.randn(len(centres))
        dark = 1.2 * torch.exp(-50 * (second - first) ** 2)
        pictures.append(torch.where(inside, tone[nearest] - dark, 0).view(1, size, size))
        numbers.append(torch.where(inside, nearest + 1, 0).view(size, size))
    blurred = functional.avg_pool2d(torch.stack(pictures), 3, 1, 1, count_include_pad=False)
    return blurred - 1.4 + 0.4 * torch.randn_like(blurred), torch.stack(numbers)
