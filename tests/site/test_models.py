"""Models without a note, on the built site: they stand in figures, and have no page each."""

import re
from pathlib import Path

import pytest
from browser import ROOT

from milestones.catalogue import Catalogue

MODELS = Catalogue.read(ROOT).mentioned


def words(picture: Path) -> set[str]:
    """The texts of a figure."""
    return set(re.findall(r">([^<>]+)</text>", picture.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("figure", "names"),
    [
        ("parameters/figure-1", {"Gopher", "MT-NLG, PaLM", "GShard", "GLaM", "GPT-NeoX"}),
        ("data/figure-2", {"LaMDA", "SEER", "Stable Diffusion", "Llama 3.1"}),
        ("compute/figure-1", {"PaLM", "Llama 3.1 405B"}),
        ("energy/figure-1", {f"{m.name}, {m.year}" for m in MODELS if m.scale.energy.value}),
    ],
)
def test_the_figures_of_the_essay_name_them(built: Path, figure: str, names: set[str]):
    assert names <= words(built / "essay" / f"{figure}.svg")


def test_they_have_no_page_and_nothing_links_to_one(built: Path):
    assert MODELS
    texts = [*built.rglob("*.html"), *built.glob("*.xml"), built / "search/search_index.json"]
    pages = [model.source.removesuffix(".md") for model in MODELS]
    assert not [page for page in pages if list(built.glob(f"{page}*"))]
    link = re.compile("|".join(rf"\b{page}\b" for page in pages))
    assert [path.name for path in texts if link.search(path.read_text(encoding="utf-8"))] == []


def test_one_page_has_all_of_them(built: Path):
    text = (built / "browse/models.html").read_text(encoding="utf-8")
    assert [model.slug for model in MODELS if f"id={model.slug}>" not in text] == []
