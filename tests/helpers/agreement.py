"""Holding our numbers against somebody else's."""

import torch
from torch import Tensor


def near(name: str, ours: Tensor, theirs: Tensor, tolerance: float = 1e-12) -> None:
    """Print the largest absolute difference and hold it below the tolerance."""
    gap = (ours - theirs).abs().max().item()
    print(f"{name}: max abs difference {gap:.1e}")
    assert gap <= tolerance, f"{name}: {gap} > {tolerance}"


def double(*shape: int) -> Tensor:
    """Draw numbers whose arithmetic is exact enough to tell a mistake from rounding."""
    return torch.randn(shape, dtype=torch.float64)
