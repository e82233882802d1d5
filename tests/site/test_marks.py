"""The marks of the ceilings stand out from what is behind them, as drawn and not as computed."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from browser import show
from PIL import Image
from playwright.sync_api import BrowserContext, Locator

MARKS = {
    "index.html": (".score__key a > span", ".score__staff i", ".score__staff .is-first"),
    "browse/timeline.html": (".skyline a", ".filter label i", ".listing .mark--first > span"),
    "browse/lineage.html": (".lineage__mark",),
    "essay/index.html": (".ceilings span[aria-hidden]",),
}


def contrast(mark: Locator) -> float:
    """WCAG 2 of the mark's strongest pixels, but for two, with the commonest, its ground."""
    picture = Image.open(io.BytesIO(mark.screenshot())).convert("RGB")
    pixels = np.asarray(picture).reshape(-1, 3) / 255
    linear = np.where(pixels <= 0.04045, pixels / 12.92, ((pixels + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722] + 0.05
    values, counts = np.unique(luminance, return_counts=True)
    ground = values[counts.argmax()]
    return float(np.sort(np.maximum(luminance / ground, ground / luminance))[-3])


@pytest.mark.parametrize("checked", [False, True])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_mark_can_be_seen(
    windows: Callable[..., BrowserContext], address: str, scheme: str, checked: bool
):
    page = windows(color_scheme=scheme).new_page()
    faint: list[str] = []
    for place, kinds in MARKS.items():
        if checked and not any("filter" in kind for kind in kinds):
            continue
        show(page, f"{address}/{place}")
        if checked:
            page.locator(".filter fieldset input").evaluate_all("all => all.map(o => o.click())")
            kinds = [kind for kind in kinds if "filter" in kind]
        for kind in kinds:
            seen: set[str] = set()
            for mark in page.locator(kind).all():
                glyph = mark.inner_text()
                if glyph not in seen and (ratio := contrast(mark)) < 3:
                    faint.append(f"{place} {kind} {glyph}: {ratio:.2f}")
                seen.add(glyph)
            assert seen, kind
    assert not faint, faint
