"""GELU: the paper's equations against others' code, its slopes by hand, and that it learns."""

import math

import numpy as np
import pytest
import torch
from agreement import near, unchecked
from scipy.stats import norm
from torch import Tensor, nn
from torch.nn import functional

from milestones.common import data, training
from milestones.training import gelu

FORMS = ("none", "tanh", "sigmoid")
PLAIN = {"none": gelu.exact, "tanh": gelu.tanh_form, "sigmoid": gelu.sigmoid_form}


def line(low: float = -12.0, high: float = 12.0, count: int = 24_001) -> Tensor:
    return torch.linspace(low, high, count, dtype=torch.float64)


def test_networks_have_the_papers_widths():
    """Sections 3.1 and 3.2; the paper counts no parameters, so these are its layers added up."""
    classifier = 784 * 128 + 128 + 7 * (128 * 128 + 128) + 128 * 10 + 10
    half = 784 * 1000 + 1000 * 500 + 500 * 250 + 250 * 30
    autoencoder = 2 * half + 2 * (1000 + 500 + 250) + 30 + 784
    for config, count in ((gelu.MNIST, classifier), (gelu.AUTOENCODER, autoencoder)):
        model = gelu.network(config)
        assert sum(parameter.numel() for parameter in model.parameters()) == count
        assert not list(gelu.GELU().parameters()), "the unit itself has nothing to train"
        hidden = [layer for layer in model if isinstance(layer, gelu.GELU)]
        assert [layer.approximate for layer in hidden] == ["tanh"] * (len(config.widths) - 2)
    assert (classifier, autoencoder) == (217_354, 2_837_314)


def test_weights_start_with_unit_norm_rows():
    for layer in gelu.network(gelu.TINY):
        if isinstance(layer, nn.Linear):
            near("row norms", layer.weight.norm(dim=1), torch.ones(layer.out_features), 1e-6)
            assert not layer.bias.any()


def test_exact_form_is_the_normal_distributions_of_scipy():
    x = line()
    theirs = torch.from_numpy(x.numpy() * norm.cdf(x.numpy()))
    near("exact, scipy", gelu.exact(x), theirs, 2e-15)
    theirs = torch.from_numpy(x.numpy() * norm.cdf(x.numpy(), loc=0.5, scale=2.0))
    near("exact, μ = 0.5 and σ = 2, scipy", gelu.exact(x, mean=0.5, std=2.0), theirs, 2e-15)
    far = torch.tensor([-6.0, -9.0])  # float32, where 1 + erf(x/√2) is exactly zero
    truth = torch.from_numpy(norm.cdf([-6.0, -9.0]) * [-6.0, -9.0])
    assert (gelu.exact(far).double() / truth - 1).abs().max() < 1e-4


@pytest.mark.parametrize("form", FORMS)
def test_fast_and_plain_agree_forward_and_backward(form: gelu.Form):
    x, weight = line().requires_grad_(), torch.randn(24_001, dtype=torch.float64)
    fast, plain = gelu.gelu(x, form), PLAIN[form](x)
    near(f"{form}, fast and plain", fast, plain, 1e-14)
    if form != "sigmoid":
        near(f"{form}, torch", plain, functional.gelu(x, approximate=form), 1e-14)
    ours, theirs = (torch.autograd.grad((weight * y).sum(), x)[0] for y in (fast, plain))
    near(f"{form}, slope of fast and plain", ours, theirs, 1e-13)


def test_silu_is_torchs_and_gives_the_sigmoid_form():
    x = line()
    near("SiLU, torch", gelu.silu(x), functional.silu(x), 1e-14)
    near("SiLU(1.702x)/1.702", gelu.silu(1.702 * x) / 1.702, gelu.sigmoid_form(x), 1e-14)


def test_slope_and_curvature_by_hand_are_those_of_autograd():
    x = line().requires_grad_()
    (slope,) = torch.autograd.grad(gelu.exact(x).sum(), x, create_graph=True)
    (curvature,) = torch.autograd.grad(slope.sum(), x)
    near("slope", gelu.derivative(x), slope, 1e-14)
    near("curvature", gelu.second_derivative(x), curvature, 1e-14)


def test_shape():
    """Section 4: neither monotone nor convex; lowest at −0.7518, steepest at √2."""
    x = line()
    y = gelu.exact(x)
    near("GELU(x) − GELU(−x), x", y - y.flip(0), x, 1e-14)
    assert y.min().item() == pytest.approx(-0.169971, abs=1e-6)
    assert x[y.argmin()].item() == pytest.approx(-0.7518, abs=1e-3)
    slope = gelu.derivative(x)
    assert x[slope.argmax()].item() == pytest.approx(math.sqrt(2), abs=1e-3)
    assert (slope.max() + slope.min()).item() == pytest.approx(1, abs=1e-12)
    near("σ → 0, ReLU", gelu.exact(x, std=1e-4), x.relu(), 1e-4)


def test_cauchy_gate_approaches_elu():
    """Section 4: far out, x P(C ≤ x) is ELU with α = 1/π, its right half moved down by 1/π."""
    x = torch.tensor([-1e4, 1e4], dtype=torch.float64)
    gated = x * (0.5 + torch.atan(x) / math.pi)
    moved = functional.elu(x, alpha=1 / math.pi) - torch.where(x > 0, 1 / math.pi, 0)
    near("Cauchy gate, ELU", gated, moved, 1e-6)


def test_approximations_miss_by_what_the_note_says():
    x = line()
    for form, error, where in (("tanh", 0.000473, 2.699), ("sigmoid", 0.020335, 2.270)):
        gap = (gelu.gelu(x, form) - gelu.exact(x)).abs()
        assert gap.max().item() == pytest.approx(error, abs=1e-6)
        assert x[gap.argmax()].abs().item() == pytest.approx(where, abs=2e-3)


def test_the_papers_constants_are_best_for_the_gate_and_not_for_the_unit():
    """By search within 5 % of them: the constant with the least largest error, and that error."""
    x, share = line(0, 8, 1601)[:, None], torch.linspace(0.95, 1.05, 4001, dtype=torch.float64)
    cubic, slope = gelu.CUBIC * share, gelu.SLOPE * share
    hyperbolic = (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + cubic * x**3))) / 2
    found = []
    for constants, gate in ((cubic, hyperbolic), (slope, torch.sigmoid(slope * x))):
        for factor in (1, x):
            error = (factor * (gate - gelu.probability(x))).abs().amax(0)
            found.append((constants[error.argmin()].item(), error.min().item()))
    gates, units = found[::2], found[1::2]
    assert [constant for constant, _ in gates] == pytest.approx([0.04471, 1.7017], rel=2e-4)
    assert [constant for constant, _ in units] == pytest.approx([0.0444, 1.773], rel=1e-3)
    assert [error for _, error in units] == pytest.approx([0.00039, 0.0139], rel=1e-2)


def test_random_mask_is_gelu_on_average():
    x, draws = line(-2.5, 2.5, 21), 100_000
    layer = gelu.StochasticMask()
    kept = layer(x.expand(draws, -1))
    assert ((kept == 0) | (kept == x)).all()
    share = gelu.probability(x)
    deviation = x.abs() * (share * (1 - share) / draws).sqrt()
    assert ((kept.mean(0) - gelu.exact(x)).abs() <= 4.5 * deviation).all()
    assert ((kept.mean(0) - gelu.silu(x)).abs() > 4.5 * deviation).any(), "a control"
    near("evaluation mode, GELU", layer.eval()(x), gelu.exact(x), 1e-15)


def test_mean_square_of_a_normal_input():
    """E[GELU(z)²] = 1/3 + 1/(2π√3), by Gauss-Hermite quadrature."""
    points, weights = np.polynomial.hermite_e.hermegauss(100)
    square = gelu.exact(torch.from_numpy(points)).square() @ torch.from_numpy(weights)
    ours = (square / math.sqrt(2 * math.pi)).item()
    assert ours == pytest.approx(1 / 3 + 1 / (2 * math.pi * math.sqrt(3)), abs=1e-12)


@pytest.mark.parametrize("form", FORMS)
def test_half_precision(form: gelu.Form):
    x = line(-4, 4, 801)
    for dtype, tolerance in ((torch.bfloat16, 0.03), (torch.float16, 0.004)):
        low = gelu.gelu(x.to(dtype), form)
        assert low.dtype == dtype
        near(f"{form}, {dtype}", low.double(), PLAIN[form](x), tolerance)


def test_compiles_to_one_graph_and_names_what_it_does_not_know():
    source = unchecked(gelu).gelu
    compiled, x = torch.compile(source, backend="aot_eager", fullgraph=True), line()
    for form in FORMS:
        near(f"torch.compile, {form}", compiled(x, form), PLAIN[form](x), 1e-14)
    with pytest.raises(ValueError, match="'erf'; it must be none, tanh or sigmoid"):
        source(x, "erf")


def test_tiny_reconstructs_better_than_as_many_principal_components():
    (images, _), (tests, _) = data.digits(flat=True)
    mean = images.mean(0)
    basis = torch.linalg.svd(images - mean, full_matrices=False)[2][:16]
    baseline = functional.mse_loss((tests - mean) @ basis.T @ basis + mean, tests).item()
    model = gelu.network(gelu.TINY)
    training.fit(
        model,
        training.minibatches(images, images, size=gelu.TINY.batch_size),
        functional.mse_loss,
        torch.optim.Adam(model.parameters(), lr=3e-3),
        epochs=40,
    )
    error = functional.mse_loss(model(tests), tests).item()
    print(f"test error {error:.4f}, 16 principal components {baseline:.4f}")
    assert error < 0.8 * baseline


@pytest.mark.gpu
@pytest.mark.parametrize("form", FORMS)
def test_accelerator_agrees_with_the_processor(form: gelu.Form, gpu: torch.device):
    here = torch.linspace(-6, 6, 1201).requires_grad_()
    there = here.detach().to(gpu).requires_grad_()
    for x in (here, there):
        gelu.gelu(x, form).square().sum().backward()
    near(f"{form}, slope on {gpu.type}", there.grad.cpu(), here.grad, 1e-4)
    assert gelu.mask(there).device.type == gpu.type
