"""The cards that stand for pages where they are shared."""

import io
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageColor

from milestones.palette import CONSTRAINTS
from milestones.site import drawing, social

LENET = "social/lenet.png"


def keep(three, cards):
    """Put the cards where the builder leaves them."""
    for target, picture in cards.items():
        path = three.root / ".literate" / "docs" / target
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture)


@pytest.fixture
def drawn(monkeypatch):
    """The headings of the cards that are drawn, as they are drawn."""
    monkeypatch.delenv("LITERATE_CACHE", raising=False)
    headings = []
    draw = social._draw
    monkeypatch.setattr(social, "_draw", lambda card: headings.append(card.heading) or draw(card))
    return headings


def test_each_published_note_and_the_site_have_a_card_that_sites_accept(three):
    cards = social.files(three.site)
    assert set(cards) == {"social/site.png", "social/backprop.png", LENET}
    for picture in cards.values():
        assert Image.open(io.BytesIO(picture)).size == (1200, 630)
        assert len(picture) <= 60_000


def test_a_card_shows_the_ceilings_that_were_raised_in_their_colours(three):
    def shown(target):
        image = Image.open(io.BytesIO(cards[target])).convert("RGB")
        colours = {colour for count, colour in image.getcolors(1000) if count > 10}
        return {c.key for c in CONSTRAINTS if ImageColor.getrgb(c.light) in colours}

    cards = social.files(three.site)
    assert shown(LENET) == {"architecture", "data"}
    assert shown("social/backprop.png") == {"optimization"}
    assert shown("social/site.png") == {constraint.key for constraint in CONSTRAINTS}


def test_cards_are_drawn_once_and_then_kept(three, drawn):
    first = social.files(three.site)
    assert len(drawn) == 3
    keep(three, first)
    assert social.files(three.site) == first
    assert len(drawn) == 3


def test_only_a_card_whose_note_changed_is_drawn_again(three, drawn):
    before = social.files(three.site)
    keep(three, before)
    drawn.clear()
    three.note("lenet", heading="LeNet-5")
    after = social.files(three.site)
    assert drawn == ["LeNet-5"]
    assert {target for target in after if after[target] != before[target]} == {LENET}


@pytest.mark.parametrize("damage", [lambda _: b"", lambda picture: picture.replace(b"-from", b"-")])
def test_a_file_that_is_no_card_of_ours_is_replaced(three, drawn, damage):
    cards = social.files(three.site)
    keep(three, {**cards, LENET: damage(cards[LENET])})
    drawn.clear()
    assert social.files(three.site) == cards
    assert drawn == ["LeNet"]


def test_the_same_card_has_the_same_bytes(three):
    first = social.files(three.site)
    drawing._font.cache_clear()
    assert social.files(three.site) == first


@pytest.mark.parametrize(
    "heading",
    ["LeNet", "Distributed representations of words, phrases, sentences and whole books", "x" * 80],
)
def test_whatever_a_note_is_called_nothing_runs_over_the_margin(three, heading):
    title = "An Investigation into Łukasz’s Very Long Title: " + "Łong Words " * 14
    authors = ["Wolfgang Amadeus Theophilus Mozart-Weber"] * 4
    three.note("lenet", heading=heading, title=title, authors=authors)
    image = Image.open(io.BytesIO(social.files(three.site)[LENET])).convert("L")
    left, _, right, _ = image.point(lambda shade: 255 - shade).getbbox()
    assert left >= 80
    assert right <= 1200 - 80


def test_a_build_in_which_nothing_changed_imports_no_drawing_library(three):
    keep(three, social.files(three.site))
    code = f"""
import sys
from pathlib import Path
from types import SimpleNamespace
from milestones.site import hooks, social
cards = social.files(SimpleNamespace(root=Path({str(three.root)!r})))
assert len(cards) == 3
print(*{{"PIL", "matplotlib", "torch", "numpy"}} & sys.modules.keys())
"""
    environment = {"PYTHONPATH": str(Path(social.__file__).parents[2]), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment
    )
    assert (done.stdout.strip(), done.stderr) == ("", "")
