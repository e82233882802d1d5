"""Rectifiers: the paper's networks, the backward pass by hand, dead units, and that they learn."""

import math
from dataclasses import replace
from itertools import product

import pytest
import torch
from agreement import double, near, unchecked
from torch import Tensor, nn
from torch.nn import functional

from milestones.common import data, training
from milestones.training import relu
from milestones.training.relu import TINY, Config, Network

SMALL = Config(widths=(5, 6, 4, 3), l1=0.1)


def line(low: float = -60.0, high: float = 60.0, count: int = 24_001) -> Tensor:
    return torch.linspace(low, high, count, dtype=torch.float64)


def example(config: Config = SMALL, batch: int = 7) -> tuple[Network, Tensor, Tensor]:
    network = Network(config).double()
    for number in range(len(config.widths) - 1):
        nn.init.normal_(network.biases[number], std=0.3)
    return network, double(batch, config.widths[0]), torch.randint(config.widths[-1], (batch,))


def test_networks_have_the_papers_widths():
    """Section 4; the paper counts no parameters, so these are its layers added up."""
    middle = 2 * 1001 * 1000
    counts = {
        relu.MNIST: 785 * 1000 + middle + 1001 * 10,
        relu.CIFAR10: 3073 * 1000 + middle + 1001 * 10,
        relu.NISTP: 1025 * 1000 + middle + 1001 * 62,
        relu.NORB: 2049 * 4000 + 4001 * 2000 + 2001 * 6,
        relu.OPENTABLE: 3 * 5001 * 5000 + 5001 * 5,
    }
    assert list(counts.values()) == [2_797_010, 5_085_010, 3_089_062, 16_210_006, 75_040_005]
    for config, count in counts.items():
        with torch.device("meta"):
            model = Network(config)
        assert sum(p.numel() for p in model.parameters()) == relu.parameters(config) == count
        assert (config.unit, config.l1, config.batch_size) == ("rectifier", 0.001, 10)
    assert not list(relu.ReLU().parameters()), "the unit itself has nothing to train"


def test_start_is_uniform():
    """Variance 2 / (inputs + outputs) within ±√(6 / (inputs + outputs)); biases are zero."""
    for number in range(4):
        weight = (network := Network(TINY)).weights[number]
        total = sum(weight.shape)
        assert weight.abs().max().item() == pytest.approx(math.sqrt(6 / total), rel=0.02)
        assert weight.var().item() == pytest.approx(2 / total, rel=0.15)
        assert not network.biases[number].any()


def test_rectifier_is_torchs_and_its_slope_at_zero_is_zero():
    x = torch.cat([line(), torch.tensor([0.0, -0.0, 1e-300, -1e-300]).double()]).requires_grad_()
    ours = {"relu": relu.relu, "ReLU": relu.ReLU(), "rectifier": relu.rectifier}
    theirs = nn.ReLU()(x)
    (slope,) = torch.autograd.grad(theirs.sum(), x)
    for name, function in ours.items():
        near(f"{name}, torch.nn.ReLU", function(x), theirs, 0)
        near(f"{name}, slope", torch.autograd.grad(function(x).sum(), x)[0], slope, 0)
    near("slope by hand", relu.slope(x, "rectifier"), slope, 0)
    assert relu.slope(torch.zeros(1), "rectifier").item() == 0


@pytest.mark.parametrize("sharpness", [1.0, 1.3, 6.0])
def test_softplus_is_the_logarithm_and_nears_the_rectifier(sharpness: float):
    x = line().requires_grad_()
    y = relu.softplus(x, sharpness)
    theirs = torch.logaddexp(sharpness * x, torch.zeros_like(x)) / sharpness
    near(f"softplus, α = {sharpness}, logaddexp", y, theirs, 1e-14)
    near("torch.nn.Softplus", y, nn.Softplus(beta=sharpness)(x), 3e-9)  # its threshold is 20
    near("slope", relu.slope(x, "softplus", sharpness), torch.autograd.grad(y.sum(), x)[0], 1e-14)
    gap = y - relu.rectifier(x)
    assert gap.min() >= -1e-14
    assert gap.max().item() == pytest.approx(math.log(2) / sharpness), "largest at zero"


@pytest.mark.parametrize("unit", relu.UNITS)
@pytest.mark.parametrize("signed", [True, False])
def test_backward_by_hand_is_autograds(unit: relu.Unit, signed: bool):
    network, x, labels = example(replace(SMALL, unit=unit, signed=signed, sharpness=2.0))
    totals, outputs = network.states(x)
    value = functional.cross_entropy(totals[-1], labels)
    value = value + 0.1 * torch.cat(outputs, dim=1).abs().sum(1).mean()
    near("loss", relu.loss(network, x, labels), value, 1e-14)
    gradients, deltas = relu.backward(network, x, labels)
    names = [name for name, _ in network.named_parameters()]
    theirs = torch.autograd.grad(value, [*network.parameters(), *totals])
    ours = [*gradients, *deltas]
    for name, mine, other in zip([*names, *"abc"], ours, theirs, strict=True):
        near(f"{unit}, {name}", mine, other, 1e-14)


def test_gradient_is_the_sum_over_active_paths():
    """Section 3.1, written out: a path counts with its weights if all its units are on."""
    network, x, _ = example(replace(SMALL, signed=False), batch=1)
    jacobian = torch.autograd.functional.jacobian(lambda row: network(row[None])[0], x[0])
    _, outputs = network.states(x)
    on = [(h[0] > 0).tolist() for h in outputs]
    paths = torch.zeros_like(jacobian)
    first, second, third = (network.weights[number] for number in range(3))
    for i, j, k, out in product(range(5), range(6), range(4), range(3)):
        if on[0][j] and on[1][k]:
            paths[out, i] += third[out, k] * second[k, j] * first[j, i]
    near("sum over active paths", jacobian, paths, 1e-14)
    assert 0 < sum(on[0]) * sum(on[1]) < 24, "some paths are active, and some are not"


def test_rescaled_layers_say_the_same():
    """Section 3.1: only if the α multiply to one, and only with rectifiers."""
    network, x, _ = example()
    (_, before), logits = network.states(x), network(x)
    relu.rescale(network, (2.0, 5.0, 0.1))
    near("rescaled, α₁α₂α₃ = 1", network(x), logits, 1e-13)
    near("first layer, h / α₁", network.states(x)[1][0], before[0] / 2, 1e-13)
    relu.rescale(network, (2.0, 1.0, 1.0))
    near("rescaled, α₁α₂α₃ = 2", network(x), logits / 2, 1e-13)
    smooth, x, _ = example(replace(SMALL, unit="tanh"))
    logits = smooth(x)
    relu.rescale(smooth, (2.0, 5.0, 0.1))
    assert (smooth(x) - logits).abs().max() > 0.01, "a control"
    with pytest.raises(ValueError, match=r"\[1.0, -1.0, 1.0\]; give 3 positive numbers"):
        relu.rescale(smooth, (1.0, -1.0, 1.0))


def test_minus_signs_only_rename_weights():
    """Section 4.1's signs, and columns of the other sign without them, learn the same function."""
    signed, x, labels = example()
    plain = Network(replace(SMALL, signed=False)).double()
    plain.load_state_dict(signed.state_dict())
    with torch.no_grad():
        for number in (1, 2):
            plain.weights[number].mul_(signed.sign(number - 1))
        for _ in range(100):
            for network in (signed, plain):
                gradients, _ = relu.backward(network, x, labels)
                for parameter, gradient in zip(network.parameters(), gradients, strict=True):
                    parameter.sub_(gradient, alpha=0.5)
    near("after 100 steps", signed(x), plain(x), 1e-11)
    assert relu.loss(signed, x, labels) < 0.7 * relu.loss(Network(SMALL).double(), x, labels)


def test_a_dead_unit_stays_as_it_is():
    network, x, labels = example()
    with torch.no_grad():
        network.biases[0][2] = -100.0
    (weight, _, _, bias, _, _), deltas = relu.backward(network, x, labels)
    assert not weight[2].any()
    assert not bias[2].any()
    assert not deltas[0][:, 2].any()
    assert relu.dead(network.states(x)[1])[0] >= 1 / 6
    _, outputs = network.states(x)
    assert relu.zeros(outputs) == [(h == 0).double().mean().item() for h in outputs]


def test_a_layer_of_rectifiers_halves_the_square_of_the_gradient():
    """At the start, on average, with as many outputs as inputs; a logistic layer leaves 1/16."""
    for unit, least, most in (
        ("rectifier", 0.43, 0.57),
        ("tanh", 0.6, 1.0),
        ("logistic", 0, 1 / 16),
    ):
        network = Network(Config(widths=(*[200] * 7, 10), unit=unit, l1=0.0)).double()
        _, deltas = relu.backward(network, double(200, 200), torch.randint(10, (200,)))
        first, last = (deltas[number].square().sum().item() for number in (0, 5))
        factor = (first / last) ** (1 / 5)
        print(f"{unit}: {factor:.4f}")
        assert least < factor < most


def test_half_precision_and_one_graph():
    source = unchecked(relu)
    with pytest.raises(ValueError, match="'gelu'; it must be one of rectifier, softplus, tanh"):
        source.Config(widths=(1, 1), unit="gelu")
    model, x = source.Network(source.TINY), torch.randn(5, 64)
    compiled = torch.compile(model, backend="aot_eager", fullgraph=True)
    near("torch.compile", compiled(x), model(x), 1e-6)
    with torch.autocast("cpu", torch.bfloat16):
        low = model(x)
    assert low.dtype == torch.bfloat16
    near("autocast", low.float(), model(x), 0.05)


def test_tiny_learns_more_than_a_linear_network():
    (images, labels), test = data.digits(flat=True)
    errors = []
    for widths in (TINY.widths, (64, 10)):
        network = Network(replace(TINY, widths=widths))
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        batches = training.minibatches(images, labels, size=TINY.batch_size)
        training.fit(network, batches, functional.cross_entropy, optimizer, epochs=10)
        errors.append(1 - training.accuracy(network, *test))
    print(f"error {errors[0]:.3f}, linear {errors[1]:.3f}")
    assert errors[0] < 0.7 * errors[1]


@pytest.mark.gpu
def test_accelerator_agrees_with_the_processor(gpu: torch.device):
    here = Network(replace(TINY, l1=0.01, signed=True))
    there = Network(here.config).to(gpu)
    there.load_state_dict(here.state_dict())
    x, labels = torch.randn(10, 64), torch.arange(10)
    ours = relu.backward(there, x.to(gpu), labels.to(gpu))[0]
    for mine, theirs in zip(ours, relu.backward(here, x, labels)[0], strict=True):
        near(f"gradient on {gpu.type}", mine.cpu(), theirs, 1e-3)
