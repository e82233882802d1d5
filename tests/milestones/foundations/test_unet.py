"""U-Net: the paper's sizes, independent versions, tiles against the whole, and that it learns."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from agreement import double, near, one_graph_and_half, unchecked
from scipy.ndimage import distance_transform_edt, label
from torch import Tensor, nn
from torch.nn import functional

from milestones.foundations import unet
from milestones.foundations.unet import TINY, UNET, Config, UNet

SMALL = Config(depth=3, width=2, channels=2, classes=3)


def convolutions(net: UNet) -> list[nn.Module]:
    return [m for m in net.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)]


def test_sizes_are_those_of_figure_1():
    """23 layers, 388 pixels of 572, and every map on the way there."""
    seen = []
    with torch.device("meta"):
        net, image = UNet(UNET), torch.empty(1, 1, 572, 572)
    for layer in convolutions(net):
        layer.register_forward_hook(lambda _, __, maps: seen.append(tuple(maps.shape[1:3])))
    assert net(image).shape == (1, 2, 388, 388)
    down = [(64, 570), (64, 568), (128, 282), (128, 280), (256, 138), (256, 136)]
    down += [(512, 66), (512, 64), (1024, 30), (1024, 28)]
    up = [(512, 56), (512, 54), (512, 52), (256, 104), (256, 102), (256, 100)]
    up += [(128, 200), (128, 198), (128, 196), (64, 392), (64, 390), (64, 388), (2, 388)]
    assert seen == down + up
    assert len(seen) == 23, "Section 2: 23 convolutional layers"
    assert UNET.output_size(572) == 388


@pytest.mark.parametrize(("classes", "count"), [(2, 31_030_658), (1, 31_030_593)])
def test_parameters_are_the_layers_of_figure_1_added_up(classes, count):
    """The paper prints no count; this one is ours, from kernels and biases."""
    with torch.device("meta"):
        net = UNet(replace(UNET, classes=classes))
    total, width, below = 0, 64, 1
    for _ in range(5):  # down: two convolutions a level
        total += 9 * below * width + width + 9 * width * width + width
        below, width = width, 2 * width
    for width in (512, 256, 128, 64):  # up: the copied maps are half of what is read
        total += 4 * 2 * width * width + width
        total += 9 * 2 * width * width + width + 9 * width * width + width
    assert sum(p.numel() for p in net.parameters()) == total + (64 + 1) * classes == count


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_sizes_are_refused_where_a_pooling_would_meet_an_odd_number(depth):
    config = Config(depth=depth, width=1)
    with torch.device("meta"):
        net = UNet(config)
    for size in range(2 * config.margin - 4, 2 * config.margin + 40):
        side, even = size, True
        for _ in range(depth):
            side -= 4
            even, side = even and side % 2 == 0, side // 2
        if even and size > 2 * config.margin:
            found = net(torch.empty(1, 1, size, size, device="meta")).shape[-1]
            assert found == config.output_size(size) == size - 2 * config.margin
        else:
            with pytest.raises(ValueError, match=f"not {size}"):
                net(torch.empty(1, 1, size, size, device="meta"))


def written_out(net: UNet, x: Tensor) -> Tensor:
    """The whole net from its stored tensors, by windows, products and sums."""
    state, depth = net.state_dict(), net.config.depth

    def rectified(x: Tensor, name: str) -> Tensor:
        for layer in (0, 2):
            weight, bias = state[f"{name}.{layer}.weight"], state[f"{name}.{layer}.bias"]
            windows = x.unfold(2, 3, 1).unfold(3, 3, 1)
            x = torch.einsum("nchwij,kcij->nkhw", windows, weight) + bias[:, None, None]
            x = x * (x > 0)
        return x

    across = []
    for level in range(depth + 1):
        x = rectified(x, f"contracting.{level}")
        across.append(x)
        if level < depth:
            x = x.unflatten(3, (-1, 2)).unflatten(2, (-1, 2)).amax((3, 5))
    for number in range(depth):
        weight, bias = state[f"up.{number}.weight"], state[f"up.{number}.bias"]
        x = torch.einsum("nchw,ckij->nkhiwj", x, weight).flatten(4, 5).flatten(2, 3)
        x, wide = x + bias[:, None, None], across[depth - 1 - number]
        lost = (wide.shape[-1] - x.shape[-1]) // 2
        x = torch.cat([wide[:, :, lost:-lost, lost:-lost], x], dim=1)
        x = rectified(x, f"expanding.{number}")
    score = torch.einsum("nchw,kc->nkhw", x, state["score.weight"][:, :, 0, 0])
    return score + state["score.bias"][:, None, None]


def test_net_equals_one_written_out():
    net = UNet(SMALL).double().eval()
    for parameter in net.parameters():
        nn.init.normal_(parameter, std=0.3)
    images = double(2, 2, 100, 92)
    ours = net(images)
    assert ours.shape == (2, 3, 12, 4)
    near("net, of its spread", ours / ours.std(), written_out(net, images) / ours.std(), 1e-12)


def test_up_convolution_is_an_upsampling_followed_by_a_2x2_convolution():
    """Section 2 in words: maps spread out over every second place, then convolved."""
    layer, x = UNet(TINY).double().up[0], double(2, 32, 5, 6)
    spread = x.new_zeros(2, 32, 12, 14)
    spread[:, :, 1:-1:2, 1:-1:2] = x  # padded by one: the 2×2 window passes each place twice
    kernel = layer.weight.transpose(0, 1).flip(2, 3)
    theirs = functional.conv2d(spread, kernel, layer.bias)[:, :, :-1, :-1]
    near("up-convolution", layer(x), theirs, 1e-12)


def test_weights_start_as_section_3_says_and_signals_keep_their_size():
    net = UNet(Config(depth=2, width=64)).eval()
    for layer, inputs in zip(convolutions(net)[:2], (9, 576), strict=True):  # N = 9 · 64 = 576
        assert layer.weight.std().item() == pytest.approx((2 / inputs) ** 0.5, rel=0.1)
    sizes = []
    for layer in convolutions(net):
        layer.register_forward_hook(lambda _, __, maps: sizes.append(maps.square().mean().item()))
    net(torch.randn(1, 1, 68, 68))
    print("mean squares:", [round(size, 2) for size in sizes])
    for first, second in (sizes[0:2], sizes[2:4], sizes[4:6]):  # alternating with rectifiers
        assert second == pytest.approx(first, rel=0.3)
    for last, pooled in (sizes[1:3], sizes[3:5]):  # the maximum of four is larger than each
        assert 1.3 < pooled / last < 3


@pytest.mark.parametrize("tile", [100, 108, 124])
def test_tiles_give_what_the_whole_image_gives(tile):
    """Fig. 2, exactly: for any size of image, if tiles begin at whole pitches."""
    net, images = UNet(SMALL).double().eval(), double(2, 2, 53, 37)
    whole = net(unet.mirror(images, 44, (44 + 7, 44 + 7)))[..., :53, :37]
    near(f"tiles of {tile}", unet.segment(net, images, tile), whole, 1e-12)
    with pytest.raises(ValueError, match="a step of 0 does not fit 4 pixels"):
        unet.segment(net, images, 92)


def test_tiles_side_by_side_differ_from_the_whole_image():
    """The output of a tile is never a whole number of pitches at depth 3 and more."""
    for depth in (3, 4):
        config = Config(depth=depth)
        size = 2 * config.margin + 4
        assert {config.output_size(size + k * config.pitch) % config.pitch for k in range(9)} == {4}
    net, images = UNet(SMALL).double().eval(), double(1, 2, 36, 12)
    whole = net(unet.mirror(images, 44, (44, 44)))
    apart = (unet.segment(net, images, 100, step=12) - whole).abs().amax((0, 1, 3))
    assert apart[:12].max() < 1e-12 * whole.std()
    assert apart[12:24].max() > 0.01 * whole.std()
    assert apart[24:].max() < 1e-12 * whole.std(), "after two tiles of 12, three pitches of 8"


def test_borders_are_mirrored_as_often_as_it_takes():
    images = double(1, 2, 4, 5)
    theirs = functional.pad(images, (3, 4, 3, 2), mode="reflect")
    near("mirrored", unet.mirror(images, 3, (2, 4)), theirs, 0)
    line = torch.arange(3.0).expand(1, 1, 2, 3)
    here = unet.mirror(line, 5, (0, 4))[0, 0, 0].tolist()
    assert here == [1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2]


def test_touching_cells_are_parted():
    torch.manual_seed(0)
    images, cells = unet.touching_cells(3, 64)
    parted = unet.separate(cells)
    assert images.shape == (3, 1, 64, 64)
    for before, after in zip(cells.numpy(), parted.numpy(), strict=True):
        parts, _ = label(after > 0)
        for part in range(1, parts.max() + 1):
            assert len(set(after[parts == part])) == 1, "no part holds pixels of two cells"
        lost = (before > 0) & (after == 0)
        nearest = [distance_transform_edt(before != n) for n in set(before.flat) - {0}]
        for row, column in zip(*lost.nonzero(), strict=True):
            assert sorted(d[row, column] for d in nearest)[1] < 1.5, "lost only next to another"
    assert (label(cells[0].numpy() > 0)[1]) < len(cells[0].unique()) - 5, "before, they touched"


def test_border_weights_are_eq_2_with_the_distances_of_scipy():
    torch.manual_seed(0)
    parted, whole = unet.touching_cells(2, 48)[1]
    cells = torch.stack([unet.separate(parted[None])[0], whole])  # touching or not
    ours = unet.border_weights(cells, w0=7.0, sigma=4.0)
    for weights, picture in zip(ours, cells.numpy(), strict=True):
        distances = [distance_transform_edt(picture != n) for n in set(picture.flat) - {0}]
        d1, d2 = torch.tensor(np.stack(distances)).sort(dim=0).values[:2]
        theirs = 7 * torch.exp(-((d1 + d2) ** 2) / (2 * 4**2)) * torch.tensor(picture == 0)
        near("eq. (2), scipy", weights, theirs, 1e-5)
    alone = torch.zeros(1, 8, 8, dtype=torch.long)
    alone[0, 2:4, 2:4] = 1
    assert not unet.border_weights(alone).any(), "one cell has no second nearest"


def test_classes_weigh_the_same_in_all():
    labels = torch.tensor([[0, 0, 0, 1], [0, 0, 2, 2]])
    weights = unet.balance(labels, 3)
    assert [weights[labels == k].sum().item() for k in range(3)] == pytest.approx([8 / 3] * 3)


def test_loss_is_eq_1_written_out():
    activations, labels = double(2, 3, 4, 5).requires_grad_(), torch.randint(3, (2, 4, 5))
    weights = double(2, 4, 5).abs()
    p = activations.exp() / activations.exp().sum(1, keepdim=True)
    chosen = p.gather(1, labels[:, None])[:, 0]
    ours, theirs = unet.weighted_loss(activations, labels, weights), -(weights * chosen.log())
    near("eq. (1)", ours, theirs.sum() / 40, 1e-14)
    (gradient,) = torch.autograd.grad(ours, activations)
    wanted = weights[:, None] * (p - functional.one_hot(labels, 3).movedim(-1, 1)) / 40
    near("its gradient", gradient, wanted, 1e-15)


def test_deformation_moves_pixels_by_its_vectors():
    images = double(2, 1, 9, 9)
    vectors = torch.zeros(2, 9, 9, 2, dtype=torch.float64)
    near("nothing moves", unet.deform(images, vectors), images, 1e-12)
    vectors[..., 0], vectors[..., 1] = 2, -1  # look two to the right and one up
    moved = unet.deform(images, vectors, "nearest")
    near("moved", moved[..., 1:, :-2], images[..., :-1, 2:], 1e-12)
    torch.manual_seed(0)
    vectors = unet.displacements(2000, 9, deviation=10.0)
    for row, column in ((0, 0), (4, 4), (8, 4)):  # nine places have the drawn vectors themselves
        assert vectors[:, row, column].std().item() == pytest.approx(10, rel=0.05)
    assert (vectors[:, :, 1:] - vectors[:, :, :-1]).abs().max() < 30, "smooth"


def test_tiny_learns_more_than_the_best_threshold_on_grey_values():
    torch.manual_seed(0)
    images, cells = unet.touching_cells(12, 64)
    labels = (unet.separate(cells) > 0).long()
    steps = torch.linspace(-1.5, 1.5, 31)
    greys = torch.stack([((images[8:, 0] > t) == labels[8:].bool()).float().mean() for t in steps])
    net, weights = UNet(TINY), unet.balance(labels)
    optimizer = torch.optim.Adam(net.parameters(), lr=6e-3)
    margin = TINY.margin
    wide = unet.mirror(images, margin, (margin, margin))
    for step in range(160):
        some = [step % 8]
        loss = unet.weighted_loss(net(wide[some]), labels[some], weights[some])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        right = (unet.segment(net, images[8:], 72).argmax(1) == labels[8:]).float().mean()
    print(f"error {1 - right:.3f}, best threshold {1 - greys.max():.3f}")
    assert 1 - right < 0.8 * (1 - greys.max())


def test_network_compiles_to_one_graph_and_runs_in_half_precision():
    source = unchecked(unet)
    one_graph_and_half(source.UNet(source.TINY), torch.randn(1, 1, 60, 60))


@pytest.mark.gpu
def test_accelerator_agrees_with_the_processor():
    accelerator = torch.accelerator.current_accelerator()
    if accelerator is None:
        pytest.skip("no CUDA or MPS device")
    net, there, images = UNet(TINY), UNet(TINY), torch.randn(2, 1, 60, 60)
    there.load_state_dict(net.state_dict())
    cells = unet.separate(unet.touching_cells(2, 20)[1])
    labels, weights = (cells > 0).long(), 1 + unet.border_weights(cells)
    unet.weighted_loss(net(images), labels, weights).backward()
    cells, images, labels = (t.to(accelerator) for t in (cells, images, labels))
    weights = 1 + unet.border_weights(unet.separate(cells))
    unet.weighted_loss(there.to(accelerator)(images), labels, weights).backward()
    for ours, theirs in zip(net.parameters(), there.parameters(), strict=True):
        torch.testing.assert_close(theirs.grad.cpu(), ours.grad, rtol=1e-2, atol=1e-2)
    assert unet.segment(there, images, 60).device.type == accelerator.type
