"""The pictures that stand for pages where they are shared: 1200 × 630, one for each note.

A card carries the digest of all that it was drawn from. One in the woven tree that still has the
right digest is taken as it is, so that a build in which no card changed imports no drawing library.
"""

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from milestones import palette
from milestones.site import metadata
from milestones.site.contract import Site, registry

_FONTS = Path(__file__).resolve().parents[3] / "docs" / "theme" / "fonts"
_DIGEST = "drawn-from"


@dataclass(frozen=True, kw_only=True)
class _Card:
    heading: str
    title: str
    byline: str
    constraints: tuple[str, ...]


def files(site: Site) -> dict[str, bytes]:
    """Return the card of each published note, and that of the site."""
    cards = {
        metadata.SITE_CARD: _Card(
            heading=metadata.SITE,
            title=metadata.ABOUT,
            byline="Milestone papers, run again and measured",
            constraints=tuple(constraint.key for constraint in palette.CONSTRAINTS),
        )
    }
    for note in registry(site).published:
        cards[metadata.card(note)] = _Card(
            heading=note.name,
            title=note.title if note.title != note.name else "",
            byline=metadata.byline(note),
            constraints=note.constraints,
        )
    # The builder's home, as in literate.config: the tree of the build before is in it.
    home = Path(os.environ.get("LITERATE_CACHE") or ".literate").expanduser()
    woven = site.root / home / "docs"
    return {target: _kept(woven / target, card) or _draw(card) for target, card in cards.items()}


def _kept(path: Path, card: _Card) -> bytes | None:
    """Return the card in the woven tree, if it was drawn from the same."""
    try:
        picture = path.read_bytes()
    except OSError:
        return None
    return picture if f"{_DIGEST}\0{_digest(card)}".encode("latin-1") in picture else None


def _digest(card: _Card) -> str:
    text = json.dumps([asdict(card), _tools()], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def _tools() -> str:
    """Return a digest of what draws: the library, the code, its colours and its fonts."""
    digest = hashlib.sha256(version("pillow").encode())
    code = (Path(__file__).with_name("drawing.py"), Path(palette.__file__))
    for path in (*code, *sorted(_FONTS.glob("ceiling-serif*.woff2"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _draw(card: _Card) -> bytes:
    from milestones.site import drawing  # and with it Pillow

    return drawing.card(**asdict(card), about={_DIGEST: _digest(card)})
