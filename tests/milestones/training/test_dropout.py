"""Dropout: the paper's counts, exact averages over thinned networks, torch's own, and learning."""

import copy
from dataclasses import replace
from itertools import product

import pytest
import torch
from agreement import double, near, unchecked
from torch import nn
from torch.nn import functional

from milestones.common import data, training
from milestones.training import dropout
from milestones.training.dropout import TINY, Config, Dropout, GaussianDropout, Network, Thinning


def small(*hidden: int, **changes: object) -> Network:
    """A network in float64, large enough in its weights for its averages to differ."""
    torch.manual_seed(0)
    network = Network(Config(layers=(6, *hidden, 4), keep_input=1.0, **changes)).double().eval()
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=2.0)
    return network


def test_counts():
    """Section 6.1.1 speaks of 65 million parameters for the larger; the sum is above that."""
    table = {dropout.LOGISTIC_3X1024: 2_913_290, dropout.MAX_NORM_2X8192: 73_629_706}
    for config, count in table.items():
        with torch.device("meta"):
            network = Network(config)
        assert sum(p.numel() for p in network.parameters()) == count == dropout.parameters(config)
    assert count > 65_000_000


@pytest.mark.parametrize("keep", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("form", [Thinning, Dropout, GaussianDropout])
def test_mean_and_variance_of_the_noise(form, keep):
    """Section 10: mean 1 and variance (1 - p)/p in both new forms; p and p(1 - p) in the first."""
    torch.manual_seed(0)
    noise = form(keep=keep).train()(torch.ones(1_000_000))
    mean, variance = (keep, keep * (1 - keep)) if form is Thinning else (1, (1 - keep) / keep)
    assert noise.mean().item() == pytest.approx(mean, abs=6 * (variance / 1e6) ** 0.5)
    assert noise.var().item() == pytest.approx(variance, rel=0.02)
    tested, y = form(keep=keep).eval(), double(5)
    near("testing", tested(y), mean * y, 0)


def test_dropout_is_torchs_and_the_equation_behind_it():
    y, keep = double(64, 128), 0.8
    fast, theirs = Dropout(keep=keep), nn.Dropout(1 - keep)
    torch.manual_seed(1)
    ours = fast(y)
    torch.manual_seed(1)
    near("Dropout, nn.Dropout", ours, theirs(y), 0)
    near("Dropout, r * y / p", ours, (ours != 0) * y / keep, 1e-14)
    plain = dropout.thin(y, keep)
    near("thin, r * y", plain, (plain != 0) * y, 0)
    assert (plain != 0).double().mean().item() == pytest.approx(keep, abs=0.03)
    with pytest.raises(ValueError, match=r"\(0, 1\], not 0"):
        Dropout(keep=0)


def test_testing_scales_the_outgoing_weights():
    """W_test = pW: a network without dropout, whose weights behind a thinned layer are p times."""
    network, x = small(5, 7, keep=0.3), double(9, 6)
    plain = nn.Sequential(
        *(copy.deepcopy(part) for part in network.layers if type(part) is not Thinning)
    )
    for linear in (plain[2], plain[4]):
        linear.weight.data *= 0.3
    near("scaled network", network(x), plain(x), 1e-13)


@pytest.mark.parametrize("units", ["relu", "logistic"])
@pytest.mark.parametrize("keep", [0.5, 0.8])
def test_one_hidden_layer_is_the_geometric_mean_of_all_thinned_networks(units, keep):
    """arXiv:1207.0580; by a loop over all 1,024 masks, and by `Network.thinned`."""
    network, x = small(10, keep=keep, units=units), double(20, 6)
    scaled = network(x).softmax(-1)
    logits, chance = network.thinned(x)
    assert len(chance) == 1024
    assert chance.sum().item() == pytest.approx(1)
    near("all thinned networks", dropout.geometric_mean(logits, chance), scaled, 1e-12)
    _, first, f, _, last = network.layers
    product_of_powers = torch.ones_like(scaled)
    for mask in product((0, 1), repeat=10):
        r, hidden = torch.tensor(mask).double(), f(first(x))
        p = torch.softmax((r * hidden) @ last.weight.T + last.bias, -1)
        product_of_powers *= p ** (keep ** sum(mask) * (1 - keep) ** (10 - sum(mask)))
    slow = product_of_powers / product_of_powers.sum(-1, keepdim=True)
    near("all thinned networks, one by one", slow, scaled, 1e-12)
    arithmetic = torch.einsum("s,sbc->bc", chance, logits.softmax(-1))
    assert (arithmetic - scaled).abs().max() > 0.05, "the arithmetic mean is another"
    mean = torch.einsum("s,sbc->bc", chance, logits.log_softmax(-1))
    assert (scaled.log() > mean).all(), "the scaled network is surer of any answer than the mean"


def test_deep_networks_have_it_exactly_only_if_they_are_linear():
    network, x = small(5, 5, keep=0.5), double(20, 6)
    gap = (dropout.geometric_mean(*network.thinned(x)) - network(x).softmax(-1)).abs().max()
    assert gap > 0.01
    network.layers[2] = network.layers[5] = nn.Identity()
    linear = dropout.geometric_mean(*network.thinned(x))
    near("two linear layers", linear, network(x).softmax(-1), 1e-11)


def test_monte_carlo_approaches_the_arithmetic_mean():
    network, x = small(8, keep=0.5), double(10, 6)
    logits, chance = network.thinned(x)
    arithmetic = torch.einsum("s,sbc->bc", chance, logits.softmax(-1))
    near("4,000 thinned networks", network.monte_carlo(x, 4000)[-1], arithmetic, 0.04)
    assert not network.training


def test_the_two_forms_learn_alike_if_rate_and_start_are_scaled():
    """Section 10: with V = pW, the rate of V is p² times that of W, and they stay together."""
    keep, paper = 0.4, small(7, 7, keep=0.4)
    inverted = Network(replace(paper.config, noise="dropout")).double()
    inverted.load_state_dict(paper.state_dict())
    scaled = [layer.weight for layer in list(inverted.layers)[4::3]]
    for weight in scaled:
        weight.data *= keep
    rest = [p for p in inverted.parameters() if all(p is not weight for weight in scaled)]
    groups = [{"params": scaled, "lr": 0.01 * keep**2}, {"params": rest}]
    optimizers = [torch.optim.SGD(p, lr=0.01, momentum=0.9) for p in (paper.parameters(), groups)]
    x, labels = double(30, 6), torch.arange(30) % 4
    masks = [(torch.rand(20, 30, 7) < keep).double() for _ in range(2)]
    for step in range(20):
        for network, optimizer in zip((paper, inverted), optimizers, strict=True):
            y, layers = x, list(network.layers)
            for number, (noise, linear) in enumerate(zip(layers[0::3], layers[1::3], strict=True)):
                if number:
                    r = masks[number - 1][step]
                    y = r * functional.relu(y) / (noise.keep if type(noise) is Dropout else 1)
                y = linear(y)
            optimizer.zero_grad()
            functional.cross_entropy(y, labels).backward()
            optimizer.step()
    near("scaled form, inverted form", paper.eval()(x), inverted.eval()(x), 1e-9)


def test_max_norm_is_a_projection():
    weight = double(50, 30)
    norms, theirs = weight.norm(dim=1), torch.renorm(weight, 2, 0, 5.5)
    dropout.max_norm_(weight, 5.5)
    near("max-norm, torch.renorm", weight, theirs, 1e-6)
    near("its norms", weight.norm(dim=1), norms.clamp(max=5.5), 1e-12)
    network = Network(replace(TINY, max_norm=0.1))
    output = network.layers[-1].weight.clone()
    network.constrain()
    assert all(network.layers[n].weight.norm(dim=1).max() < 0.1001 for n in (1, 4))
    near("output layer, left alone", network.layers[-1].weight, output, 0)


def test_linear_regression_equals_the_mean_over_all_masks():
    """Section 9.1: each row is thinned on its own, so 2⁵ masks a row are all there is."""
    inputs, w, y, keep = double(7, 5), double(5), double(7), 0.3
    r = dropout.subsets(5).double()
    chance = keep ** r.sum(1) * (1 - keep) ** (5 - r.sum(1))
    slow = chance @ (y - torch.einsum("sd,bd,d->sb", r, inputs, w)).square().sum(1)
    near("marginalized", dropout.marginalized(inputs, w, y, keep), slow, 1e-12)


def test_learns_although_a_third_of_the_labels_is_wrong():
    """Both see 300 digits, 90 of them with labels drawn at random; tested on 1,497 others."""
    (images, labels), (more, answers) = data.digits(flat=True)
    images, labels = torch.cat([images, more]), torch.cat([labels, answers])
    torch.manual_seed(0)
    order = torch.randperm(len(labels))
    train, test = order[:300], order[300:]
    given = labels[train].clone()
    given[:90] = torch.randint(10, (90,))
    error = {}
    for keep, keep_input in ((1.0, 1.0), (0.5, 0.8)):
        torch.manual_seed(1)
        network = Network(replace(TINY, keep=keep, keep_input=keep_input))
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
        batches = training.minibatches(images[train], given, size=50)
        training.fit(network, batches, functional.cross_entropy, optimizer, epochs=100)
        error[keep] = 1 - training.accuracy(network, images[test], labels[test])
    print(f"error {error[0.5]:.3f}, without dropout {error[1.0]:.3f}")
    assert error[0.5] < 0.7 * error[1.0]


def test_compiles_to_one_graph():
    module = unchecked(dropout)
    network, x = module.Network(module.TINY).eval(), torch.randn(8, 64)
    compiled = torch.compile(network, backend="aot_eager", fullgraph=True)
    near("torch.compile", compiled(x), network(x), 1e-5)
    assert torch.compile(network.train(), backend="aot_eager", fullgraph=True)(x).std() > 0


@pytest.mark.parametrize("form", [Thinning, Dropout, GaussianDropout])
def test_half_precision_keeps_its_type_and_its_probability(form):
    y = form(keep=0.9).train()(torch.ones(100_000, dtype=torch.bfloat16))
    assert y.dtype == torch.bfloat16
    if form is not GaussianDropout:
        assert (y != 0).float().mean().item() == pytest.approx(0.9, abs=0.005)


@pytest.mark.gpu
def test_accelerator_agrees_with_the_processor(gpu):
    network, x = Network(TINY), torch.randn(8, 64)
    there = copy.deepcopy(network).to(gpu)
    torch.testing.assert_close(
        there.eval()(x.to(gpu)).cpu(), network.eval()(x), rtol=1e-3, atol=1e-4
    )
    kept = [form(keep=0.8).train()(torch.ones(100_000, device=gpu)) for form in (Thinning, Dropout)]
    assert all(abs((y != 0).float().mean().item() - 0.8) < 0.01 for y in kept)
