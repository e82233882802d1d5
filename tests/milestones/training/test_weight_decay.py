"""Weight decay: closed forms, ridge regression and torch.optim, what decays and what is kept."""

import math
from copy import deepcopy
from dataclasses import replace

import pytest
import torch
from agreement import near, unchecked
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Ridge
from torch import Tensor, nn

from milestones.training import weight_decay as module
from milestones.training.weight_decay import (
    CLEAN,
    NOISY,
    TINY,
    Descent,
    descend,
    flow,
    forgotten,
    generalization_error,
    normal_equations,
    penalty,
    problem,
    ridge,
)


def draw(config, nets=1, seed=0):
    return problem(config, nets, torch.Generator().manual_seed(seed))


def error(w: Tensor, teacher: Tensor) -> Tensor:
    """The mean square of (u − w)·x over all ±1/√N inputs, for each net."""
    return (teacher - w).square().mean(-1)


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(12, 7), nn.Tanh(), nn.Linear(7, 3)).double()


def test_limits_that_can_be_checked_by_hand():
    """Without decay: (1 − α) s, α/(1 − α) σ² and σ²/(α − 1); with all of it, the teacher's size."""
    below, above = torch.tensor([0.1, 0.5, 0.9]).double(), torch.tensor([1.1, 2.0, 5.0]).double()
    s, noise = 1.7, 0.3
    expected = (1 - below) * s + noise * below / (1 - below)
    near("α < 1", generalization_error(below, 0.0, noise, s), expected, 1e-12)
    kept = (1 - below) * 0.8
    started = generalization_error(below, 0.0, noise, s, start=0.8)
    near("α < 1, from a start", started, expected + kept, 1e-12)
    near("α > 1", generalization_error(above, 0.0, noise, s, 0.8), noise / (above - 1), 1e-12)
    assert generalization_error(2.0, 1e9, noise, s).item() == pytest.approx(s, rel=1e-6)
    assert generalization_error(1.0, 0.0, 0.0).item() == 0


def test_noise_just_above_the_transition_is_as_the_abstract_of_nips_3_says():
    """ "degraded by an amount ∝ (√α − 1)⁻¹ just above α = 1": halving the distance doubles it."""
    root = 1 + torch.tensor([1e-3, 5e-4]).double()
    cost = generalization_error(root**2, 0.0, 0.25)
    assert (cost[1] / cost[0]).item() == pytest.approx(2, rel=1e-3)


@pytest.mark.parametrize("alpha", [0.5, 2.0])
def test_slowest_mode_is_as_the_abstract_of_nips_3_says(alpha):
    """The relaxation time is ∝ (1 − √α)⁻²: the least eigenvalue of A that is not zero."""
    inputs = draw(replace(CLEAN, alpha=alpha, inputs=600)).inputs[0]
    least = torch.linalg.svdvals(inputs).min() ** 2
    assert least.item() == pytest.approx((1 - math.sqrt(alpha)) ** 2, abs=0.02)


@settings(deadline=None)
@given(st.floats(0.05, 5), st.floats(0.01, 4), st.floats(0.1, 3))
def test_best_decay_is_noise_over_teacher_at_every_alpha(alpha, noise, teacher):
    decay = torch.tensor(noise / teacher, dtype=torch.float64, requires_grad=True)
    best = generalization_error(alpha, decay, noise, teacher)
    (slope,) = torch.autograd.grad(best, decay)
    assert abs(slope.item()) < 1e-9 * max(1, teacher / decay.item())
    for factor in (0.5, 2):
        assert generalization_error(alpha, decay * factor, noise, teacher) >= best
    assert best.item() == pytest.approx(teacher * forgotten(alpha, decay).item(), rel=1e-9)


@pytest.mark.parametrize("alpha", [0.4, 1.0, 2.5])
@pytest.mark.parametrize("decay", [0.05, 0.25, 2.0])
def test_theory_is_what_many_linear_networks_do(alpha, decay):
    """The share g, read off one large A, and the error, averaged over nets that learn."""
    size = torch.linalg.svdvals(draw(replace(NOISY, alpha=alpha, inputs=400)).inputs[0])
    missing = 400 - len(size)
    share = ((decay / (size**2 + decay)).sum() + missing) / 400
    assert share.item() == pytest.approx(forgotten(alpha, decay).item(), abs=0.01)
    inputs, targets, teacher = draw(replace(NOISY, alpha=alpha, inputs=60), nets=200)
    measured = error(ridge(inputs, targets, decay), teacher)
    theory = generalization_error(alpha, decay, NOISY.noise).item()
    assert measured.mean().item() == pytest.approx(theory, rel=0.05)


@pytest.mark.parametrize("alpha", [0.4, 1.0, 2.5])
def test_ridge_equals_other_ways_to_it(alpha):
    inputs, targets, _ = draw(replace(NOISY, alpha=alpha), nets=3)
    ours = ridge(inputs, targets, 0.3)
    for w, x, y in zip(ours, inputs, targets, strict=True):
        theirs = Ridge(alpha=0.3, fit_intercept=False, solver="cholesky").fit(x.numpy(), y.numpy())
        near("ridge, sklearn", w, torch.from_numpy(theirs.coef_), 1e-12)
        near("ridge, normal equations", w, normal_equations(x, y, 0.3), 1e-12)
    smallest = (torch.linalg.pinv(inputs) @ targets[..., None])[..., 0]
    near("λ → 0, pseudo-inverse", ridge(inputs, targets, 0.0), smallest, 1e-8)


@pytest.mark.parametrize("decay", [0.0, 0.3])
def test_flow_is_the_limit_of_small_steps_and_ends_in_ridge(decay):
    inputs, targets, _ = draw(replace(NOISY, alpha=0.6, inputs=30), nets=2)
    start = torch.randn(2, 30, dtype=torch.float64)
    near("flow at 0", flow(inputs, targets, decay, start, 0.0), start, 1e-12)
    w, rate = start.clone(), 1e-4
    for _ in range(10_000):
        residual = (inputs @ w[..., None])[..., 0] - targets
        w = descend(w, (inputs.mT @ residual[..., None])[..., 0], rate, decay)
    near("flow, 10,000 steps", flow(inputs, targets, decay, start, 1.0), w, 1e-3)
    end = ridge(inputs, targets, decay)
    if not decay:  # what no example speaks about stays as it was
        end = end + start - (torch.linalg.pinv(inputs) @ inputs @ start[..., None])[..., 0]
    near("flow at ∞, ridge", flow(inputs, targets, decay, start, 1e9), end, 1e-9)


@pytest.mark.parametrize("decay", [0.0, 0.01, 1.0])
def test_descent_equals_torch_and_the_equation_and_the_penalty(decay):
    nets = [network() for _ in range(4)]
    ours, theirs = Descent(nets[0].parameters(), 0.1, decay), None
    theirs = torch.optim.SGD(nets[1].parameters(), 0.1, weight_decay=decay)
    penalized = torch.optim.SGD(nets[3].parameters(), 0.1)
    x, y = torch.randn(20, 12).double(), torch.randn(20, 3).double()
    for _ in range(50):
        for net in nets:
            net.zero_grad()
            loss = (net(x) - y).square().sum() / 20
            (loss + penalty(net.parameters(), decay) if net is nets[3] else loss).backward()
        for optimizer in (ours, theirs, penalized):
            optimizer.step()
        for weight in nets[2].parameters():
            weight.data = descend(weight.data, weight.grad, 0.1, decay)
    flat = [nn.utils.parameters_to_vector(net.parameters()) for net in nets]
    for name, other in zip(("torch.optim.SGD", "the equation", "½ λ Σ w²"), flat[1:], strict=True):
        near(f"λ = {decay}, 50 steps, {name}", flat[0], other, 1e-12)


def test_groups_spare_biases_and_nonsense_is_refused():
    net = network()
    before, groups = deepcopy(net), [[], []]
    for name, parameter in net.named_parameters():
        parameter.grad = torch.zeros_like(parameter)
        groups["bias" in name].append(parameter)
    group = {"params": groups[1], "decay": 0.0}
    Descent([{"params": groups[0]}, group], lr=0.5, decay=0.1).step()
    for ours, old in zip(net, before, strict=True):
        if isinstance(ours, nn.Linear):
            near("weights", ours.weight, 0.95 * old.weight, 1e-15)
            near("biases", ours.bias, old.bias, 0.0)
    with pytest.raises(ValueError, match="decay -1"):
        Descent(net.parameters(), lr=0.1, decay=-1)
    with pytest.raises(ValueError, match=r"alpha is 0\.001"):
        draw(replace(NOISY, alpha=0.001))


@pytest.mark.parametrize("decay", [0.0, 0.2])
def test_weights_that_no_example_speaks_about_only_decay_behind_hidden_units_too(decay):
    net, (x, y) = network(), (torch.randn(5, 12).double(), torch.randn(5, 3).double())
    outside = torch.eye(12).double() - torch.linalg.pinv(x) @ x
    start, optimizer = net[0].weight.detach().clone(), Descent(net.parameters(), 0.05, decay)
    for _ in range(100):
        optimizer.zero_grad()
        (net(x) - y).square().mean().backward()
        optimizer.step()
    faded = (1 - 0.05 * decay) ** 100 * start @ outside
    near(f"λ = {decay}, outside the span", net[0].weight @ outside, faded, 1e-12)
    assert (net[0].weight - start).abs().max() > 0.1, "inside it, the net has learned"


def test_tiny_learns_more_with_decay_than_without_and_than_nothing():
    """Twenty nets, 24 examples for 20 weights, noise as strong as the teacher; baseline: w = 0."""
    inputs, targets, teacher = draw(TINY, nets=20)
    left = {}
    for decay in (0.0, 1.0):
        w = nn.Parameter(torch.randn(20, 20, generator=torch.Generator().manual_seed(1)).double())
        optimizer = Descent([w], lr=0.2, decay=decay)
        for _ in range(2000):
            optimizer.zero_grad()
            residual = (inputs @ w[..., None])[..., 0] - targets
            (0.5 * residual.square().sum()).backward()
            optimizer.step()
        left[decay] = error(w.detach(), teacher).mean().item()
    print(f"left of an error of 1: {left}")
    assert left[1.0] < 0.8 < 1 < left[0.0]


def test_step_compiles_to_one_graph():
    step = unchecked(module).descend
    compiled = torch.compile(step, backend="aot_eager", fullgraph=True)
    w, g = torch.randn(2, 5, 3).double()
    near("torch.compile", compiled(w, g, 0.1, 0.2), step(w, g, 0.1, 0.2), 1e-15)


@pytest.mark.gpu
def test_accelerator_agrees_with_the_processor():
    accelerator = torch.accelerator.current_accelerator()
    if accelerator is None:
        pytest.skip("no CUDA or MPS device")
    net = network().float()
    there = deepcopy(net).to(accelerator)
    x = torch.randn(20, 12)
    for model, inputs in ((net, x), (there, x.to(accelerator))):
        optimizer = Descent(model.parameters(), lr=0.1, decay=0.1)
        for _ in range(10):
            optimizer.zero_grad()
            model(inputs).square().mean().backward()
            optimizer.step()
    for ours, theirs in zip(net.parameters(), there.parameters(), strict=True):
        torch.testing.assert_close(theirs.cpu(), ours, rtol=1e-3, atol=1e-4)
