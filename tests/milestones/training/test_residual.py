"""Residual nets: published counts, an independent version, identities, and that they learn."""

from dataclasses import replace

import pytest
import torch
from agreement import near, one_graph_and_half, unchecked
from torch import Tensor, nn
from torch.nn import functional

from milestones.common import data, training
from milestones.training import residual
from milestones.training.batch_norm import BatchNorm, use_population
from milestones.training.residual import (
    RESNET20,
    RESNET56,
    TINY,
    Config,
    ResNet,
    deepen,
    small,
)

# Counts of torchvision's models, which have option B; the paper prints none for ImageNet.
TORCHVISION = {18: 11_689_512, 34: 21_797_672, 50: 25_557_032, 101: 44_549_160, 152: 60_192_808}
TABLE_1 = {18: 1.8, 34: 3.6, 50: 3.8, 101: 7.6, 152: 11.3}  # billions of multiply-adds
TABLE_6 = {20: "0.27", 32: "0.46", 44: "0.66", 56: "0.85", 110: "1.7", 1202: "19.4"}  # millions
KINDS = [None, "A", "B", "C"]


def stirred(config: Config) -> ResNet:
    """A net in double precision whose normalizations are no longer neutral."""
    net = ResNet(config).double()
    for layer in net.modules():
        if isinstance(layer, BatchNorm):
            for tensor in (layer.scale.data, layer.variance):
                nn.init.uniform_(tensor, 0.5, 1.5)
            for tensor in (layer.shift.data, layer.mean):
                nn.init.normal_(tensor, std=0.3)
    return net


@pytest.mark.parametrize("depth", TORCHVISION)
def test_imagenet_nets_have_the_published_sizes(depth):
    config = getattr(residual, f"RESNET{depth}")
    assert config.depth == depth
    count, products = residual.parameters(config), residual.multiply_adds(config)
    print(f"{depth} layers: {products:,} multiply-adds, in Table 1 {TABLE_1[depth]} billion")
    assert count == TORCHVISION[depth]
    assert products / 1e9 == pytest.approx(TABLE_1[depth], abs=0.07)


@pytest.mark.parametrize("depth", TORCHVISION)
def test_transformers_counts_the_same(depth):
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    config = getattr(residual, f"RESNET{depth}")
    widths = [256, 512, 1024, 2048] if config.bottleneck else [64, 128, 256, 512]
    kind = "bottleneck" if config.bottleneck else "basic"
    theirs = transformers.ResNetConfig(
        depths=config.blocks, layer_type=kind, hidden_sizes=widths, num_labels=1000
    )
    with torch.device("meta"):
        model = transformers.ResNetForImageClassification(theirs)
    assert sum(parameter.numel() for parameter in model.parameters()) == TORCHVISION[depth]


def test_cifar_nets_have_the_sizes_of_table_6_and_plain_ones_the_same():
    for depth, millions in TABLE_6.items():
        config, n = getattr(residual, f"RESNET{depth}"), (depth - 2) // 6
        assert config.depth == depth
        count = residual.parameters(config)
        assert count == 97_216 * n - 21_926
        assert f"{count / 1e6:.{len(millions.partition('.')[2])}f}" == millions
    for plain, net in ((residual.PLAIN20, RESNET20), (residual.PLAIN56, RESNET56)):
        assert residual.parameters(plain) == residual.parameters(net)
        assert residual.multiply_adds(plain, 32) == residual.multiply_adds(net, 32)
    with pytest.raises(ValueError, match=r"6n \+ 2.*not 18"):
        small(18)


def test_option_a_is_free_and_c_has_thirteen_projections_more_than_b():
    a, b, c = (ResNet(replace(residual.RESNET34, shortcut=kind)) for kind in "ABC")
    convolutions = [sum(isinstance(m, nn.Conv2d) for m in net.modules()) for net in (a, b, c)]
    assert convolutions == [33, 36, 49]
    assert residual.parameters(residual.PLAIN34) == residual.parameters(a.config) == 21_623_848
    assert residual.parameters(residual.PLAIN18) == 11_515_688


def written_out(net: ResNet, x: Tensor) -> Tensor:
    """The whole net from its stored tensors, by unfolding, products and sums; evaluation mode."""
    state, config = net.state_dict(), net.config

    def layer(x: Tensor, name: str, number: int, stride: int = 1) -> Tensor:
        weight = state[f"{name}.{number}.weight"]
        side, out = weight.shape[-1], -(-x.shape[-1] // stride)
        columns = functional.unfold(x, side, padding=side // 2, stride=stride)
        x = (weight.flatten(1) @ columns).unflatten(2, (out, out))
        norm = {k: state[f"{name}.{number + 1}.{k}"][:, None, None] for k in
                ("scale", "shift", "mean", "variance")}  # fmt: skip
        x = (x - norm["mean"]) / (norm["variance"] + 1e-5).sqrt()
        return x * norm["scale"] + norm["shift"]

    x = layer(x, "stem", 0, 2 if config.large else 1).clamp(min=0)
    if config.large:  # windows of 3 that start at every second pixel; the last may be cut
        x = functional.pad(x, (0, 1, 0, 1)).unfold(2, 3, 2).unfold(3, 3, 2).amax((-1, -2))
    for stage, count in enumerate(config.blocks):
        for index in range(count):
            name, stride = f"stages.{stage}.{index}", 2 if stage and not index else 1
            y = layer(x, f"{name}.residual", 0, stride).clamp(min=0)
            y = layer(y, f"{name}.residual", 3)
            if config.bottleneck:
                y = layer(y.clamp(min=0), f"{name}.residual", 6)
            if f"{name}.shortcut.0.weight" in state:
                y = y + layer(x, f"{name}.shortcut", 0, stride)
            elif config.shortcut:
                y[:, : x.shape[1]] += x[..., ::stride, ::stride]  # further maps gain zero
            x = y.clamp(min=0)
    return x.mean((2, 3)) @ state["classifier.weight"].T + state["classifier.bias"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bottleneck", [False, True])
@pytest.mark.parametrize("large", [False, True])
def test_net_equals_one_written_out(kind, bottleneck, large):
    form = {"shortcut": kind, "bottleneck": bottleneck, "large": large, "classes": 7}
    net = stirred(Config(blocks=(2, 1, 2), widths=(4, 6, 8), **form)).eval()
    images = torch.randn(2, 3, 32, 32, dtype=torch.float64)
    assert net(images).std() > 1e-3, "there is something to compare"
    near(f"net, option {kind}", net(images), written_out(net, images), 1e-11)


@pytest.mark.parametrize("kind", KINDS)
def test_block_has_the_gradient_that_differences_give(kind):
    block = residual.Block(small(20, shortcut=kind), 2, 4, 2).double()
    x = torch.randn(3, 2, 4, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(block, x)


def test_weights_start_as_he_and_others_say():
    for name, weight in ResNet(residual.RESNET56).named_parameters():
        if weight.ndim > 1:
            want = (2 / weight[0].numel()) ** 0.5
            assert weight.std().item() == pytest.approx(want, rel=0.15), name


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bottleneck", [False, True])
def test_added_blocks_do_nothing(kind, bottleneck):
    config = Config(blocks=(1, 2), widths=(4, 8), shortcut=kind, bottleneck=bottleneck, classes=5)
    net, images = stirred(config).eval(), torch.randn(2, 3, 32, 32, dtype=torch.float64)
    if kind is None and bottleneck:
        with pytest.raises(ValueError, match="cannot be copied"):
            deepen(net, (2, 2))
        return
    deep = deepen(net, (4, 5))
    assert deep.config.depth > net.config.depth
    near(f"deepened, option {kind}", deep(images), net(images), 1e-12)
    with pytest.raises(ValueError, match=r"at least \(1, 2\), not \(1, 1\)"):
        deepen(net, (1, 1))


def test_gradients_explode_down_a_plain_net_and_not_down_a_residual_one():
    """First layer against last, before training; nothing vanishes in either."""
    ratio = {}
    for kind in (None, "A"):
        torch.manual_seed(0)
        net = ResNet(small(56, shortcut=kind, widths=(8, 16, 32)))
        functional.cross_entropy(net(torch.randn(32, 3, 8, 8)), torch.arange(32) % 10).backward()
        norms = [p.grad.norm() * p.norm() for p in net.parameters() if p.ndim == 4]
        ratio[kind] = (norms[0] / norms[-1]).item()
    print(ratio)
    assert ratio[None] > 30
    assert 0.2 < ratio["A"] < 8


def test_images_are_cropped_and_mirrored_whole():
    images = torch.randn(400, 2, 5, 6)
    moved, seen = residual.crop_and_flip(images, border=1), set()
    for image, result in zip(functional.pad(images, (1, 1, 1, 1)), moved, strict=True):
        crops = {(i, j): image[:, i : i + 5, j : j + 6] for i in range(3) for j in range(3)}
        crops |= {(i, j, "mirrored"): crop.flip(-1) for (i, j), crop in crops.items()}
        (match,) = [where for where, crop in crops.items() if torch.equal(crop, result)]
        seen.add(match)
    assert len(seen) == 18


def test_tiny_learns_more_than_nearest_mean_image():
    torch.manual_seed(0)
    (images, labels), (tests, answers) = data.digits()
    means = torch.stack([images[labels == digit].mean(0) for digit in range(10)]).flatten(1)
    baseline = (torch.cdist(tests.flatten(1), means).argmin(1) != answers).float().mean()
    net, batches = ResNet(TINY), training.minibatches(images, labels, size=32)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
    training.fit(net, batches, functional.cross_entropy, optimizer, epochs=3)
    use_population(net, [images])
    error = 1 - training.accuracy(net, tests, answers)
    print(f"error {error:.3f}, nearest mean {baseline:.3f}")
    assert error < 0.6 * baseline


def test_network_compiles_to_one_graph_and_runs_in_half_precision():
    source = unchecked(residual)
    one_graph_and_half(source.ResNet(source.TINY), torch.randn(16, 1, 8, 8))


@pytest.mark.gpu
def test_accelerator_agrees_with_the_processor():
    accelerator = torch.accelerator.current_accelerator()
    if accelerator is None:
        pytest.skip("no CUDA or MPS device")
    net, there, images = ResNet(TINY), ResNet(TINY), torch.randn(8, 1, 8, 8)
    there.load_state_dict(net.state_dict())
    net(images).square().mean().backward()
    there.to(accelerator)(images.to(accelerator)).square().mean().backward()
    for ours, theirs in zip(net.parameters(), there.parameters(), strict=True):
        torch.testing.assert_close(theirs.grad.cpu(), ours.grad, rtol=1e-2, atol=1e-2)
    assert residual.crop_and_flip(images.to(accelerator)).device.type == accelerator.type
