"""LeNet-5: the paper's counts, independent implementations, equivariance, and that it learns."""

import math

import pytest
import torch
from agreement import double, near, unchecked
from torch import Tensor, nn
from torch.nn import functional

from milestones.common import data
from milestones.foundations import lenet
from milestones.foundations.lenet import COMPLETE, LENET5, TABLE_I, TINY, LeNet5

# Section II-B, layer by layer: trainable parameters, connections.
PAPER = {
    "C1": (156, 122_304),
    "S2": (12, 5_880),
    "C3": (1_516, 151_600),
    "S4": (32, 2_000),
    "C5": (48_120, 48_120),
    "F6": (10_164, 10_164),
    "output": (0, 840),
}


def test_census_is_the_papers():
    assert lenet.census(LENET5) == PAPER
    assert sum(parameters for parameters, _ in PAPER.values()) == 60_000
    assert sum(connections for _, connections in PAPER.values()) == 340_908


@pytest.mark.parametrize("config", [LENET5, COMPLETE, TINY])
def test_census_is_that_of_the_network(config):
    """Where every weight, bias and input is one, a unit's total input is its number of inputs."""
    model, census = LeNet5(config).double(), lenet.census(config)
    for parameter in model.parameters():
        nn.init.ones_(parameter)
    first, second = config.c1_maps, len(config.table)
    inputs = {"C1": (1, 32), "S2": (first, 28), "C3": (first, 14), "S4": (second, 10)}
    inputs = {layer: (1, maps, side, side) for layer, (maps, side) in inputs.items()}
    inputs |= {"C5": (1, second, 5, 5), "F6": (config.c5_maps,)}
    for layer, shape in inputs.items():
        module = model.get_submodule(layer.lower())
        assert sum(parameter.numel() for parameter in module.parameters()) == census[layer][0]
        total = module.weighted_sum if layer.startswith("S") else module
        assert total(torch.ones(shape).double()).sum() == census[layer][1]


def test_table_is_as_section_ii_b_says():
    """Contiguous triples, contiguous fours, three broken fours, and one map that reads all."""
    around = [[tuple(sorted((i + k) % 6 for k in range(n))) for i in range(6)] for n in (3, 4)]
    assert list(TABLE_I[:6]) == around[0]
    assert list(TABLE_I[6:12]) == around[1]
    assert all(len(sources) == 4 and sources not in around[1] for sources in TABLE_I[12:15])
    assert TABLE_I[15] == tuple(range(6))


def test_squashing_keeps_plus_and_minus_one_and_bends_most_there():
    one = torch.tensor([1.0, -1.0], dtype=torch.float64)
    near("f(±1), ±1", lenet.squash(one), one, 1e-5)
    a = torch.linspace(0, 3, 30_001, dtype=torch.float64).requires_grad_()
    (slope,) = torch.autograd.grad(lenet.squash(a).sum(), a, create_graph=True)
    (bend,) = torch.autograd.grad(slope.sum(), a)
    assert a[bend.abs().argmax()].item() == pytest.approx(1, abs=0.02)


def test_weights_start_within_2_4_over_fan_in():
    model = LeNet5()
    fan_in = torch.tensor([25.0 * len(sources) for sources in TABLE_I for _ in sources])
    for weight, inputs in (
        (model.c1.weight, 25),
        (model.c3.weight, fan_in[:, None, None]),
        (model.c5.weight, 400),
        (model.f6.weight, 120),
    ):
        assert (weight * inputs).abs().max().item() == pytest.approx(2.4, rel=0.05)


def test_sub_sampling_with_a_quarter_is_average_pooling():
    layer, x = lenet.SubSampling(6).double(), double(2, 6, 28, 28)
    nn.init.constant_(layer.coefficient, 0.25)
    nn.init.zeros_(layer.bias)
    near("S2 before squashing, AvgPool2d", layer.weighted_sum(x), nn.AvgPool2d(2)(x), 1e-14)


def test_c3_equals_a_masked_convolution_and_the_sum_over_its_table():
    layer, x = lenet.TableConvolution(6, TABLE_I, 5).double(), double(2, 6, 14, 14)
    masked, links = nn.Conv2d(6, 16, 5).double(), iter(layer.weight)
    mask = torch.zeros_like(masked.weight)
    with torch.no_grad():
        masked.bias.copy_(layer.bias)
        for out, sources in enumerate(TABLE_I):
            mask[out, list(sources)] = 1
            for source in sources:
                masked.weight[out, source] = next(links)
        masked.weight *= mask
    slow = lenet.table_convolution(x, layer.weight, layer.bias, TABLE_I)
    near("C3, masked Conv2d", layer(x), masked(x), 1e-12)
    near("C3, sum over the table", layer(x), slow, 1e-12)
    fast, plain = (torch.autograd.grad(y.sum(), layer.weight)[0] for y in (layer(x), slow))
    near("C3, gradient", fast, plain, 1e-12)
    with pytest.raises(ValueError, match="beyond 0…5"):
        lenet.TableConvolution(6, ((6,),), 5)


def test_codes_and_penalties():
    x, codes = double(5, 84), lenet.codes().double()
    assert set(codes.flatten().tolist()) == {-1, 1}
    near("RBF, cdist²", lenet.rbf(x, codes), torch.cdist(x, codes) ** 2, 1e-11)


@pytest.mark.parametrize("j", [0.1, 20.0, 300.0])
def test_losses_equal_the_equations_written_out(j):
    penalties, labels = 100 * torch.rand(7, 10, dtype=torch.float64), torch.randint(10, (7,))
    mean_square = maximum = 0.0
    for y, label in zip(penalties.tolist(), labels.tolist(), strict=True):
        mean_square += y[label] / 7
        maximum += (y[label] + math.log(math.exp(-j) + sum(math.exp(-p) for p in y))) / 7
    assert lenet.mse_loss(penalties, labels).item() == pytest.approx(mean_square, rel=1e-12)
    assert lenet.map_loss(penalties, labels, j).item() == pytest.approx(maximum, rel=1e-9)
    assert lenet.map_loss(penalties, labels, j) > 0, "Section II-C: this loss is positive"


def test_without_rubbish_the_second_loss_is_cross_entropy():
    """All drawings have one length, so eq. (9) at j = ∞ sees only the logits 2 w·x."""
    x, labels, codes = 3 * double(64, 84), torch.randint(10, (64,)), lenet.codes().double()
    ours = lenet.map_loss(lenet.rbf(x, codes), labels, j=math.inf)
    theirs = functional.cross_entropy(2 * x @ codes.T, labels)
    near("eq. (9), cross-entropy", ours / theirs, torch.ones_like(theirs), 1e-12)


def test_network_equals_one_written_with_other_functions():
    model, images = LeNet5().double(), double(3, 1, 32, 32)

    def f(a: Tensor) -> Tensor:
        return 1.7159 * torch.tanh(2 / 3 * a)

    def sub(x: Tensor, layer: nn.Module) -> Tensor:
        weight = layer.coefficient.view(-1, 1, 1, 1).expand(-1, 1, 2, 2)
        return f(functional.conv2d(x, weight, layer.bias, stride=2, groups=len(layer.bias)))

    x = sub(f(functional.conv2d(images, model.c1.weight, model.c1.bias)), model.s2)
    x = f(lenet.table_convolution(x, model.c3.weight, model.c3.bias, TABLE_I))
    x = sub(x, model.s4).flatten(1)
    for layer in (model.c5, model.f6):
        x = f(functional.linear(x, layer.weight.flatten(1), layer.bias))
    near("LeNet-5", model(images), torch.cdist(x, lenet.codes().double()) ** 2, 1e-10)


def test_network_compiles_to_one_graph():
    model = unchecked(lenet).LeNet5()
    compiled = torch.compile(model, backend="aot_eager", fullgraph=True)
    images = torch.randn(3, 1, 32, 32)
    near("torch.compile", compiled(images), model(images), 1e-3)


def test_moving_the_image_by_four_pixels_moves_s4_by_one():
    model, images = LeNet5().double(), double(2, 1, 32, 36)
    here, there = (model.states(part)["S4"] for part in (images[..., 4:], images[..., :-4]))
    near("S4, moved by one", here[..., :-1], there[..., 1:], 1e-12)


def test_sweep_reads_every_window_four_pixels_apart():
    model, strip = LeNet5().double(), double(1, 1, 36, 44)
    windows = strip.unfold(2, 32, 4).unfold(3, 32, 4)[0, 0]  # rows columns 32 32
    one_by_one = torch.stack([model(row[:, None]) for row in windows])
    near("sweep, window by window", model.sweep(strip)[0], one_by_one, 1e-10)
    with pytest.raises(ValueError, match=r"\(36, 44\).*sweep"):
        model(strip)


def test_images_are_prepared_and_distorted():
    images = lenet.prepare(functional.pad(torch.ones(64, 1, 2, 2), (13, 13, 13, 13)))
    assert images.shape == (64, 1, 32, 32)
    assert images[0, 0, 15, 15].item() == pytest.approx(1.175)
    assert images[0, 0, 0, 0].item() == pytest.approx(-0.1)
    near("no distortion", lenet.distort(images, 0.0, 0.0, 0.0, 0.0), images, 1e-5)
    ink = (lenet.distort(images, 3.0, 0.0, 0.0, 0.0) - lenet.WHITE).sum((1, 2))
    moved = (ink * torch.arange(32)).sum(1) / ink.sum(1) - 15.5
    assert 2 < moved.abs().max() < 3.01
    with pytest.raises(ValueError, match=r"33×32: at most 32×32"):
        lenet.prepare(torch.zeros(1, 1, 33, 32))


@pytest.mark.parametrize("loss", [lenet.mse_loss, lenet.map_loss])
def test_tiny_learns_more_than_nearest_mean_image(loss):
    """Digits are moved by two pixels; the baseline answers with the nearest class mean."""
    torch.manual_seed(0)
    (images, labels), (tests, answers) = data.digits()
    images, tests = (lenet.prepare(data.on_canvas(x)) for x in (images, tests))
    tests = tests.roll(2, 3)
    means = torch.stack([images[labels == digit].mean(0) for digit in range(10)]).flatten(1)
    baseline = (torch.cdist(tests.flatten(1), means).argmin(1) != answers).float().mean()
    model = LeNet5(TINY)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(500):
        batch = torch.randint(len(labels), (32,))
        value = loss(model(lenet.distort(images[batch])), labels[batch])
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    with torch.no_grad():
        error = (model(tests).argmin(1) != answers).float().mean()
    print(f"error {error:.3f}, nearest mean {baseline:.3f}")
    assert error < baseline / 2


@pytest.mark.gpu
def test_accelerator_agrees_with_the_processor():
    accelerator = torch.accelerator.current_accelerator()
    if accelerator is None:
        pytest.skip("no CUDA or MPS device")
    model, there = LeNet5(), LeNet5()
    there.load_state_dict(model.state_dict())
    images, labels = torch.randn(8, 1, 32, 32), torch.arange(8)
    lenet.map_loss(model(images), labels).backward()
    lenet.map_loss(there.to(accelerator)(images.to(accelerator)), labels.to(accelerator)).backward()
    for ours, theirs in zip(model.parameters(), there.parameters(), strict=True):
        torch.testing.assert_close(theirs.grad.cpu(), ours.grad, rtol=1e-2, atol=1e-2)
    assert lenet.distort(images.to(accelerator)).device.type == accelerator.type
