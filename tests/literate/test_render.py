"""From a page and its outputs to native Material Markdown: one small site, woven once."""

import re
from pathlib import Path

import pytest

SETTINGS = """
[tool.literate]
sources = { docs = "", papers = "papers" }
packages = ["src/kit"]
versions = []
preload = ["matplotlib.pyplot"]
schemes = "sitehooks:SCHEMES"

[tool.literate.hooks]
published = "sitehooks:published"
head = "sitehooks:head"
foot = "sitehooks:foot"
names = "sitehooks:names"
meta = "sitehooks:meta"
pages = "sitehooks:pages"

[tool.literate.renderers]
"application/x-card+json" = "sitehooks:card"

[tool.literate.inserts]
cards = "sitehooks:cards"
"""

HOOKS = """
SCHEMES = {"#112233": "#eeddcc", "#445566": "#bbaa99"}

def published(site, page):
    return page.front.get("status") != "planned"

def head(site, page):
    return "HEAD" if page.source.startswith("papers/") else ""

def foot(site, page):
    return "FOOT" if page.source.startswith("papers/") else ""

def names(site, page):
    return {"Tool": "kit.tool.Tool", "Tool.run": "kit.tool.Tool.run"}

def meta(site, page):
    return {**page.front, "source": page.source}

def card(data, site, page):
    return f"!!! note\\n    Card {data['n']} of {page.target}"

def cards(site, page):
    return "\\n".join(f"- {item.page.target}:{item.line} {item.data['n']}"
                     for item in site.gather("application/x-card+json"))

def pages(site):
    return {"made/all.md": "# Made\\n\\n" + cards(site, None)}
"""

TOOL = '''
"""A module."""

LIMIT = 3


class Tool:
    """A tool."""

    @property
    def size(self):
        return LIMIT

    def run(self):
        """Run.

        ```python
        Tool().run()
        ```
        """
'''

HOME = """
---
title: Home
---

# Home of `Tool`

A `Tool` and `Tool.run`, not `tool`; [a `Tool`](../papers/one.md "t"), ``Tool`` and [`Tool`][x].

[Up](#home) [one](../papers/one.md#part) ![p](picture.svg) [out](https://example.org/a.md)
[deep](deep/page.md).
Not yet: [planned](../papers/later.md#a), and in code: `[one](../papers/one.md)`.
The [source](../src/kit/tool.py) of it.

[Tool.run](../src/kit/tool.py#Tool.run)

```text
[one](../papers/one.md) and `Tool`
<!-- insert: cards -->
```

!!! tip
    ```text
    [one](../papers/one.md)
    ```

<!-- insert: cards -->
"""

ONE = """
# One

```python
value = 1  # (1)!
value
```

1.  Explained,
    at length.
2.  Again.

After.

```python tags=["hide-input"]
print("``` inside")
```

```python tags=["remove-input"]
print("only output")
```

```python tags=["remove-output"]
print("never shown")
```

```python tags=["remove-cell"]
print("not at all")
```

```python
class Card:
    def __init__(self, n):
        self.n = n

    def _repr_mimebundle_(self, **_):
        return {"application/x-card+json": {"n": self.n}, "text/plain": "card"}

Card(7)
```

```python caption="Two $x$ lines." alt="Lines [up] and down."
import matplotlib.pyplot as plt
plt.rcParams["savefig.transparent"] = True
fig, ax = plt.subplots(figsize=(3, 2))
ax.plot([0, 1], color="#112233");
```

```python
from IPython.display import HTML, Latex, Markdown
display(Markdown("**bold**"), HTML("<i>i</i>"), Latex("$$x^2$$"))
```

## Part
"""


@pytest.fixture(scope="module")
def woven(tmp_path_factory, project):
    site = project(tmp_path_factory.mktemp("site"), SETTINGS)
    site.write("sitehooks.py", HOOKS)
    site.write("src/kit/tool.py", TOOL)
    site.write("docs/index.md", HOME)
    site.write("docs/deep/page.md", "# Deep\n\n[home](../index.md) [one](../../papers/one.md)\n")
    site.write("docs/picture.svg", "<svg/>")
    site.write("papers/one.md", ONE)
    site.write("papers/later.md", "---\nstatus: planned\n---\n\n# Later\n")
    done = site.literate("weave")
    assert done.returncode == 0, done.stderr
    return site


def test_the_tree_holds_the_pages_their_files_and_nothing_else(woven):
    ours = {"index.md", "deep/page.md", "picture.svg", "made/all.md"}
    one = {"papers/one.md", "papers/one.ipynb", "papers/one.py", "papers/one/figure-1.svg"}
    assert set(woven.tree()) == ours | one


def test_links_between_sources_become_links_in_the_tree(woven):
    home, deep = woven.woven("index"), woven.woven("deep/page")
    assert (
        "[Up](#home) [one](papers/one.md#part) ![p](picture.svg) [out](https://example.org/a.md)\n"
        "[deep](deep/page.md).\n" in home
    )
    assert "[home](../index.md) [one](../papers/one.md)" in deep


def test_a_link_to_a_page_to_come_is_its_text(woven):
    assert "Not yet: planned, and in code: `[one](../papers/one.md)`." in woven.woven("index")


def test_a_link_to_a_file_that_is_not_published_is_its_text(woven):
    assert "\nThe source of it.\n" in woven.woven("index")


def test_names_of_code_are_linked_but_not_in_headings_links_and_fences(woven):
    home = woven.woven("index")
    linked = "A [`Tool`][kit.tool.Tool] and [`Tool.run`][kit.tool.Tool.run], not `tool`; "
    assert f'{linked}[a `Tool`](papers/one.md "t"), ``Tool`` and [`Tool`][x].' in home
    assert "# Home of `Tool`\n" in home
    assert "```text\n[one](../papers/one.md) and `Tool`\n<!-- insert: cards -->\n```" in home
    assert "    ```text\n    [one](../papers/one.md)\n    ```" in home


def test_code_is_shown_from_its_source_with_its_place(woven):
    home = woven.woven("index")
    shown = re.search(
        r'<div class="snippet" markdown>\n\n(`+)\{\.python title="Tool\.run"\}\n(.*?)\n\1\n',
        home,
        re.S,
    )
    assert shown
    assert shown[1] == "````"  # the docstring has a fence of its own
    assert shown[2].startswith('def run(self):\n    """Run.')
    assert "[reference][kit.tool.Tool.run] · lines 13–19 of `src/kit/tool.py`" in home


def test_structured_outputs_are_rendered_gathered_and_inserted(woven):
    assert "!!! note\n    Card 7 of papers/one.md" in woven.woven("papers/one")
    place = ONE.lstrip("\n")[: ONE.index("class Card")].count("\n") + 1
    line = f"- papers/one.md:{place} 7"
    assert woven.woven("index").rstrip().endswith(line)
    assert woven.woven("made/all") == f"# Made\n\n{line}"


def test_outputs_come_after_the_list_that_annotates_the_code(woven):
    one = woven.woven("papers/one")
    assert re.search(
        r"value\n```\n\n1\.  Explained,\n    at length\.\n2\.  Again\.\n\n"
        r"```\{\.text \.output\}\n1\n```\n\nAfter\.",
        one,
    )


def test_tags_fold_and_remove(woven):
    one = woven.woven("papers/one")
    assert (
        '??? quote "Code"\n\n    ````python\n    print("``` inside")\n    ````\n\n'
        "````{.text .output}" in one
    )
    assert 'print("only output")' not in one
    assert "```{.text .output}\nonly output\n```" in one
    assert 'print("never shown")' in one
    assert "\nnever shown" not in one
    assert "not at all" not in one


def test_rich_outputs_become_markdown(woven):
    one = woven.woven("papers/one")
    assert '**bold**\n\n<div class="output">\n<i>i</i>\n</div>\n\n$$\nx^2\n$$' in one


def test_a_figure_has_caption_alternative_size_and_both_schemes(woven):
    one = woven.woven("papers/one")
    figure = re.search(r'<figure id="figure-1" markdown>\n(.*?)\n</figure>', one, re.S)
    assert figure
    size = r'\{ width="(\d+)" height="(\d+)" loading="lazy" \}'
    image = re.match(r"\[!\[Lines \\\[up\\\] and down\.\]\(one/figure-1\.svg\)" + size, figure[1])
    assert image
    assert '<figcaption markdown="span">**Figure 1.** Two $x$ lines.</figcaption>' in figure[1]
    svg = woven.tree()["papers/one/figure-1.svg"].decode()
    assert ":root{--c0:#112233}@media(prefers-color-scheme:dark){:root{--c0:#eeddcc}}" in svg
    assert "stroke: var(--c0)" in svg
    assert "<metadata>" not in svg
    assert re.findall(r'<svg\b[^>]* width="(\d+)" height="(\d+)">', svg) == [image.groups()]
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)  # in points
    assert [int(part) for part in image.groups()] == [
        round(float(b) * 96 / 72) for b in box.groups()
    ]


def test_head_foot_and_front_matter_stand_in_their_places(woven):
    one = woven.woven("papers/one")
    assert one.startswith(
        "---\nsource: papers/one.md\n---\n\n# One\n\nHEAD\n\n```python\nvalue = 1"
    )
    assert one.endswith("## Part\n\nFOOT\n")
    assert woven.woven("index").startswith("---\ntitle: Home\nsource: docs/index.md\n---\n\n# Home")


def test_without_a_hook_for_it_the_page_has_its_title(site):
    site.write("docs/index.md", "---\ntitle: 'A: b'\nother: 1\n---\n\n# A\n")
    site.weave()
    assert site.woven("index") == "---\ntitle: 'A: b'\n---\n\n# A\n"


def test_pages_named_on_the_command_line_are_woven_and_all_others_stay(site):
    site.write("docs/a.md", "# A\n")
    site.write("docs/b.md", "# B\n")
    site.weave()
    site.write("docs/a.md", "# A2\n")
    site.write("docs/b.md", "# B2\n")
    site.weave("docs/a.md")
    assert (site.woven("a"), site.woven("b")) == ("# A2\n", "# B\n")
    assert "no_such: is no page of this site" in site.refused("no_such")
    assert Path(site.home / "docs/b.md").exists()


JPEG = """
import base64, io
import matplotlib.image, numpy as np
from IPython.display import Image
buffer = io.BytesIO()
matplotlib.image.imsave(buffer, np.zeros((20, 30, 3)), format="{kind}")
Image(buffer.getvalue())
"""


@pytest.mark.parametrize(("kind", "suffix"), [("jpeg", "jpg"), ("png", "png")])
def test_a_picture_of_pixels_has_its_size(site, kind, suffix):
    site.page("a", JPEG.format(kind=kind), options='caption="C." alt="A."')
    site.weave()
    assert f'![A.](a/figure-1.{suffix}){{ width="30" height="20"' in site.woven("a")


def test_of_what_a_page_complains_about_the_end_is_shown(site):
    site.page("a", "import sys\nfor n in range(8): print('line', n, file=sys.stderr)")
    said = site.literate("weave").stdout
    notes = [f"note: docs/a.md: {text}" for text in ("… 3 more", "line 3")]
    assert "\n".join(notes) in said
    assert "line 7" in said
    assert "line 2" not in said
