"""Where a page runs, how large its experiment is, and how it prints what it timed.

The builder chooses through two environment variables, so that a page holds no settings of its own.
"""

import os
from dataclasses import dataclass
from typing import Literal

import torch

DEVICES = ("cuda", "mps", "cpu")
SCALES = ("quick", "full")


def device() -> torch.device:
    """Return the device to run on: CUDA, else MPS, else the CPU.

    `MILESTONES_DEVICE` (`cpu`, `mps`, `cuda` or `cuda:N`) overrides the choice.

    Raises:
        ValueError: The variable names no known kind of device.
        RuntimeError: It names a device that this machine lacks.
    """
    wanted = os.environ.get("MILESTONES_DEVICE", "").strip().lower()
    if not wanted:
        return torch.device(next(kind for kind in DEVICES if _count(kind)))
    kind, _, index = wanted.partition(":")
    if kind not in DEVICES or (":" in wanted and not index.isdecimal()):
        raise ValueError(
            f"MILESTONES_DEVICE is {wanted!r}; it must be one of {', '.join(DEVICES)}, or cuda:N"
        )
    if int(index or 0) >= _count(kind):
        available = ", ".join(kind for kind in DEVICES if _count(kind))
        raise RuntimeError(
            f"MILESTONES_DEVICE is {wanted!r}, which this machine lacks; it has: {available}"
        )
    return torch.device(wanted)


def scale() -> Literal["quick", "full"]:
    """Return the size of experiments: `quick` (default: seconds on one core) or `full`.

    Raises:
        ValueError: `MILESTONES_SCALE` is neither.
    """
    wanted = os.environ.get("MILESTONES_SCALE", "").strip().lower() or "quick"
    if wanted not in SCALES:
        raise ValueError(f"MILESTONES_SCALE is {wanted!r}; it must be one of {', '.join(SCALES)}")
    return wanted


@dataclass(frozen=True)
class Seconds:
    """A time that was measured; shown with a mark, so that comparing two builds can mask it."""

    value: float

    def __str__(self) -> str:
        """Return the time in a unit that fits it, such as `1.2 s` or `35 ms`."""
        units = ((1e-6, "µs"), (1e-3, "ms"), (1.0, "s"))
        size, unit = next((u for u in units if self.value < 999.5 * u[0]), units[-1])
        amount = self.value / size
        return f"{amount:.{0 if amount >= 9.95 else 1}f} {unit}"

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        return measured(self)


def measured(text: object) -> str:
    """Mark what differs from build to build, so that comparing two can mask it."""
    return f'<span class="measured">{text}</span>'


def seconds(value: float) -> Seconds:
    """Wrap a measured time; as a cell's last value it is shown as, say, `1.2 s`.

    Args:
        value: Seconds, as differences of `time.perf_counter()` give them.
    """
    if not value >= 0:
        raise ValueError(f"a measured time is at least 0 seconds, not {value!r}")
    return Seconds(float(value))


def _count(kind: str) -> int:
    """Return how many devices of this kind PyTorch can use here."""
    if kind == "cuda":
        return torch.cuda.device_count()
    if kind == "mps":
        return int(torch.backends.mps.is_available())
    return 1
