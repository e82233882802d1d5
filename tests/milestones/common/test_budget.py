"""The sums behind the calculators, against published counts and a model that is built."""

import pytest
import torch
from torch import nn

from milestones.common import budget


def decoder(shape: budget.Shape) -> nn.ModuleDict:
    """The same shape in torch's own modules, without memory for its numbers."""
    width = shape.width
    layer = nn.TransformerEncoderLayer(width, 1, 4 * width, device="meta")
    return nn.ModuleDict(
        {
            "words": nn.Embedding(shape.vocabulary, width, device="meta"),
            "places": nn.Embedding(shape.context, width, device="meta"),
            "layers": nn.ModuleList([layer] + [_again(layer) for _ in range(shape.layers - 1)]),
            "last": nn.LayerNorm(width, device="meta"),
        }
    )


def _again(layer: nn.TransformerEncoderLayer) -> nn.TransformerEncoderLayer:
    width = layer.linear1.in_features
    return nn.TransformerEncoderLayer(width, 1, 4 * width, device="meta")


@pytest.mark.parametrize(
    "shape", [budget.GPT2_SMALL, budget.GPT3, budget.Shape(2, 24, 100, 10)], ids=str
)
def test_parameters_are_those_of_a_model_that_is_built(shape):
    built = sum(p.numel() for p in decoder(shape).parameters())
    assert budget.parameters(shape) == built


def test_published_counts():
    assert budget.parameters(budget.GPT2_SMALL) == 124_439_808  # the released weights
    assert budget.parameters(budget.GPT3) / 1e9 == pytest.approx(175.0, rel=0.003)  # Table 2.1
    # 20,554,567,680 with separate input and output and without places (Black et al. 2022)
    neox = budget.GPT_NEOX_20B
    other = neox.vocabulary * neox.width - neox.context * neox.width
    assert budget.parameters(neox) + other == pytest.approx(20_554_567_680, rel=0.001)


def test_twenty_billion_weights_do_not_fit_into_24_gigabytes():
    weights = budget.weights_memory(20e9)
    assert weights == 40e9
    assert budget.cards(weights) == 2
    assert budget.cards(budget.weights_memory(20e9, bits=8)) == 1
    assert budget.weights_memory(20e9, bits=4) == 10e9


@pytest.mark.parametrize(
    ("memory", "each", "needed"),
    [(25e9, 24e9, 2), (24e9, 24e9, 1), (24e9 + 1, 24e9, 2), (1, 24e9, 1), (320e9, 80e9, 4)],
)
def test_a_card_that_is_full_is_enough_and_a_byte_more_needs_another(memory, each, needed):
    assert budget.cards(memory, each) == needed
    assert (needed - 1) * each < memory <= needed * each


def test_the_cache_of_gpt3_is_what_its_tensors_take():
    keys = torch.empty(96, 2_048, 12_288, dtype=torch.float16, device="meta")
    assert budget.cache_memory(budget.GPT3) == 2 * keys.numel() * keys.element_size()


def test_training_memory_of_a_small_model_with_adam():
    model = nn.Linear(100, 100)
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.ones(1, 100)).sum().backward()
    optimizer.step()
    count = sum(p.numel() for p in model.parameters())
    states = [state for kept in optimizer.state.values() for state in kept.values()]
    single = [*model.parameters(), *(state for state in states if state.ndim)]
    halves = 2 * count * 2  # weights and gradients, once each
    assert halves + sum(t.numel() * t.element_size() for t in single) == budget.training_memory(
        count
    )


def test_operations_of_gpt3_and_days_of_a_published_estimate():
    operations = budget.training_operations(174.6e9, 300e9)
    assert operations == pytest.approx(3.14e23, rel=0.001)  # Table D.1
    # Narayanan et al. 2021, Section 5.1: 34 days on 1,024 A100 at 140 of 312 teraflops, with a
    # quarter of the work done twice to save memory (8 instead of 6)
    again = 8 / 6 * budget.training_operations(175e9, 300e9)
    assert budget.days(again, 1_024, 312e12, 140 / 312) == pytest.approx(34, abs=0.2)


def test_the_share_of_attention_grows_with_context_and_shrinks_with_width():
    small, large = (budget.attention_share(s) for s in (budget.GPT2_SMALL, budget.GPT3))
    assert 0.1 < small < 0.2
    assert large < 0.03
    assert budget.attention_share(budget.Shape(96, 12_288, context=32_768)) > 10 * large
