"""What a page used, as the audit hook saw it; and when a module counts as changed."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from literate.trace import Digests, code_digest, facts


@pytest.fixture
def uses(site, run_page):
    site.write("src/kit/__init__.py", "")
    site.write("src/kit/base.py", "ONE = 1\n")
    site.write("src/kit/tool.py", "from kit.base import ONE\n\nTWO = ONE + 1\n")
    site.write("data/one.txt", "1\n")
    site.write("data/deep/two.txt", "2\n")

    def uses(code):
        outcome = run_page(code)
        assert outcome["failure"] is None, outcome["failure"]
        return outcome["uses"]

    return uses


INIT = "module:src/kit/__init__.py"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("1 + 1", []),
        ("import kit.base", [INIT, "module:src/kit/base.py"]),
        ("from kit import tool", [INIT, "module:src/kit/base.py", "module:src/kit/tool.py"]),
        ("import importlib; importlib.import_module('kit.base')", [INIT, "module:src/kit/base.py"]),
        ("open('../data/one.txt').read()", ["file:data/one.txt"]),
        ("import os; os.open('../data/one.txt', os.O_RDONLY)", ["file:data/one.txt"]),
        ("from pathlib import Path; Path('../data/one.txt').read_bytes()", ["file:data/one.txt"]),
        ("import numpy as np; np.loadtxt('../data/one.txt')", ["file:data/one.txt"]),
        ("import numpy as np; np.fromfile('../data/one.txt')", ["file:data/one.txt"]),
        ("import os; os.chdir('../data'); open('one.txt')", ["file:data/one.txt"]),
        ("import os; os.listdir('../data')", ["folder:data"]),
        (
            "from pathlib import Path; list(Path('../data').rglob('*.txt'))",
            ["folder:data", "folder:data/deep"],
        ),
        ("import os; os.listdir('..')", ["folder:."]),
        ("try: open('../data/none.txt')\nexcept OSError: pass", ["file:data/none.txt"]),
        ("open('../data/own.txt', 'w').write('1'); open('../data/own.txt').read()", []),
        ("open('../.hidden', 'w').close(); open('../.hidden').read()", []),
        ("open('/etc/hostname').read()", []),
    ],
)
def test_everything_first_party_that_is_read_is_seen(uses, code, expected):
    assert uses(code) == expected


def test_the_source_of_a_module_that_is_read_counts_with_its_comments(uses):
    found = uses("import inspect, kit.base\nprint(inspect.getsource(kit.base))")
    assert "file:src/kit/base.py" in found


def test_a_warning_does_not_make_the_comments_of_its_module_count(site, uses):
    site.write("src/kit/base.py", "import warnings\n\n\ndef f():\n    warnings.warn('x')\n")
    assert uses("import kit.base\nkit.base.f()") == [INIT, "module:src/kit/base.py"]


SAME = [
    'def f(x):\n    "Doc."\n    return x + 1\n',
    "def f(x):\n    return x + 1  # why\n",
    "# top\ndef f( x ):\n\n    '''Other\n    doc.'''\n    return (x + 1)\n",
    '"""Module."""\n\ndef f(x):\n    return x + 1\n',
]
OTHER = [
    "def f(x):\n    return x + 2\n",
    "def f(y):\n    return y + 1\n",
    "def f(x):\n    'Doc.'\n    'Not a docstring.'\n    return x + 1\n",
    "def f(x):\n    return x + 1\n\nf(1)\n",
    "def f(x):\n    return x + 1.0\n",
]


def test_docstrings_comments_and_layout_are_no_change_and_all_else_is():
    assert len({code_digest(text.encode()) for text in SAME}) == 1
    assert len({code_digest(text.encode()) for text in [SAME[0], *OTHER]}) == 1 + len(OTHER)


@given(st.text(max_size=40))
def test_source_that_does_not_parse_still_has_a_digest(text):
    assert code_digest(text.encode("utf-8", "surrogatepass")) == code_digest(
        text.encode("utf-8", "surrogatepass")
    )


def test_digests_follow_content_and_listing(tmp_path):
    (tmp_path / "a.txt").write_text("1")

    def of(*names):
        return [Digests(tmp_path)[name] for name in names]

    names = ["file:a.txt", "folder:.", "file:none.txt"]
    before = of(*names)
    assert before[2] == "missing"
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / ".hidden").write_text("1")
    os.utime(tmp_path / "a.txt", (1, 1))
    assert of(*names) == before
    (tmp_path / "a.txt").write_text("2")
    (tmp_path / "b.txt").write_text("2")
    assert [old != new for old, new in zip(before, of(*names), strict=True)] == [True, True, False]


def test_of_another_page_only_its_facts_count():
    page = b"---\nyear: 1998\n---\n\nFirst.\n\n# LeNet-5\n\nMore.\n\n# Not a title\n"
    assert facts(page) == b"---\nyear: 1998\n---\n# LeNet-5"
    assert facts(page.replace(b"More", b"Less")) == facts(page)
    assert facts(page.replace(b"1998", b"1999")) != facts(page)
    assert facts(page.replace(b"LeNet-5", b"LeNet")) != facts(page)
    assert facts(b"No front matter.\n---\n") == b"No front matter.\n---\n"
    assert facts(b"---\nyear: 1998\n---\nNo title.\n") == b"---\nyear: 1998\n---\n"
