"""Layer norm: the paper's table and counts, torch and loops, geometry, and that it learns."""

import pytest
import torch
from agreement import double, near, unchecked
from torch import Tensor, nn
from torch.nn import functional

from milestones.common import data
from milestones.training import layer_norm as module
from milestones.training.layer_norm import (
    CHANGES,
    HANDWRITING,
    TABLE_1,
    TINY,
    Config,
    LayerNorm,
    LayerNormGRU,
    LayerNormLSTM,
    LayerNormRNN,
    layer_norm,
    layer_norm_backward,
    normalized_layer,
    table_1,
)

CELLS = [LayerNormRNN, LayerNormLSTM, LayerNormGRU]


def randomized(cell: nn.Module) -> nn.Module:
    """In float64, and with gains and biases that are not one and zero."""
    for parameter in cell.double().parameters():
        if parameter.ndim == 1:
            nn.init.normal_(parameter)
    return cell


# ------------------------------------------------------------------------- the paper's own numbers


def test_table_1():
    none, *rows = table_1(double(40, 8), double(6, 8), double(8), 1 + double(6) / 4, double(6) / 4)
    for (method, kept), row in zip(TABLE_1.items(), rows, strict=True):
        for name, same, gap in zip(CHANGES, kept, row.tolist(), strict=True):
            print(f"{method} norm, {name}: max abs difference {gap:.1e}")
            assert gap < 1e-12 if same else gap > 0.01
    assert (none > 0.01).all(), "without normalization nothing is invariant"


def test_equation_5_is_torch_batch_norm_weight_norm_and_layer_norm():
    x, weight, gain, bias = double(40, 8), double(6, 8), double(6), double(6)
    a = x @ weight.T
    batch = functional.batch_norm(a, None, None, gain, bias, training=True, eps=1e-20)
    linear = nn.utils.parametrizations.weight_norm(nn.Linear(8, 6).double())
    linear.parametrizations.weight.original0.data = gain[:, None]
    linear.parametrizations.weight.original1.data, linear.bias.data = weight, bias
    layer = functional.layer_norm(a, (6,), gain, bias, eps=0)
    for method, theirs in (("batch", batch), ("weight", linear(x)), ("layer", layer)):
        ours = normalized_layer(method, x, weight, gain, bias)
        near(f"{method} norm, torch", ours, theirs.tanh())


def test_the_handwriting_network_has_about_3_7_million_weights():
    layers = sum(p.numel() for c in HANDWRITING for p in LayerNormLSTM(c).parameters())
    assert layers == sum(4 * 400 * (c.input_size + 400) + 4 * 400 for c in HANDWRITING) + 3 * 7200
    window = 30 * (400 + 1)  # Section 6.5: ten Gaussians of three parameters, from the first layer
    mixtures = (20 * 6 + 1) * (3 * 400 + 1)  # Graves (2013): 20 of six, and the end of a stroke
    total = layers + window + mixtures
    assert total == 3_671_751
    assert round(total / 1e6, 1) == 3.7


def test_gains_start_at_one_and_biases_at_zero():
    for cell in (cell(TINY) for cell in CELLS):
        for name, parameter in cell.named_parameters():
            if parameter.ndim == 1:
                assert torch.equal(parameter, torch.full_like(parameter, float("gain" in name)))


# --------------------------------------------------------------- independent implementations agree


@pytest.mark.parametrize("shape", [(7,), (5, 32), (3, 4, 2, 16)])
def test_fast_readable_and_torch_agree_forwards_and_backwards(shape):
    a, upstream = 3 * double(*shape) + 5, double(*shape)
    ours = randomized(LayerNorm(shape[-1]))
    theirs = nn.LayerNorm(shape[-1]).double()
    theirs.load_state_dict({"weight": ours.gain.detach(), "bias": ours.bias.detach()})
    readable = layer_norm(a, ours.gain, ours.bias)
    near("LayerNorm, readable", ours(a), readable)
    near("LayerNorm, torch.nn", ours(a), theirs(a), 0)
    wanted = (a, theirs.weight, theirs.bias)
    expected = torch.autograd.grad(theirs(a.requires_grad_()), wanted, upstream)
    by_hand = layer_norm_backward(upstream, a.detach(), ours.gain.detach())
    for name, one, other in zip(("a", "gain", "bias"), by_hand, expected, strict=True):
        near(f"backward by hand, {name}", one, other)


def slow(cell: nn.Module, x: Tensor) -> Tensor:
    """One sequence and one step after the other, gate by gate, with another normalization."""

    def ln(z: Tensor, norm: LayerNorm) -> Tensor:
        return norm.gain * (z - z.mean()) / (z.var(correction=0) + 1e-5).sqrt() + norm.bias

    size, outputs = cell.hidden_size, []
    for sequence in x:
        h = c = torch.zeros(size).double()
        for now in sequence:
            wx, wh = cell.weight_x @ now, cell.weight_h @ h
            if isinstance(cell, LayerNormRNN):
                h = torch.tanh(ln(wx + wh, cell.norm))
            elif isinstance(cell, LayerNormLSTM):
                f, i, o, g = (ln(wh, cell.norm_h) + ln(wx, cell.norm_x) + cell.bias).view(4, size)
                c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
                h = torch.sigmoid(o) * torch.tanh(ln(c, cell.norm_c))
            else:
                gates = ln(wh[: 2 * size], cell.norm_h) + ln(wx[: 2 * size], cell.norm_x)
                z, r = torch.sigmoid(gates).view(2, size)
                memory = r * ln(wh[2 * size :], cell.norm_u)
                h = (1 - z) * h + z * torch.tanh(ln(wx[2 * size :], cell.norm_w) + memory)
            outputs.append(h)
    return torch.stack(outputs).view(*x.shape[:2], size)


@pytest.mark.parametrize("kind", CELLS)
def test_cells_equal_their_equations_and_can_be_continued(kind):
    cell, x = randomized(kind(Config(input_size=3, hidden_size=5))), double(4, 6, 3)
    outputs, state = cell(x)
    near(f"{kind.__name__}, slow", outputs, slow(cell, x))
    first, between = cell(x[:, :2])
    near("in two parts", torch.cat([first, cell(x[:, 2:], between)[0]], 1), outputs)
    assert torch.equal(state[0], outputs[:, -1])


# -------------------------------------------------------------------------------------- properties


@pytest.mark.parametrize("kind", CELLS)
def test_a_case_does_not_depend_on_its_batch(kind):
    cell, x = randomized(kind(Config(input_size=3, hidden_size=5))), double(16, 6, 3)
    near("alone, among others", cell(x[:1])[0], cell(x)[0][:1], 1e-14)
    assert torch.equal(cell.train()(x)[0], cell.eval()(x)[0]), "training is testing"


def test_gradients_are_orthogonal_to_what_changes_nothing():
    """Table 1 differentiated: an invariance is a direction that the gradient has no part of."""
    x, weight = double(40, 8), double(6, 8).requires_grad_()
    gain, bias, upstream = double(6), double(6), double(40, 6)

    def slope(weight: Tensor) -> Tensor:
        loss = (normalized_layer("layer", x, weight, gain, bias) * upstream).sum()
        return torch.autograd.grad(loss, weight)[0]

    gradient = slope(weight)
    near("re-scaling, ⟨∇, W⟩", (gradient * weight).sum(), torch.zeros(()).double())
    near("re-centering, column sums of ∇", gradient.sum(0), torch.zeros(8).double())
    near("at twice the weights, half", slope(2 * weight), gradient / 2)
    assert gradient.norm() > 1
    assert (weight - 0.1 * gradient).norm() > weight.norm(), "so a step cannot shrink W"


def test_two_units_keep_only_which_one_is_greater():
    a = double(100, 2)
    sign = (a[:, :1] - a[:, 1:]).sign()
    near("±1", layer_norm(a, torch.ones(2), torch.zeros(2), 0.0), torch.cat([sign, -sign], 1))


# ----------------------------------------------------------------- it learns, compiles and travels


@pytest.mark.parametrize("kind", CELLS)
def test_learns_more_than_nearest_mean_image(kind):
    """The baseline is the class whose mean image is nearest, on digits read row by row."""
    torch.manual_seed(0)
    (images, labels), (tests, answers) = data.digits()
    means = torch.stack([images[labels == digit].mean(0) for digit in range(10)]).flatten(1)
    baseline = (torch.cdist(tests.flatten(1), means).argmin(1) != answers).float().mean()
    cell, head = kind(TINY), nn.Linear(TINY.hidden_size, 10)
    optimizer = torch.optim.Adam([*cell.parameters(), *head.parameters()], lr=3e-3)
    for _ in range(400):
        batch = torch.randint(len(labels), (16,))
        loss = functional.cross_entropy(head(cell(images[batch, 0])[0][:, -1]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        error = (head(cell(tests[:, 0])[0][:, -1]).argmax(1) != answers).float().mean()
    print(f"{kind.__name__}: error {error:.3f}, nearest mean {baseline:.3f}")
    assert error < baseline


@pytest.mark.parametrize("kind", [cell.__name__ for cell in CELLS])
def test_compiles_to_one_graph(kind):
    source = unchecked(module)
    cell = getattr(source, kind)(source.Config(input_size=3, hidden_size=5))
    compiled = torch.compile(cell, backend="aot_eager", fullgraph=True)
    x = torch.randn(2, 3, 3)
    near("torch.compile", compiled(x)[0], cell(x)[0], 1e-6)


@pytest.mark.gpu
@pytest.mark.parametrize("kind", CELLS)
def test_accelerator_agrees_with_the_processor(kind):
    accelerator = torch.accelerator.current_accelerator()
    if accelerator is None:
        pytest.skip("no CUDA or MPS device")
    here, there, x = kind(TINY), kind(TINY), torch.randn(4, 8, 8)
    there.load_state_dict(here.state_dict())
    here(x)[0].square().mean().backward()
    there.to(accelerator)(x.to(accelerator))[0].square().mean().backward()
    for ours, theirs in zip(here.parameters(), there.parameters(), strict=True):
        torch.testing.assert_close(theirs.grad.cpu(), ours.grad, rtol=1e-3, atol=1e-4)
