"""Gradient-Based Learning Applied to Document Recognition: LeNet-5.

Yann LeCun, Léon Bottou, Yoshua Bengio, Patrick Haffner, 1998. https://doi.org/10.1109/5.726791
Note: papers/foundations/lenet.md

Contribution: a network that keeps the image an image for five layers, with local receptive fields,
shared weights and trainable sub-sampling, so that 60,000 numbers learn to read digits from pixels.

Departures from the paper:
    - The ten output codes are drawn anew on the paper's 7×12 grid: its Fig. 3 exists as a picture
      only, and no transcription of it could be checked pixel by pixel.
    - The paper gives no value for the constant j of eq. (9), no ranges for its distortions and no
      start for the biases: j and the ranges are ours, and biases start as the weights do.
    - The optimizer is the caller's. The paper's, a stochastic diagonal Levenberg–Marquardt method
      (Appendix C), is not implemented.

Shapes: `batch` images; `maps` feature maps of `height` × `width`; 84 `features` of layer F6;
10 `classes`; 60 `links` from a map of S2 to a map of C3.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from milestones.foundations.convnet import draw, squash  # eq. (6) and Appendix A: as in 1989

SIZE = 32  # height and width of the input, Section II-B
WHITE, BLACK = -0.1, 1.175  # grey levels of background and ink, Section II-B

# Table I: which maps of S2 each of the sixteen maps of C3 reads.
TABLE_I = (
    *((0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5)),
    *((0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5)),
    *((0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5)),
    (0, 1, 2, 3, 4, 5),
)

# Section II-B: a stylized picture of each class on 7×12 pixels; two rows stay free for descenders.
BITMAPS = """
..###.. ...##.. .#####. .#####. ....##. ####### ..####. ####### .#####. .#####.
.##.##. ..###.. ##...## ##...## ...###. ##..... .##.... .....## ##...## ##...##
##...## .####.. .....## .....## ..####. ##..... ##..... .....## ##...## ##...##
##...## ...##.. .....## .....## .##.##. ##..... ##..... ....##. ##...## ##...##
##...## ...##.. ....##. ..####. ##..##. ######. ######. ....##. .#####. .######
##...## ...##.. ...##.. .....## ##..##. .....## ##...## ...##.. ##...## .....##
##...## ...##.. ..##... .....## ####### .....## ##...## ...##.. ##...## .....##
##...## ...##.. .##.... .....## ....##. .....## ##...## ..##... ##...## .....##
.##.##. ...##.. ##..... ##...## ....##. ##...## ##...## ..##... ##...## ....##.
..###.. .###### ####### .#####. ....##. .#####. .#####. ..##... .#####. .####..
....... ....... ....... ....... ....... ....... ....... ....... ....... .......
....... ....... ....... ....... ....... ....... ....... ....... ....... .......
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Section II-B: widths of the layers, and the connection table of C3."""

    c1_maps: int = 6
    table: tuple[tuple[int, ...], ...] = TABLE_I
    c5_maps: int = 120
    kernel: int = 5


LENET5 = Config()  # Section II-B, Fig. 2: 60,000 trainable parameters
COMPLETE = Config(table=(tuple(range(6)),) * 16)  # every map of S2 to every map of C3: 60,900
TINY = Config(c1_maps=3, table=((0, 1), (1, 2), (0, 2), (0, 1, 2)), c5_maps=16)  # tests


def census(config: Config) -> dict[str, tuple[int, int]]:
    """Section II-B: trainable parameters and connections of every layer; a bias is one of each."""
    area, c3_maps = config.kernel**2, len(config.table)
    links = sum(len(sources) for sources in config.table)
    c1 = config.c1_maps * (area + 1)
    c3 = area * links + c3_maps
    c5 = config.c5_maps * (area * c3_maps + 1)
    f6 = 84 * (config.c5_maps + 1)
    return {
        "C1": (c1, c1 * 28**2),
        "S2": (2 * config.c1_maps, 5 * config.c1_maps * 14**2),
        "C3": (c3, c3 * 10**2),
        "S4": (2 * c3_maps, 5 * c3_maps * 5**2),
        "C5": (c5, c5),
        "F6": (f6, f6),
        "output": (0, 84 * 10),
    }


class SubSampling(nn.Module):
    """Section II-B, layers S2 and S4: one coefficient and one bias a map, then the squashing."""

    def __init__(self, maps: int) -> None:
        super().__init__()
        self.coefficient = draw(maps, fan_in=4)
        self.bias = draw(maps, fan_in=4)

    def weighted_sum(
        self, x: Float[Tensor, "batch maps height width"]
    ) -> Float[Tensor, "batch maps height//2 width//2"]:
        """Add four neighbours, multiply by the coefficient, add the bias."""
        rows = x[..., ::2, :] + x[..., 1::2, :]
        total = rows[..., ::2] + rows[..., 1::2]  # twice as fast as 4 * avg_pool2d
        return self.coefficient[:, None, None] * total + self.bias[:, None, None]

    def forward(
        self, x: Float[Tensor, "batch maps height width"]
    ) -> Float[Tensor, "batch maps height//2 width//2"]:
        """Halve both sides of every map."""
        return squash(self.weighted_sum(x))


class TableConvolution(nn.Module):
    """Section II-B, Table I: a convolution whose output maps each read only some input maps.

    There is one kernel for each link and no other weight. The fast path lays the kernels into the
    weight of one dense convolution, whose other entries are zero.
    """

    links: Int[Tensor, "2 links"]

    def __init__(self, in_maps: int, table: tuple[tuple[int, ...], ...], kernel: int) -> None:
        super().__init__()
        pairs = [(out, source) for out, sources in enumerate(table) for source in sources]
        if max(source for _, source in pairs) >= in_maps:
            raise ValueError(f"table reads a map beyond 0…{in_maps - 1}: {table}")
        self.in_maps, self.out_maps = in_maps, len(table)
        self.register_buffer("links", torch.tensor(pairs).T, persistent=False)
        fan_in = kernel**2 * torch.tensor([len(sources) for sources in table])
        self.weight = draw(len(pairs), kernel, kernel, fan_in=fan_in[self.links[0], None, None])
        self.bias = draw(len(table), fan_in=fan_in)

    def dense(self) -> Float[Tensor, "out_maps in_maps kernel kernel"]:
        """Return the weight of the one convolution that does the same; zero where no link is."""
        out, source = self.links
        shape = (self.out_maps, self.in_maps, *self.weight.shape[1:])
        return self.weight.new_zeros(shape).index_put((out, source), self.weight)

    def forward(
        self, x: Float[Tensor, "batch in_maps height width"]
    ) -> Float[Tensor, "batch out_maps height-4 width-4"]:
        """Run as one convolution; `table_convolution` says the same as sums."""
        return functional.conv2d(x, self.dense(), self.bias)


def table_convolution(
    x: Float[Tensor, "batch in_maps height width"],
    weight: Float[Tensor, "links kernel kernel"],
    bias: Float[Tensor, " out_maps"],
    table: tuple[tuple[int, ...], ...],
) -> Float[Tensor, "batch out_maps height-4 width-4"]:
    """Section II-B, Table I: layer C3 as the sum over its links, slow and plain."""
    kernel = weight.shape[-1]
    height, width = x.shape[-2] - kernel + 1, x.shape[-1] - kernel + 1
    maps: list[Tensor] = []
    kernels = iter(weight)
    for out, sources in enumerate(table):
        total = bias[out].expand(x.shape[0], height, width)
        for source in sources:
            link = next(kernels)
            for i in range(kernel):
                for j in range(kernel):
                    total = total + link[i, j] * x[:, source, i : i + height, j : j + width]
        maps.append(total)
    return torch.stack(maps, dim=1)


def codes() -> Float[Tensor, "classes features"]:
    """Fig. 3: the fixed target of F6 for each class: +1 where its bitmap has ink, −1 elsewhere."""
    rows = [line.split() for line in BITMAPS.split("\n") if line]
    ink = [[pixel == "#" for row in rows for pixel in row[digit]] for digit in range(10)]
    return 2.0 * torch.tensor(ink) - 1.0


def rbf(
    x: Float[Tensor, "*batch features"], centres: Float[Tensor, "classes features"]
) -> Float[Tensor, "*batch classes"]:
    """Section II-B, eq. (7): the squared Euclidean distance to each class's code, a penalty."""
    return (x.unsqueeze(-2) - centres).square().sum(-1)


class LeNet5(nn.Module):
    """Section II-B, Fig. 2: seven layers from 32×32 grey levels to ten penalties."""

    codes: Float[Tensor, "classes features"]

    def __init__(self, config: Config = LENET5) -> None:
        super().__init__()
        c3_maps, kernel = len(config.table), config.kernel
        self.c1 = nn.Conv2d(1, config.c1_maps, kernel)
        self.s2 = SubSampling(config.c1_maps)
        self.c3 = TableConvolution(config.c1_maps, config.table, kernel)
        self.s4 = SubSampling(c3_maps)
        self.c5 = nn.Conv2d(c3_maps, config.c5_maps, kernel)
        self.f6 = nn.Linear(config.c5_maps, 84)
        for layer in (self.c1, self.c5, self.f6):
            fan_in = layer.weight[0].numel()
            layer.weight = draw(*layer.weight.shape, fan_in=fan_in)
            layer.bias = draw(*layer.weight.shape[:1], fan_in=fan_in)
        self.register_buffer("codes", codes(), persistent=False)

    def states(self, images: Float[Tensor, "batch 1 height width"]) -> dict[str, Tensor]:
        """Return the states x of every layer up to F6, by the paper's names."""
        c1 = squash(self.c1(images))
        s2 = self.s2(c1)
        c3 = squash(self.c3(s2))
        s4 = self.s4(c3)
        c5 = squash(self.c5(s4))
        f6 = squash(self.f6(c5.movedim(1, -1)))  # maps become features, one row for each place
        return {"C1": c1, "S2": s2, "C3": c3, "S4": s4, "C5": c5, "F6": f6}

    def sweep(
        self, images: Float[Tensor, "batch 1 height width"]
    ) -> Float[Tensor, "batch rows columns classes"]:
        """Section VII: penalties of every 32×32 window of a larger image, four pixels apart."""
        return rbf(self.states(images)["F6"], self.codes)

    def forward(
        self, images: Float[Tensor, "batch 1 height width"]
    ) -> Float[Tensor, "batch classes"]:
        """Return the penalty of each class, eq. (7); the smallest is the answer."""
        if images.shape[-2:] != (SIZE, SIZE):
            raise ValueError(
                f"images are {tuple(images.shape[-2:])}: give (32, 32), by prepare() if they are "
                "smaller, or call sweep() if they are larger"
            )
        return self.sweep(images)[:, 0, 0]


def mse_loss(
    penalties: Float[Tensor, "batch classes"], labels: Int[Tensor, " batch"]
) -> Float[Tensor, ""]:
    """Section II-C, eq. (8): the mean penalty of the correct class; no class competes."""
    return penalties.gather(1, labels[:, None]).mean()


def map_loss(
    penalties: Float[Tensor, "batch classes"], labels: Int[Tensor, " batch"], j: float = 20.0
) -> Float[Tensor, ""]:
    """Section II-C, eq. (9): also pull up the penalties of the other classes that are below j."""
    rubbish = penalties.new_full((len(penalties), 1), j)
    competition = torch.logsumexp(-torch.cat([penalties, rubbish], dim=1), dim=1)
    return mse_loss(penalties, labels) + competition.mean()


def prepare(images: Float[Tensor, "batch 1 height width"]) -> Float[Tensor, "batch 1 32 32"]:
    """Section II-B: centre images of ink from 0 to 1 in 32×32 pixels of the paper's grey levels."""
    height, width = images.shape[-2:]
    if height > SIZE or width > SIZE:
        raise ValueError(f"images are {height}×{width}: at most {SIZE}×{SIZE} fit the input")
    top, left = (SIZE - height) // 2, (SIZE - width) // 2
    padded = functional.pad(images, (left, SIZE - width - left, top, SIZE - height - top))
    return WHITE + (BLACK - WHITE) * padded


def distort(
    images: Float[Tensor, "batch 1 height width"],
    shift: float = 2.0,
    scale: float = 0.1,
    squeeze: float = 0.1,
    shear: float = 0.1,
) -> Float[Tensor, "batch 1 height width"]:
    """Section III-B: each image under its own random planar affine map, drawn anew at every call.

    The four kinds are the paper's; how far each may go is not stated there.

    Args:
        images: Prepared images; what moves in from outside is white.
        shift: Largest translation along either axis, in pixels.
        scale: Largest relative change of size.
        squeeze: Largest relative compression along one axis, with elongation along the other.
        shear: Largest horizontal shear, as the tangent of its angle.
    """
    draw = 2 * torch.rand(len(images), 5, device=images.device, dtype=images.dtype) - 1
    size = torch.exp(scale * draw[:, 0])
    ratio = torch.exp(squeeze * draw[:, 1])
    theta = images.new_zeros(len(images), 2, 3)
    theta[:, 0, 0] = size * ratio
    theta[:, 0, 1] = shear * draw[:, 2]
    theta[:, 1, 1] = size / ratio
    theta[:, :, 2] = draw[:, 3:] * shift * 2 / images.shape[-1]  # the grid spans −1 to 1
    grid = functional.affine_grid(theta, list(images.shape), align_corners=False)
    return functional.grid_sample(images - WHITE, grid, align_corners=False) + WHITE
