"""What at least three milestones use: data, device, training loop, claims and figures.

`data`, `figures` and `training` are imported when first used: scikit-learn and matplotlib take a
second between them, and importing `figures` sets matplotlib's style.
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from milestones.common.claims import Claim, ClaimError, claim
from milestones.common.runtime import device, measured, scale, seconds

if TYPE_CHECKING:
    from milestones.common import data, figures, training

__all__ = [
    "Claim",
    "ClaimError",
    "claim",
    "data",
    "device",
    "figures",
    "measured",
    "scale",
    "seconds",
    "training",
]


def __getattr__(name: str) -> ModuleType:
    """Import a submodule when it is first asked for."""
    if name in ("data", "figures", "training"):
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
