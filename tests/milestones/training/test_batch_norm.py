"""Batch norm: the paper's counts, torch and loops, what it ignores, and that it learns."""

from dataclasses import replace
from itertools import combinations

import pytest
import torch
from agreement import double, near, unchecked
from torch import Tensor, nn
from torch.nn import functional

from milestones.common import data
from milestones.training import batch_norm as module
from milestones.training.batch_norm import (
    MNIST,
    PLAIN,
    TINY,
    BatchNorm,
    Convolution,
    Inception,
    Network,
    batch_norm,
    batch_norm_backward,
    inference,
    use_population,
)

SHAPES = [(12, 5), (6, 5, 4), (3, 5, 4, 7)]


def randomized(norm: nn.Module) -> nn.Module:
    """In float64, and with scales and shifts that are not one and zero."""
    for parameter in norm.double().parameters():
        nn.init.normal_(parameter)
    return norm


def parameters(net: nn.Module) -> int:
    return sum(parameter.numel() for parameter in net.parameters())


# ------------------------------------------------------------------------- the paper's own numbers


def test_two_parameters_per_activation_or_feature_map():
    """Section 5 adds two, and Section 3.2 takes the bias away."""
    assert parameters(Network(MNIST)) - parameters(Network(PLAIN)) == 3 * 100 * (2 - 1)
    assert parameters(Network(PLAIN)) == 785 * 100 + 2 * 101 * 100 + 101 * 10
    assert parameters(Convolution(3, 16, 5)) == 3 * 16 * 25 + 2 * 16


def test_inception_adds_up_to_the_table_and_not_to_the_text():
    """Fig. 5 gives widths, and for 3c and 4e sides before their stride; the text 13.6 million."""
    with torch.device("meta"):
        net, x = Inception(), torch.empty(2, 3, 224, 224)
    sizes = [tuple((x := layer(x)).shape[1:]) for layer in net.layers][1:]
    assert sizes[:5] == [(64, 112, 112), (64, 56, 56), (64, 56, 56), (192, 56, 56), (192, 28, 28)]
    printed = (256, 320, 576, 576, 576, 576, 576, 1024, 1024, 1024)
    widths = [maps for maps, *_ in sizes[5:]]
    wrong = {6: (576, 608), 7: (576, 608), 8: (1024, 1056)}  # 4c and 4d; 4e follows
    pairs = zip(printed, widths, strict=True)
    assert {n: pair for n, pair in enumerate(pairs, 1) if pair[0] != pair[1]} == wrong
    assert [side for *_, side in sizes[5:]] == [28, 28, 14, 14, 14, 14, 14, 7, 7, 7]
    assert parameters(net) == 11_278_528
    weighted = [m for m in net.modules() if isinstance(m, nn.Conv2d)]
    assert len(weighted) == 3 + 1 + 8 * 7 + 2 * 5  # the first convolution is in two parts


# --------------------------------------------------------------- independent implementations agree


@pytest.mark.parametrize("shape", SHAPES)
def test_fast_readable_and_torch_agree_forwards_and_backwards(shape):
    x, upstream = 3 * double(*shape) + 5, double(*shape)
    ours, theirs = randomized(BatchNorm(5)), (nn.BatchNorm1d, nn.BatchNorm2d)[len(shape) > 3](5)
    theirs = theirs.double()
    theirs.weight.data, theirs.bias.data = ours.scale.data, ours.shift.data
    x.requires_grad_()
    for _ in range(2):  # moving averages move
        fast, other = ours(x), theirs(x)
    near("BatchNorm, torch.nn", fast, other, 0)
    near("BatchNorm, readable", fast, batch_norm(x, ours.scale, ours.shift))
    expected = torch.autograd.grad(other, (x, theirs.weight, theirs.bias), upstream)
    by_hand = batch_norm_backward(upstream, x.detach(), ours.scale.detach())
    for name, one, other in zip(("x", "scale", "shift"), by_hand, expected, strict=True):
        near(f"backward by hand, {name}", one, other)
    near("moving mean, torch.nn", ours.mean, theirs.running_mean, 0)
    near("moving variance, torch.nn", ours.variance, theirs.running_var, 0)
    near("testing, torch.nn", ours.eval()(x), theirs.eval()(x), 0)
    line = inference(x, ours.scale, ours.shift, ours.mean, ours.variance)
    near("testing, Algorithm 2", ours(x), line)


def test_gradient_is_what_the_note_derives():
    """The six equations put together, and the identity behind Santurkar's Theorem 4.1."""
    x, scale, g = double(9, 4), double(4), double(9, 4)
    standard = (x - x.mean(0)) / x.std(0, correction=0)
    along = (g * standard).mean(0)
    expected = scale / x.std(0, correction=0) * (g - g.mean(0) - standard * along)
    ours = batch_norm_backward(g, x, scale, 0.0)[0]
    near("one formula", ours, expected)
    squares = (g**2).sum(0) - 9 * g.mean(0) ** 2 - 9 * along**2
    near("its length", (ours**2).sum(0), (scale / x.std(0, correction=0)) ** 2 * squares)


def test_each_map_is_normalized_by_all_of_its_pixels():
    """Section 3.2, value by value."""
    x, scale, shift = double(3, 2, 4, 5), double(2), double(2)
    for n, values in enumerate(x.unbind(1)):
        flat = values.flatten().tolist()
        mean = sum(flat) / 60
        sigma = (sum((v - mean) ** 2 for v in flat) / 60 + 1e-5) ** 0.5
        slow = scale[n] * (values - mean) / sigma + shift[n]
        near(f"map {n}", batch_norm(x, scale, shift)[:, n], slow)


def test_population_variance_is_unbiased():
    """Algorithm 2, averaged over all pairs out of seven cases, is what the seven say unbiased."""
    population = double(7, 3)
    pairs = [population[list(pair)] for pair in combinations(range(7), 2)]
    net = BatchNorm(3).double()
    use_population(net, pairs)
    near("mean", net.mean, population.mean(0))
    near("variance", net.variance, population.var(0, correction=1))
    assert not net.training
    assert net.rate == 0.1


# -------------------------------------------------------------------------------------- properties


@pytest.mark.parametrize("a", [0.01, 0.5, 100.0])
def test_scale_of_weights_changes_only_their_gradient(a):
    """Section 3.3, for whose sake ε is zero here."""
    u, weight, upstream = double(40, 8).requires_grad_(), double(6, 8), double(40, 6)

    def run(weight: Tensor) -> tuple[Tensor, ...]:
        weight.requires_grad_()
        y = batch_norm(u @ weight.T, torch.ones(6).double(), torch.zeros(6).double(), 0.0)
        return y, *torch.autograd.grad(y, (u, weight), upstream)

    y, to_u, to_weight = run(weight)
    z, to_u_too, to_weight_too = run(a * weight.detach())
    near("output", z, y)
    near("gradient below", to_u_too, to_u, 1e-11)
    near("gradient of weights, times a", a * to_weight_too, to_weight, 1e-11)
    near("⟨∇, W⟩ of each unit", (to_weight * weight).sum(1), torch.zeros(6).double(), 1e-11)


def test_a_case_depends_on_its_batch_only_in_training():
    net, x = Network(TINY).double(), double(30, 64)
    use_population(net, x.split(10))
    near("alone, among others", net(x[:1]), net(x)[:1], 1e-14)
    with_others, with_some = net.train()(x)[:1], net(x[:10])[:1]
    assert (with_others - with_some).abs().max() > 1e-3
    with pytest.raises(ValueError, match="more than 1 value"):
        net(x[:1])  # Section 3.1: m > 1


def test_of_two_cases_only_the_order_is_left():
    x = double(2, 50)
    near("±1", batch_norm(x, torch.ones(50), torch.zeros(50), 0.0), (x - x.flip(0)).sign())


def test_nets_with_and_without_start_from_the_same_weights():
    nets = []
    for config in (TINY, replace(TINY, normalize=False)):
        torch.manual_seed(0)
        nets.append([m.weight for m in Network(config).modules() if isinstance(m, nn.Linear)])
    assert all(torch.equal(one, other) for one, other in zip(*nets, strict=True))
    assert abs(nets[0][1].std().item() - 0.1) < 0.005


# ----------------------------------------------------------------- it learns, compiles and travels


def test_learns_where_the_plain_net_does_not():
    """The baseline is the class whose mean image is nearest; the control says one class of all."""
    (images, labels), (tests, answers) = data.digits(flat=True)
    means = torch.stack([images[labels == digit].mean(0) for digit in range(10)])
    baseline = (torch.cdist(tests, means).argmin(1) != answers).float().mean()
    errors = {}
    for config in (TINY, replace(TINY, normalize=False)):
        torch.manual_seed(0)
        net = Network(config)
        optimizer = torch.optim.SGD(net.parameters(), lr=1.0)
        for batch in torch.randint(len(labels), (200, 60)):
            loss = functional.cross_entropy(net(images[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        use_population(net, images[:1380].split(60))
        errors[config.normalize] = (net(tests).argmax(1) != answers).float().mean()
    print(f"errors {errors}, nearest mean {baseline:.3f}")
    assert errors[True] < baseline < errors[False]


def test_half_precision_keeps_statistics_whole():
    norm, x = BatchNorm(8), torch.randn(64, 8, 3, 3) * 3 + 1
    with torch.autocast("cpu", torch.bfloat16):
        y = norm(x.bfloat16())
    assert (y.dtype, norm.mean.dtype) == (torch.bfloat16, torch.float32)
    near("bfloat16", y.float(), batch_norm(x, norm.scale, norm.shift), 0.1)


def test_compiles_to_one_graph():
    source = unchecked(module)
    net = source.Network(source.TINY)
    x = torch.randn(8, 64)
    compiled = torch.compile(net, backend="aot_eager", fullgraph=True)
    near("torch.compile, training", compiled(x), net(x), 1e-5)
    source.use_population(net, [x])
    near("torch.compile, testing", compiled(x), net(x), 1e-5)


@pytest.mark.gpu
def test_accelerator_agrees_with_the_processor():
    accelerator = torch.accelerator.current_accelerator()
    if accelerator is None:
        pytest.skip("no CUDA or MPS device")
    here, there, x = Network(TINY), Network(TINY), torch.randn(32, 64)
    there.load_state_dict(here.state_dict())
    here(x).square().mean().backward()
    there.to(accelerator)(x.to(accelerator)).square().mean().backward()
    for ours, theirs in zip(here.parameters(), there.parameters(), strict=True):
        torch.testing.assert_close(theirs.grad.cpu(), ours.grad, rtol=1e-3, atol=1e-4)
    for ours, theirs in zip(here.buffers(), there.buffers(), strict=True):
        torch.testing.assert_close(theirs.cpu(), ours, rtol=1e-3, atol=1e-4)
