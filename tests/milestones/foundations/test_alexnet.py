"""AlexNet: published counts, torch's layers, independent towers, and that it learns."""

from dataclasses import replace

import pytest
import torch
from agreement import double, near, unchecked
from sklearn.decomposition import PCA
from torch import nn
from torch.nn import functional

from milestones.common import data, training
from milestones.foundations import alexnet
from milestones.foundations.alexnet import (
    ALEXNET,
    DENSE,
    LAYERS,
    ONE_GPU,
    SINGLE,
    TINY,
    AlexNet,
    Momentum,
)

# The paper says 60 million; the first is also Caffe's bvlc_alexnet, the last torchvision's alexnet.
COUNTS = [(ALEXNET, 60_965_224), (ONE_GPU, 59_798_312), (DENSE, 62_378_344), (SINGLE, 61_100_840)]
FIGURE_2 = (253_440, 186_624, 64_896, 64_896, 43_264, 4096, 4096, 1000)  # units, as printed
NARROW = {"maps": (4, 8, 12, 12, 8), "hidden": 10, "classes": 7}


def stirred(config: alexnet.Config) -> AlexNet:
    """A net in double precision whose sums are of order one, without dropout."""
    net = AlexNet(replace(config, deviation=0.2)).double().eval()
    for name in LAYERS:
        nn.init.normal_(net.get_submodule(name).bias, std=0.1)
    return net


@pytest.mark.parametrize(("config", "published"), COUNTS)
def test_parameters_are_the_published_ones(config, published):
    with torch.device("meta"):
        net = AlexNet(config)
    layers = {name: net.get_submodule(name) for name in LAYERS}
    ours = {n: sum(part.numel() for part in layer.parameters()) for n, layer in layers.items()}
    assert sum(part.numel() for part in net.parameters()) == published
    assert ours == {name: count for name, (count, _, _) in alexnet.census(config).items()}


def test_units_are_those_of_figure_2_but_for_its_first_number():
    units = tuple(count for _, _, count in alexnet.census(ALEXNET).values())
    assert units[1:] == FIGURE_2[1:]
    assert units[0] == 55 * 55 * 96 == 290_400
    assert FIGURE_2[0] == 55 * 48 * 96, "a side of 48 slipped in"
    assert sum(units) == 659_272, "650,000 in the abstract"


def test_census_is_that_of_the_network():
    with torch.device("meta"):
        states = AlexNet().eval().states(torch.empty(1, 3, 224, 224))
    assert {n: x.numel() for n, x in states.items()} == {
        name: units for name, (_, _, units) in alexnet.census(ALEXNET).items()
    }
    for name, (count, products, units) in alexnet.census(ALEXNET).items():
        kernels = states[name].shape[1]
        assert products == (count - kernels) * units // kernels


def test_the_single_tower_has_a_fifth_of_a_percent_more_parameters():
    """The later paper says 0.2 %; the 384 maps of layer 4 in its footnote would make it 1.4 %."""
    (two, one, footnote) = (
        sum(count for count, _, _ in alexnet.census(config).values())
        for config in (ALEXNET, SINGLE, replace(SINGLE, maps=(64, 192, 384, 384, 256)))
    )
    assert round(100 * (one / two - 1), 1) == 0.2
    assert round(100 * (footnote / two - 1), 1) == 1.4


@pytest.mark.parametrize(("n", "beta"), [(5, 0.75), (3, 0.5), (7, 1.0)])
def test_response_is_the_equation_and_torchs_with_alpha_times_n(n, beta):
    a = 100 * double(2, 9, 4, 3)
    ours = alexnet.response(a, n=n, beta=beta)
    printed = alexnet.response_as_printed(a, k=2.0, n=n, alpha=1e-4, beta=beta)
    near("response, as printed", ours, printed, 1e-12)
    near("response, torch", ours, nn.LocalResponseNorm(n, n * 1e-4, beta, 2.0)(a), 1e-12)
    code = nn.LocalResponseNorm(n, 1e-4, beta, 2.0)(a)
    assert (ours - code).abs().max() > 1, "torch's α is another"


def test_response_has_the_gradient_that_differences_give():
    a = (100 * double(1, 6, 2, 2)).requires_grad_()
    assert torch.autograd.gradcheck(alexnet.response, a)
    with pytest.raises(ValueError, match=r"odd.*not 4"):
        alexnet.response(a, n=4)


def test_a_lone_response_falls_again_beyond_200():
    """a (k + α a²)^-3/4 is largest at √(2k/α)."""
    a = torch.linspace(0, 1000, 100_001, dtype=torch.float64).view(1, 1, -1, 1)
    assert a.flatten()[alexnet.response(a).argmax()].item() == pytest.approx(200)


def test_towers_are_two_convolutions_side_by_side():
    layer, x = nn.Conv2d(6, 8, 5, padding=2, groups=2).double(), double(3, 6, 9, 9)
    near("groups, two towers", layer(x), alexnet.in_towers(x, layer), 1e-13)


def test_towers_meet_in_layer_3():
    """Half of the first kernels change: below layer 3, only half of the maps notice."""
    net, images = stirred(replace(ALEXNET, **NARROW, size=67)), double(2, 3, 67, 67)
    before = net.states(images)
    net.conv1.weight.data[2:] += 1
    moved = {n: (x - before[n]).abs().flatten(2).sum((0, 2)) for n, x in net.states(images).items()
             if n.startswith("conv")}  # fmt: skip
    for name in ("conv1", "conv2"):
        first, second = moved[name].chunk(2)
        assert first.sum() == 0 < second.sum()
    assert (moved["conv3"].chunk(2)[0] > 0).any()


def load(theirs: nn.Sequential, net: AlexNet) -> nn.Sequential:
    layers = [layer for layer in theirs if isinstance(layer, nn.Conv2d | nn.Linear)]
    for name, layer in zip(LAYERS, layers, strict=True):
        layer.load_state_dict(net.get_submodule(name).state_dict())
    return theirs.eval()


def test_network_equals_the_same_layers_of_torch():
    """Once as torchvision arranges them; once as here, for one tower and with torch's norm."""
    relu, pool = nn.ReLU(), nn.MaxPool2d(3, 2)
    norm = nn.LocalResponseNorm(5, 5e-4, 0.75, 2.0)
    images = 30 * double(2, 3, 224, 224)
    for config, head, middle in (
        (SINGLE, [nn.Conv2d(3, 4, 11, 4, 2), relu], []),
        (DENSE, [nn.ZeroPad2d((0, 3, 0, 3)), nn.Conv2d(3, 4, 11, 4), relu, norm], [norm]),
    ):
        net = stirred(replace(config, **NARROW))
        theirs = nn.Sequential(
            *(*head, pool, nn.Conv2d(4, 8, 5, padding=2), relu, *middle, pool),
            *(nn.Conv2d(8, 12, 3, padding=1), relu, nn.Conv2d(12, 12, 3, padding=1), relu),
            *(nn.Conv2d(12, 8, 3, padding=1), relu, pool, nn.Flatten(), nn.Linear(288, 10)),
            *(relu, nn.Dropout(), nn.Linear(10, 10), relu, nn.Dropout(), nn.Linear(10, 7)),
        )
        ours, wanted = net(images), load(theirs.double(), net)(images)
        assert (ours[0] - ours[1]).std() > 0.005 * ours.std(), "there is something to compare"
        near("AlexNet, torch's layers", ours / wanted.std(), wanted / wanted.std(), 1e-12)


def test_224_pixels_are_227_with_three_of_zeros():
    net, images = stirred(replace(ALEXNET, **NARROW)), double(1, 3, 224, 224)
    near("224, 227", net(images), net(functional.pad(images, (0, 3, 0, 3))), 1e-11)
    with pytest.raises(ValueError, match="50 pixels are too small"):
        AlexNet(replace(ALEXNET, size=50))


def test_weights_and_biases_start_as_published():
    net = AlexNet(replace(ALEXNET, hidden=64))
    for name in LAYERS:
        layer = net.get_submodule(name)
        assert layer.weight.std().item() == pytest.approx(0.01, rel=0.02)
        assert set(layer.bias.tolist()) == {0.0 if name in ("conv1", "conv3", "fc8") else 1.0}


def test_update_is_torchs_until_the_rate_changes():
    """Then the printed rule keeps the old speed, and torch's slows down at once."""
    ours, theirs = (nn.Parameter(torch.ones(5, dtype=torch.float64)) for _ in range(2))
    mine = Momentum([ours], 0.01)
    torchs = torch.optim.SGD([theirs], 0.01, momentum=0.9, weight_decay=0.0005)
    w, v = ours.detach().clone(), torch.zeros(5, dtype=torch.float64)
    for step in range(40):
        if step == 20:
            near("update, torch.optim.SGD", ours, theirs, 1e-13)
            mine.param_groups[0]["lr"] = torchs.param_groups[0]["lr"] = 0.001
        ours.grad = theirs.grad = gradient = double(5)
        rate = 0.01 if step < 20 else 0.001
        v = 0.9 * v - 0.0005 * rate * w - rate * gradient
        w = w + v
        mine.step()
        torchs.step()
    near("update, as printed", ours, w, 1e-13)
    assert (ours - theirs).abs().max() > 1e-4
    with pytest.raises(ValueError, match=r"-1\.0"):
        Momentum([ours], -1.0)


def test_crops_and_views_are_patches_of_their_images():
    images = torch.arange(500 * 2 * 6 * 6.0).view(500, 2, 6, 6)
    seen = set()
    for image, patch in zip(images, alexnet.crops(images, 4), strict=True):
        found = {(y, x, way): image[:, y : y + 4, x : x + 4].flip(-1) if way else
                 image[:, y : y + 4, x : x + 4] for y in range(3) for x in range(3)
                 for way in (0, 1)}  # fmt: skip
        (where,) = [place for place, wanted in found.items() if torch.equal(patch, wanted)]
        seen.add(where)
    assert len(seen) == 2 * 3 * 3  # of 256 pixels: 2 · 33 · 33, where the paper has 2 · 32 · 32
    ten = alexnet.views(images, 4)
    assert ten.shape == (10, 500, 2, 4, 4)
    assert torch.equal(ten[0], images[..., 1:5, 1:5])
    assert torch.equal(ten[9], images[..., 2:, 2:].flip(-1))
    assert len(alexnet.views(images, 4, reflect=False)) == 5


def test_colours_are_principal_components_times_their_variances():
    images = torch.einsum("bchw,cd->bdhw", double(4, 3, 16, 16), double(3, 3))
    colours, pixels = alexnet.principal_colours(images), images.movedim(1, -1).flatten(0, -2)
    theirs = PCA().fit(pixels.numpy())
    variances = torch.from_numpy(theirs.explained_variance_)
    near("λ, scikit-learn", colours.norm(dim=0).flip(0), variances, 1e-12)
    axes = torch.from_numpy(theirs.components_).T * variances
    near("λp, up to sign", colours.flip(1).abs(), axes.abs(), 1e-11)
    shifts = alexnet.relight(images[:1].expand(20_000, 3, 16, 16)[..., :2, :2], colours, 0.1)
    shifts = shifts - images[:1, :, :2, :2]
    near("one shift an image", shifts.flatten(2), shifts[..., :1, 0].expand(-1, 3, 4), 1e-14)
    wanted = 0.01 * colours @ colours.T
    near(
        "its covariance", torch.cov(shifts[..., 0, 0].T) / wanted.max(), wanted / wanted.max(), 0.05
    )


def test_tiny_learns_more_than_nearest_mean_image():
    """From 300 digits, tested on others that were moved; the baseline sees the same crops."""
    torch.manual_seed(0)
    (images, labels), (tests, answers) = data.digits()
    images, tests = (255 * data.on_canvas(x, size=24, side=16) for x in (images[::4], tests))
    mean, labels = images.mean(0), labels[::4]
    moved = alexnet.crops(tests - mean, 20, reflect=False)
    seen = alexnet.crops((images - mean).repeat(8, 1, 1, 1), 20, reflect=False).flatten(1)
    means = torch.stack([seen[labels.repeat(8) == digit].mean(0) for digit in range(10)])
    baseline = (torch.cdist(moved.flatten(1), means).argmin(1) != answers).float().mean()
    net = AlexNet(TINY)
    optimizer = Momentum(net.parameters(), lr=0.005)
    for _ in range(140):
        batch = torch.randint(len(labels), (32,))
        shown = alexnet.crops(images[batch] - mean, 20, reflect=False)
        functional.cross_entropy(net(shown), labels[batch]).backward()
        optimizer.step()
        optimizer.zero_grad()
    error = 1 - training.accuracy(net, moved, answers)
    print(f"error {error:.3f}, nearest mean {baseline:.3f}")
    assert error < 0.75 * baseline


def test_network_compiles_to_one_graph_and_runs_in_half_precision():
    source = unchecked(alexnet)
    net, images = source.AlexNet(source.TINY).eval(), 60 * torch.randn(8, 1, 20, 20)
    compiled, whole = torch.compile(net, backend="aot_eager", fullgraph=True), net(images)
    near("torch.compile", compiled(images) / whole.std(), whole / whole.std(), 1e-4)
    with torch.autocast("cpu", torch.bfloat16):
        half = net(images)
    assert half.dtype is torch.bfloat16
    near("bfloat16, of the spread", half / whole.std(), whole / whole.std(), 0.3)
    large = torch.full((1, 8, 2, 2), 300.0, dtype=torch.float16)
    near("float16", alexnet.response(large), alexnet.response(large.float()), 0.05)


@pytest.mark.gpu
def test_accelerator_agrees_with_the_processor():
    accelerator = torch.accelerator.current_accelerator()
    if accelerator is None:
        pytest.skip("no CUDA or MPS device")
    net, there, images = AlexNet(TINY).eval(), AlexNet(TINY).eval(), 60 * torch.randn(8, 1, 20, 20)
    there.load_state_dict(net.state_dict())
    net(images).square().mean().backward()
    there.to(accelerator)(images.to(accelerator)).square().mean().backward()
    for ours, theirs in zip(net.parameters(), there.parameters(), strict=True):
        torch.testing.assert_close(theirs.grad.cpu(), ours.grad, rtol=1e-2, atol=1e-2)
    assert alexnet.crops(images.to(accelerator), 16).device.type == accelerator.type
