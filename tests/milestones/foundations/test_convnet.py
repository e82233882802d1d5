"""The zip-code network: its counts, independent implementations, sharing, and that it learns."""

from itertools import pairwise

import pytest
import torch
from agreement import double, near, unchecked
from torch import Tensor, nn
from torch.nn import functional

from milestones.common import data
from milestones.foundations import convnet
from milestones.foundations.convnet import TINY, UNSHARED, ZIP, Config, ConvNet, FeatureMaps

# Section 3.3: units, connections, free parameters.
PAPER = {
    "input": (256, 0, 0),
    "H1": (768, 19_968, 1_068),
    "H2": (192, 38_592, 2_592),
    "H3": (30, 5_790, 5_790),
    "output": (10, 310, 310),
}


def size(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def digits() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    (images, labels), (tests, answers) = data.digits()
    images, tests = (2 * data.on_canvas(x, size=16, side=16) - 1 for x in (images, tests))
    return images, labels, tests, answers


def padded(x: Tensor) -> Tensor:
    return functional.pad(x, (2, 2, 2, 2), value=-1.0)


def test_census_is_the_papers():
    assert convnet.census(ZIP) == PAPER
    assert [sum(column) for column in zip(*PAPER.values(), strict=True)] == [1_256, 64_660, 9_760]
    assert size(convnet.fully_connected()) == 10_690, "Section 5"


@pytest.mark.parametrize("config", [ZIP, UNSHARED, TINY, Config(maps=4, reads=4)])
def test_census_is_that_of_the_network(config):
    """Where all is one, even beyond the border, a unit's total input is its number of inputs."""
    network, census = ConvNet(config), convnet.census(config)
    assert {name: size(layer) for name, layer in network.named_children()} == {
        name: row[2] for name, row in census.items() if name != "input"
    }
    states = network.states(torch.zeros(1, 1, 16, 16))
    assert [x.numel() for x in states.values()] == [units for units, _, _ in census.values()]
    for name, below in (("H1", states["input"]), ("H2", states["H1"]), ("H3", states["H2"])):
        layer = network.get_submodule(name)
        for parameter in layer.parameters():
            nn.init.ones_(parameter)
        beyond = {"background": 1.0} if isinstance(layer, FeatureMaps) else {}
        assert layer(torch.ones_like(below), **beyond).sum() == census[name][1]


def test_each_map_of_h2_reads_eight_and_no_two_the_same():
    assert {len({*sources}) for sources in ZIP.table} == {8}
    assert len({*ZIP.table}) == 12
    assert all(sum(m in sources for sources in ZIP.table) == 8 for m in range(12))
    with pytest.raises(ValueError, match="within 0…3"):
        FeatureMaps(4, ((0, 4),), 8)


def test_squashing_and_start():
    one = torch.tensor([1.0, -1.0], dtype=torch.float64)
    near("f(±1), ±1", convnet.squash(one), one, 1e-5)
    for network in (ConvNet(), ConvNet(UNSHARED)):
        for layer, inputs in zip(network, (25, 200, 192, 30), strict=True):
            assert layer.weight.abs().max().item() * inputs == pytest.approx(2.4, rel=0.05)


def test_h1_equals_torchs_convolution_on_a_padded_image():
    layer, x = FeatureMaps(1, ((0,),) * 12, 8).double(), double(3, 1, 16, 16)
    theirs = nn.Conv2d(1, 12, 5, stride=2, bias=False).double()
    theirs.weight.data.copy_(layer.weight)
    near("H1, Conv2d", layer(x), theirs(padded(x)) + layer.bias, 1e-13)


def test_h2_equals_convolutions_of_its_maps_and_the_plain_sum():
    layer, x = ConvNet().double().H2, convnet.squash(double(3, 12, 8, 8)).requires_grad_()
    each = [
        functional.conv2d(padded(x)[:, sources], layer.weight[m : m + 1], stride=2)
        for m, sources in enumerate(ZIP.table)
    ]
    near("H2, twelve Conv2d", layer(x), torch.cat(each, 1) + layer.bias, 1e-13)
    slow = convnet.feature_maps(x, layer.weight, layer.bias, ZIP.table)
    near("H2, unit by unit", layer(x), slow, 1e-13)
    wanted = (x, layer.weight, layer.bias)
    for ours, theirs in zip(
        torch.autograd.grad(layer(x).square().sum(), wanted),
        torch.autograd.grad(slow.square().sum(), wanted),
        strict=True,
    ):
        near("H2, gradient", ours, theirs, 1e-12)


def lively(config: Config) -> ConvNet:
    """A network with weights five times as large as at the start, so that little is nearly zero."""
    network = ConvNet(config).double()
    for parameter in network.parameters():
        parameter.data *= 5
    return network


def twins() -> tuple[ConvNet, ConvNet]:
    """A network, and one without sharing in which every unit has the shared kernel of its map."""
    shared, apart = lively(ZIP), ConvNet(UNSHARED).double()
    states = shared.state_dict().items()
    apart.load_state_dict({n: w.expand(apart.get_parameter(n).shape) for n, w in states})
    return shared, apart


def test_a_shared_gradient_is_the_sum_over_all_places():
    shared, apart = twins()
    images, labels = double(7, 1, 16, 16), torch.randint(10, (7,))
    near("network, without sharing", shared(images), apart(images), 1e-13)
    for network in (shared, apart):
        convnet.mse_loss(network(images), labels).backward()
    for name, parameter in shared.named_parameters():
        theirs = apart.get_parameter(name).grad
        theirs = theirs.sum((0, 1)) if theirs.ndim > parameter.ndim else theirs
        near(f"gradient of {name}", parameter.grad, theirs, 1e-14)
    ours, theirs = (convnet.curvature(network, images) for network in (shared, apart))
    near("curvature", ours[shared.H1.weight], theirs[apart.H1.weight].sum((0, 1)), 1e-14)


def test_network_and_loss_equal_ones_written_with_other_functions():
    network, images, labels = lively(ZIP), double(5, 1, 16, 16), torch.randint(10, (5,))
    x = convnet.feature_maps(images, network.H1.weight, network.H1.bias, ((0,),) * 12)
    x = convnet.feature_maps(
        1.7159 * torch.tanh(2 / 3 * x), network.H2.weight, network.H2.bias, ZIP.table
    )
    for layer in (network.H3, network.output):
        x = (1.7159 * torch.tanh(2 / 3 * x)).flatten(1) @ layer.weight.T + layer.bias
    x = 1.7159 * torch.tanh(2 / 3 * x)
    near("network", network(images), x, 1e-13)
    targets = torch.full_like(x, -1.0)
    targets[range(5), labels] = 1.0
    near("loss", convnet.mse_loss(x, labels), nn.MSELoss()(x, targets), 1e-15)


def matrix(layer: nn.Module, below: Tensor) -> Tensor:
    """The layer as a matrix, a row for each unit, by trying one input after the other."""
    still = layer(torch.zeros_like(below))
    basis = torch.eye(below.numel(), dtype=below.dtype).view(-1, *below.shape[1:])
    return (layer(basis) - still).flatten(1).T


def test_curvatures_equal_the_recursion_on_matrices():
    """Unit by unit: h(x_j) = Σ w_ij² h(a_i); a bias has the curvature of its unit's total input."""
    network, images = lively(TINY), double(1, 1, 16, 16)
    states, h = network.states(images), torch.full((10,), 2 / 10, dtype=torch.float64)
    ours, names = convnet.curvature(network, images), list(states)
    for below, here in reversed([*pairwise(names)]):
        layer = network.get_submodule(here)
        a = layer(states[below]).detach().requires_grad_()
        (slope,) = torch.autograd.grad(convnet.squash(a).sum(), a)
        h = h * slope.flatten() ** 2
        near(f"curvature of {here}.bias", ours[layer.bias].flatten(), h, 1e-14)
        x = states[below].detach()
        if isinstance(layer, convnet.Full):
            each = torch.outer(h, x.flatten() ** 2)
        else:
            shape, uses = (len(layer.bias), x.shape[1], 5, 5), h.view_as(layer.bias)[None]
            each = torch.nn.grad.conv2d_weight(padded(x) ** 2, shape, uses, stride=2)
            each = each[torch.arange(len(each))[:, None], layer.sources]
        near(f"curvature of {here}.weight", ours[layer.weight], each, 1e-14)
        h = matrix(layer, states[below]).detach().square().T @ h


def test_curvature_of_the_output_is_that_of_gauss_and_newton():
    """Nothing lies above these weights, so only f'' was left out: 2/10 · mean of (∂x/∂w)²."""
    network, images = convnet.fully_connected().double(), double(6, 1, 16, 16)
    w = network.output.weight
    slopes = [torch.autograd.grad(x, w, retain_graph=True)[0] for x in network(images).flatten()]
    exact = 2 / 10 * torch.stack(slopes).square().sum(0) / len(images)
    near("curvature, Jacobian²", convnet.curvature(network, images)[w], exact, 1e-14)


def test_pseudo_newton_moves_every_weight_at_its_own_rate():
    network, images, labels = ConvNet(TINY), torch.randn(4, 1, 16, 16), torch.arange(4)
    before, h = [p.clone() for p in network.parameters()], convnet.curvature(network, images)
    optimizer = convnet.PseudoNewton(network, eta=0.5, mu=0.25)
    convnet.mse_loss(network(images), labels).backward()
    with pytest.raises(ValueError, match="measure"):
        optimizer.step()
    optimizer.measure(images)
    optimizer.step()
    for old, new in zip(before, network.parameters(), strict=True):
        near("step", new, old - 0.5 / (0.25 + h[new]) * new.grad, 1e-6)


def test_units_follow_a_moved_image_only_if_their_thresholds_agree():
    """Two pixels move H1 by one, away from the border; the paper's biases break it."""
    layer, x = FeatureMaps(1, ((0,),) * 12, 8).double(), double(1, 1, 16, 16)
    here, there = layer(x)[..., 1:7], layer(x.roll(2, -1))[..., 2:8]
    assert (here - there)[..., :-1].abs().max() > 1e-3
    layer.bias.data[:] = layer.bias.data[:, :1, :1].clone()
    here, there = layer(x)[..., 1:6], layer(x.roll(2, -1))[..., 2:7]
    near("H1, moved by one", here, there, 1e-13)


def test_network_compiles_to_one_graph():
    network = unchecked(convnet).ConvNet()
    compiled = torch.compile(network, backend="aot_eager", fullgraph=True)
    images = torch.randn(3, 1, 16, 16)
    near("torch.compile", compiled(images), network(images), 1e-5)


def test_tiny_learns_more_than_nearest_mean_image():
    """By the paper's own rule, pattern by pattern; the baseline is the nearest class mean."""
    torch.manual_seed(0)
    images, labels, tests, answers = digits()
    means = torch.stack([images[labels == digit].mean(0) for digit in range(10)]).flatten(1)
    baseline = (torch.cdist(tests.flatten(1), means).argmin(1) != answers).float().mean()
    network, order = ConvNet(TINY), torch.randperm(len(images))
    optimizer = convnet.PseudoNewton(network, eta=2e-3, mu=1e-2)
    for number, pattern in enumerate(order.repeat(3)):
        if number % 500 == 0:
            optimizer.measure(images[order[:200]])
        loss = convnet.mse_loss(network(images[pattern][None]), labels[pattern][None])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        error = (network(tests).argmax(1) != answers).float().mean()
    print(f"error {error:.3f}, nearest mean {baseline:.3f}")
    assert error < 0.8 * baseline


@pytest.mark.gpu
def test_accelerator_agrees_with_the_processor():
    accelerator = torch.accelerator.current_accelerator()
    if accelerator is None:
        pytest.skip("no CUDA or MPS device")
    for config in (ZIP, UNSHARED):
        network, there = ConvNet(config), ConvNet(config)
        there.load_state_dict(network.state_dict())
        images, labels = torch.randn(8, 1, 16, 16), torch.arange(8)
        convnet.mse_loss(network(images), labels).backward()
        far = images.to(accelerator)
        convnet.mse_loss(there.to(accelerator)(far), labels.to(accelerator)).backward()
        for ours, theirs in zip(network.parameters(), there.parameters(), strict=True):
            torch.testing.assert_close(theirs.grad.cpu(), ours.grad, rtol=1e-2, atol=1e-4)
        assert convnet.curvature(there, far)[there.H1.weight].device.type == accelerator.type
