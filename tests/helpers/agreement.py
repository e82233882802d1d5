"""Holding our numbers against somebody else's."""

import importlib
import sys
from types import ModuleType

import torch
from torch import Tensor, nn


def near(name: str, ours: Tensor, theirs: Tensor, tolerance: float = 1e-12) -> None:
    """Print the largest absolute difference and hold it below the tolerance."""
    assert ours.shape == theirs.shape, f"{name}: {ours.shape} is not {theirs.shape}"
    gap = (ours - theirs).abs().max().item()
    print(f"{name}: max abs difference {gap:.1e}")
    assert gap <= tolerance, f"{name}: {gap} > {tolerance}"


def double(*shape: int) -> Tensor:
    """Draw numbers whose arithmetic is exact enough to tell a mistake from rounding."""
    return torch.randn(shape, dtype=torch.float64)


def unchecked(module: ModuleType) -> ModuleType:
    """Import a module and the milestones it builds on anew, without the checks of shapes.

    torch.compile cannot read the wrappers in which these checks stand.
    """
    hooks = list(sys.meta_path)
    ours = {name: sys.modules.pop(name) for name in [*sys.modules] if _is_ours(name)}
    sys.meta_path[:] = [hook for hook in hooks if not type(hook).__module__.startswith("jaxtyping")]
    try:
        return importlib.import_module(module.__name__)
    finally:
        sys.meta_path[:] = hooks
        for name in [name for name in sys.modules if _is_ours(name)]:
            del sys.modules[name]
        sys.modules.update(ours)


def one_graph_and_half(net: nn.Module, images: Tensor) -> None:
    """Hold an `unchecked` net against itself, compiled without a break and in half precision."""
    compiled = torch.compile(net, backend="aot_eager", fullgraph=True)
    whole = net(images)
    near("torch.compile", compiled(images), whole, 1e-4)
    with torch.autocast("cpu", torch.bfloat16):
        half = net(images)
    assert half.dtype is torch.bfloat16
    near("bfloat16, of the spread", half / whole.std(), whole / whole.std(), 0.2)


def _is_ours(name: str) -> bool:
    return f"{name}.".startswith("milestones.")
