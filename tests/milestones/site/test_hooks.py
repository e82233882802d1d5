"""What hangs on the builder's hooks, as the builder calls them."""

import re
from types import SimpleNamespace

import markdown
import pytest
import yaml
from samples import claim

from milestones.palette import CONSTRAINTS
from milestones.site import claims, hooks, indexes, ledger
from milestones.site.cards import value
from milestones.site.contract import LINEAGE, constraint_page

LENET = "papers/foundations/lenet.md"


def html(text):
    """Markdown as the site turns it into HTML, as far as these tests need."""
    extensions = ["attr_list", "md_in_html", "tables", "pymdownx.superfences"]
    return markdown.markdown(text, extensions=extensions)


def links(text):
    return re.findall(r"\]\((?!https:)([^)]*\.md)[^)]*\)", text)


@pytest.fixture
def site(three):
    return three.site


@pytest.fixture
def lenet(three):
    return three.page(LENET)


@pytest.fixture
def home(three):
    return three.page(three.text("docs/index.md", "---\ntitle: Home\nhide: [toc]\n---\n"))


# -- check, published, meta


def test_check_reports_every_mistake_with_its_place(three):
    three.note("unet", yaer=1, builds_on=["lenett"])
    hooks.check(three.site)
    assert [(path, message.split(":")[0]) for path, _, message in three.reported] == [
        ("papers/foundations/unet.md", "builds on `lenett`, which has no file"),
        ("papers/foundations/unet.md", "unknown key `yaer`"),
    ]


def test_check_reads_anew_what_was_read_before(three):
    site = three.site
    hooks.check(site)
    three.note("unet", heading="U-Net", year=2015)
    hooks.check(site)
    assert "U-Net" in hooks.foot(site, three.page(LENET))
    assert three.reported == []


def test_a_planned_note_has_no_page(site, three, lenet, home):
    assert hooks.published(site, lenet)
    assert hooks.published(site, home)
    assert not hooks.published(site, three.page("papers/foundations/convnet.md"))


def test_a_draft_has_a_page_only_where_drafts_are_shown(three, monkeypatch):
    draft = three.page(three.note("alexnet", status="draft", year=2012))
    assert not hooks.published(three.site, draft)
    assert "Alexnet" not in hooks.foot(three.site, three.page(LENET))
    monkeypatch.setenv("MILESTONES_DRAFTS", "1")
    assert hooks.published(three.site, draft)
    assert "[Alexnet (2012)](alexnet.md)" in hooks.foot(three.site, three.page(LENET))


def test_meta_of_a_note_and_of_another_page(three, lenet, home):
    three.note("lenet", heading="LeNet", contribution="Reads *digits* with $x$ [so](a.md).")
    meta = hooks.meta(three.site, lenet)
    assert (meta["title"], meta["description"]) == ("LeNet (1998)", "Reads digits with x so.")
    assert hooks.meta(three.site, home) == {"title": "Home", "hide": ["toc"]}


# -- the header card


def test_the_card_says_who_when_what_and_whence(site, lenet):
    card = hooks.head(site, lenet)
    for part in (
        "Ada Lovelace and Alan Turing",
        "[The lenet paper](https://doi.org/10.1109/5.726791)",
        "Proceedings of the IEEE 86(11):2278-2324 · 1998",
        "What lenet brought.",
        '<dd markdown="span">The convnet paper'.replace("The convnet paper", "Convnet"),
        ", [Back-propagation](backprop.md)</dd>",
        '<dt>Data</dt>\n<dd markdown="span">60,000</dd>',
        '<dt>Compute</dt>\n<dd markdown="span">60,000 operations</dd>',
        "**Parameters**: Section II, on parameters",
        "```bibtex\n@article{lovelace1998",
        '[Notebook](lenet.ipynb){ download="lenet.ipynb" }',
        "[API reference](../../reference/milestones/foundations/lenet.md)",
        f"[Source](https://example.org/blob/main/{LENET})",
    ):
        assert part in card


def test_the_first_constraint_stands_out_and_each_has_shape_name_and_colour(site, lenet):
    first, second = re.findall(
        r'<a class="([^"]*mark[^"]*)"[^>]*>(.*?)</a>', html(hooks.head(site, lenet))
    )
    assert first == (
        "mark mark--architecture mark--first",
        '<span aria-hidden="true">▲</span> architecture',
    )
    assert second == ("mark mark--data", '<span aria-hidden="true">●</span> data')


def test_the_card_links_what_is_published_and_names_what_is_planned(three):
    card = html(hooks.head(three.site, three.page(LENET)))
    assert re.search(r"<dt>Builds on</dt>\s*<dd>Convnet, <a href=\"backprop.md\">Back-prop", card)
    card = hooks.head(three.site, three.page("papers/foundations/backprop.md"))
    assert "<dt>Builds on</dt>" not in card


def test_the_card_becomes_clean_html(site, lenet):
    page = html(f"# LeNet\n\n{hooks.head(site, lenet)}\n\nText.")
    assert page.count("<header") == page.count("</header>") == 1
    assert page.count("<details") == page.count("</details>") == 2
    assert page.count("<dt>") == page.count("</dd>") == 6
    assert not re.search(r"\{ ?\.|markdown=|\]\(", page)
    assert page.endswith("<p>Text.</p>")


def test_other_pages_have_neither_card_nor_neighbours(site, home):
    assert hooks.head(site, home) == hooks.foot(site, home) == ""
    assert hooks.names(site, home) == {}


@pytest.mark.parametrize(
    ("given", "written"),
    [
        (None, "not published"),
        ("7,291 digits", "7,291 digits"),
        (60000, "60,000"),
        (0, "0"),
        (0.5, "0.5"),
        (61470123, "61,470,123"),
        (175_000_000_000, "175 billion"),
        (1.5e12, "1.5 trillion"),
        (3.14e23, "3.14 × 10²³"),
        (1e-5, "1 × 10⁻⁵"),
        ((1e6, 2.5e6), "1 million to 2.5 million"),
    ],
)
def test_quantities_are_written_for_readers(given, written):
    assert value(given) == written


# -- neighbours in time


def test_neighbours_are_the_published_notes_before_and_after(three):
    three.note("alexnet", heading="AlexNet", year=2012)
    foot = hooks.foot(three.site, three.page(LENET))
    assert "[Back-propagation (1986)](backprop.md){ .neighbours__earlier" in foot
    assert "[AlexNet (2012)](alexnet.md){ .neighbours__later" in foot
    assert "Convnet (" not in foot


def test_the_foot_of_a_note_names_what_it_led_to(three):
    foot = html(hooks.foot(three.site, three.page(LENET)))
    assert "<dt>Led to</dt>" not in foot
    assert '<a href="../../browse/lineage.md#lenet">all ancestors and descendants</a>' in foot
    foot = html(hooks.foot(three.site, three.page("papers/foundations/backprop.md")))
    assert re.search(r"<dt>Led to</dt>\s*<dd>Convnet, <a href=\"lenet.md\">LeNet</a></dd>", foot)
    assert foot.count("<nav") == foot.count("</nav>") == 1


def test_an_only_note_has_no_neighbours(history):
    page = history.page(history.note("lenet"))
    assert hooks.foot(history.site, page) == ""


# -- names


def test_names_are_the_public_objects_of_the_module(site, lenet):
    module = "milestones.foundations.lenet"
    assert hooks.names(site, lenet) == {
        name: f"{module}.{name}"
        for name in ("LeNet5", "LeNet5.forward", "TINY", "BARE", "undocumented")
    }


def test_a_note_without_a_module_has_no_names_and_no_link_to_it(three):
    page = three.page("papers/foundations/backprop.md")
    assert hooks.names(three.site, page) == {}
    assert "API reference" not in hooks.head(three.site, page)


# -- generated pages and navigation


def test_every_topic_and_module_has_a_page(site):
    pages = hooks.pages(site)
    assert set(pages) == {
        "topics/foundations/index.md",
        "reference/index.md",
        "reference/milestones/index.md",
        "reference/milestones/foundations/lenet.md",
        "reference/literate/page.md",
        "theme/site.css",
        "theme/before.js",
        "theme/site.js",
        "social/site.png",
        "social/backprop.png",
        "social/lenet.png",
    }


def test_generated_pages_have_front_matter_that_is_yaml_and_one_title(site):
    for target, text in hooks.pages(site).items():
        if not target.endswith(".md"):
            continue
        if text.startswith("---\n"):
            assert yaml.safe_load(text.split("---\n")[1])["title"]
        titles = len(re.findall(r"^# ", text, re.MULTILINE)) + text.count("heading_level: 1")
        assert titles == 1, target


def test_the_reference_page_names_the_note(site):
    page = hooks.pages(site)["reference/milestones/foundations/lenet.md"]
    assert "[LeNet (1998)](../../../papers/foundations/lenet.md)" in page
    assert "\n::: milestones.foundations.lenet\n" in page


def test_navigation_names_pages_that_exist_and_no_planned_note(site, three, home):
    three.text("docs/browse/negative-results.md", "# Negative results\n")
    three.text("docs/browse/claims.md", "# Claims\n")

    def paths(entry):
        if isinstance(entry, str):
            return [entry]
        return [
            path
            for part in (entry.values() if isinstance(entry, dict) else entry)
            for path in paths(part)
        ]

    navigation = hooks.navigation(three.site)
    assert [next(iter(entry)) for entry in navigation] == [
        "Home",
        "Notes",
        "Browse",
        "API reference",
    ]
    written = [
        "index.md",
        "browse/claims.md",
        "browse/negative-results.md",
        LENET,
        "papers/foundations/backprop.md",
    ]
    assert sorted(paths(navigation)) == sorted(
        [*written, *(target for target in hooks.pages(site) if target.endswith(".md"))]
    )


def test_a_new_page_is_in_the_navigation_at_once(three, home):
    three.text("docs/browse/claims.md", "---\ntitle: Claims\n---\n\n# All claims\n")
    three.text("docs/browse/browse_more.md", "nothing but text\n")
    three.text("docs/essay/1-rise.md", "# The `rise` { #top }\n")
    three.text("docs/essay/index.md", "# Essay\n")
    three.text("docs/reading-lists/short.md", "# Short\n")
    three.text("docs/about.md", "# About\n")
    navigation = hooks.navigation(three.site)
    notes, reference = navigation[2], navigation[-1]
    assert navigation == [
        {"Home": "index.md"},
        {"Essay": ["essay/index.md", {"The rise": "essay/1-rise.md"}]},
        notes,
        {
            "Browse": [
                {"Browse more": "browse/browse_more.md"},
                {"Claims": "browse/claims.md"},
            ]
        },
        {"Reading lists": [{"Short": "reading-lists/short.md"}]},
        {"About": "about.md"},
        reference,
    ]
    assert [next(iter(entry)) for entry in (notes, reference)] == ["Notes", "API reference"]


def test_every_link_leads_to_a_page_of_the_site(site, three, lenet, home):
    def resolve(start, link):
        parts = start.split("/")[:-1]
        for part in link.split("/"):
            parts = parts[:-1] if part == ".." else [*parts, part]
        return "/".join(parts)

    generated = hooks.pages(site).items()
    pages = {target: text for target, text in generated if target.endswith(".md")}
    pages["index.md"] = indexes.topics(site, home)
    pages |= {page.target: hooks.head(site, page) + hooks.foot(site, page) for page in (lenet,)}
    written = {constraint_page(found.key) for found in CONSTRAINTS}  # by hand
    written.add(LINEAGE)
    known = {*pages, *written, LENET, "papers/foundations/backprop.md"}
    for start, text in pages.items():
        for link in links(text):
            assert resolve(start, link) in known, (start, link)


# -- claims


def test_the_card_of_a_claim(site, lenet):
    made = claim(lenet)
    card = claims.card(made.data, site, lenet)
    page = html(card)
    assert f'<aside class="claim" id="{claims.anchor(made.data)}">' in page
    assert re.search(r"<dt>The paper</dt>\s*<dd>0.95 %</dd>", page)
    assert re.search(r"<dt>This page</dt>\s*<dd>3.2 %</dd>", page)
    assert "<em>dense</em>" in page
    assert "3 seeds, CPU" in page
    assert "Figure 9" in page
    assert "60,000 digits against 1,797" in page
    assert not re.search(r"\{ ?\.|markdown=|\]\(", page)
    assert card == claims.card(made.data, site, lenet)


def test_the_anchor_does_not_move_when_the_numbers_do(lenet):
    first = claims.anchor(claim(lenet).data)
    assert first == claims.anchor(claim(lenet, measured="9 %", seeds=5).data)
    assert first != claims.anchor(claim(lenet, statement="Another.").data)
    assert re.fullmatch(r"claim-fewer-errors-than-a-dense-net-[0-9a-f]{4}", first)


@pytest.mark.parametrize(
    ("seeds", "device", "said"),
    [(0, "cpu", "nothing random, CPU"), (1, "cuda", "1 seed, CUDA"), (2, "xla", "2 seeds, xla")],
)
def test_a_claim_tells_its_seeds_and_device(site, lenet, seeds, device, said):
    assert said in claims.card(claim(lenet, seeds=seeds, device=device).data, site, lenet)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("x < 3 & y > 4", "x &lt; 3 &amp; y &gt; 4"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("`a < b` and <i>", "<code>a &lt; b</code> and &lt;i&gt;"),
        ("*less* than $a<b$, <b>", "<em>less</em> than $a&lt; b$, &lt;b&gt;"),
        ("from $5 to <b> $ 6", "from $5 to &lt;b&gt; $ 6"),
    ],
)
def test_a_claim_is_text_and_no_html(three, lenet, text, written):
    made = claim(lenet, **dict.fromkeys(("statement", "paper", "measured", "source"), text))
    assert html(claims.card(made.data, three.site, lenet)).count(written) == 4
    three.outputs.append(made)
    assert html(ledger.ledger(three.site, lenet)).count(written) == 4


CALL = "x = 1\nclaim('It holds.')"


@pytest.mark.parametrize(
    ("code", "cards", "tags", "line"),
    [
        (CALL, 1, (), None),
        (f"{CALL}\nx", 0, (), 4),
        (f"{CALL}\nclaim('So does this.')", 1, (), 4),
        ("for x in y:\n    display(common.claim(x))", 3, (), None),
        (CALL, 1, ("remove-output",), 4),
        (CALL, 0, ("raises-exception",), None),
        ("# claim(\nclaimed(1)", 0, (), None),
        ("%time claim(1)", 0, (), None),
    ],
)
def test_a_claim_that_shows_no_card_is_reported(three, code, cards, tags, line):
    three.cells[LENET] = [SimpleNamespace(line=3, code=code, tags=frozenset(tags))]
    three.outputs += [claim(three.page(LENET))] * cards
    hooks.pages(three.site)
    assert [problem[:2] for problem in three.reported] == ([(LENET, line)] if line else [])
    assert all("end a cell with one claim" in message for *_, message in three.reported)


def test_a_page_that_was_not_executed_owes_no_cards(three):
    site = three.site
    page = next(page for page in site.pages if page.source == LENET)
    page.cells.append(SimpleNamespace(line=3, code=CALL, tags=frozenset()))
    hooks.pages(site)
    assert three.reported == []
