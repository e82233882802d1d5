"""White space out of a page: what goes, and what may not."""

import pytest

from literate.squeeze import squeeze


@pytest.mark.parametrize(
    ("page", "left"),
    [
        ("<p>\n\n   <b>a</b>  \r\n  b\n</p>", "<p>\n<b>a</b>\nb\n</p>"),
        ("a  b <i>c</i> d", "a  b <i>c</i> d"),
        ("a\u00a0\n\u00a0b", "a\u00a0\n\u00a0b"),
        ('<svg xmlns="http://www.w3.org/2000/svg" width="1">', '<svg width="1">'),
    ],
    ids=["runs with a break", "runs without one", "spaces that do not break", "name spaces"],
)
def test_what_goes(page: str, left: str):
    assert squeeze(page) == left
    assert squeeze(left) == left


@pytest.mark.parametrize("tag", ["pre", "script", "style", "textarea"])
def test_what_stays(tag: str):
    kept = f'<{tag} id="a">\n\n  x = 1\n\n  y <b> \n </b></{tag}>'
    assert squeeze(f"<div>\n\n{kept}\n\n{kept}\n\n</div>") == f"<div>\n{kept}\n{kept}\n</div>"
