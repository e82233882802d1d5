"""What several tests make for themselves."""

from types import SimpleNamespace

from milestones.site import claims


def claim(page, **changes):
    """Make what a page hands over that makes one claim."""
    data = {
        "statement": "Fewer errors than a *dense* net | of its size.",
        "paper": "0.95 %",
        "measured": "3.2 %",
        "seeds": 3,
        "source": "Figure 9",
        "scale": "60,000 digits against 1,797",
        "device": "cpu",
        **changes,
    }
    return SimpleNamespace(mime=claims.MIME, page=page, line=3, data=data)
