"""WCAG 2.2 AA: axe on every kind of page, and what axe cannot see: keys, focus, enlarged text."""

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from browser import SCHEMES, show

AXE = {
    "resultTypes": ["violations"],
    "preload": False,  # of style sheets, which only rules outside these need
    "runOnly": [
        *("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"),
        "best-practice",
    ],
}

# What has the focus: a name to tell it by, whether one sees it, and that it has the focus.
FOCUSED = """async () => {
  const at = document.activeElement, search = document.getElementById("__search");
  if (!at || at === document.body) return null;
  const field = at.matches(".md-search__input"); // which opens its dialog, a moment later
  while (field && !search.checked) await new Promise(requestAnimationFrame);
  const box = at.getClientRects()[0] ?? at.getBoundingClientRect();
  const style = getComputedStyle(at);
  const within = (from, to, end, part) => {
    const start = Math.max(from, 0), stop = Math.min(to, end);
    return start + part * (stop - start);
  };
  const over = [0.05, 0.5, 0.95].map(part => document.elementFromPoint(
    within(box.left, box.right, innerWidth, part), within(box.top, box.bottom, innerHeight, 0.5)));
  const whole = at.closest(".md-search__form") ?? at; // what it suggests lies over the field
  window.stops ??= new Map();
  if (!stops.has(at)) stops.set(at, stops.size);
  return {
    stop: stops.get(at),
    name: at.outerHTML.slice(0, 240),
    inside: at.closest("main") ? "main" : "",
    visible: box.width > 0 && box.height > 0 && box.right > 0 && box.left < innerWidth
      && box.bottom > 0 && box.top < innerHeight && at.checkVisibility({visibilityProperty: true}),
    uncovered: over.some(one => whole.contains(one)),
    marked: (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0)
      || field, // it has a caret
  };
}"""


def told(rules: list[dict]) -> list[str]:
    """Each violation: the rule, where, and what axe says of it."""
    return [
        f"{rule['id']} at {' '.join(map(str, node['target']))}: {rule['help']}\n"
        f"      {node['html'][:160]!r}\n"
        f"      {'; '.join(check['message'] for check in node['any'] + node['all'] + node['none'])}"
        for rule in rules
        for node in rule["nodes"][:5]
    ]


@pytest.mark.parametrize("width", [1440, 820, 390])
def test_axe_finds_nothing(width, windows, address, kinds):
    """On every kind of page, in both schemes."""
    found = []
    # Without motion: a colour that is still changing has no contrast to measure
    page = windows(viewport={"width": width, "height": 900}, reduced_motion="reduce").new_page()
    for kind, place in kinds.items():
        for scheme, attribute in SCHEMES.items():
            page.emulate_media(color_scheme=scheme)
            if scheme == "light":
                show(page, f"{address}/{place}")
                page.evaluate(AXE_SCRIPT)
            page.wait_for_selector(f"body[data-md-color-scheme={attribute}]")
            rules = page.evaluate("options => axe.run(options).then(run => run.violations)", AXE)
            found += [f"{kind} ({place}), {scheme}: {line}" for line in told(rules)]
    assert not found, f"{len(found)} violations at {width} px:\n" + "\n".join(found)


def test_the_skip_link_comes_first_and_leads_to_the_text(tab, address, kinds):
    for kind, place in kinds.items():
        show(tab, f"{address}/{place}")
        tab.keyboard.press("Tab")
        first = tab.evaluate(FOCUSED)
        assert "md-skip" in first["name"], f"{kind}: the first stop is {first['name']}"
        tab.wait_for_function("getComputedStyle(document.activeElement).opacity === '1'")
        assert first["marked"], f"{kind}: nobody sees that the skip link has the focus"
        tab.keyboard.press("Enter")
        tab.wait_for_function("location.hash.length > 1")
        tab.keyboard.press("Tab")
        landed = tab.evaluate(FOCUSED)
        assert landed is None or landed["inside"] or "md-footer" in landed["name"], (
            f"{kind}: after the skip link, the next stop is {landed['name']}"
        )


@pytest.mark.parametrize("width", [1440, 390])
def test_every_stop_is_seen_and_none_is_a_trap(width, windows, address, kinds):
    """Tab goes once through the page and out of it; whatever it stops at is in sight and marked."""
    page = windows(viewport={"width": width, "height": 900}, reduced_motion="reduce").new_page()
    mistakes = []
    narrow = {"home", "note", "claims"}  # there the frame is another, and the same for all kinds
    for kind in kinds if width > 1000 else narrow:
        show(page, f"{address}/{kinds[kind]}")
        page.add_style_tag(content="* { transition: none !important; animation: none !important }")
        before = -1
        for _ in range(1500):
            page.keyboard.press("Tab")
            focused = page.evaluate(FOCUSED)
            if focused is None or focused["stop"] < before:
                break
            if focused["stop"] == before:
                mistakes.append(f"{kind}: Tab does not leave {focused['name']}")
                break
            before = focused["stop"]
            if not focused["uncovered"]:  # the tooltip of the footnote before goes after a moment
                page.wait_for_timeout(400)
                stop, focused = focused["name"], page.evaluate(FOCUSED)
                if focused is None:
                    mistakes.append(f"{kind}: the focus was taken from {stop}")
                    continue
            mistakes += [
                f"{kind}: not {quality}: {focused['name']}"
                for quality in ("visible", "uncovered", "marked")
                if not focused[quality]
            ]
        else:
            mistakes.append(f"{kind}: the end was not reached")
        assert before > 3, f"{kind}: Tab found only {before + 1} stops"
    assert not mistakes, f"{len(mistakes)} at {width} px:\n" + "\n".join(mistakes[:40])


def test_a_tooltip_is_no_place_for_the_focus(tab, address, kinds):
    """It goes when the focus leaves the footnote's number, and would take the focus along."""
    show(tab, f"{address}/{kinds['essay']}")
    tab.locator("sup:has(> .footnote-ref)").filter(visible=True).first.locator("a").focus()
    links = tab.locator(".md-tooltip2 a")
    links.first.wait_for(state="attached")
    assert set(links.evaluate_all("links => links.map(link => link.tabIndex)")) == {-1}


def test_the_drawer_has_the_contents_of_the_page(windows, address, kinds):
    page = windows(viewport={"width": 390, "height": 900}, reduced_motion="reduce").new_page()
    show(page, f"{address}/{kinds['note']}")
    page.get_by_role("button", name="Navigation").press("Enter")
    beside = page.locator(".md-sidebar--secondary .md-nav__link").all_text_contents()
    drawer = page.locator(".md-sidebar--primary .md-nav--secondary .md-nav__link")
    assert drawer.all_text_contents() == beside
    assert len(beside) > 8
    page.locator(".md-nav__link[for=__toc] > button").press("Enter")
    page.locator(".md-sidebar--primary .md-nav--secondary").get_by_text("Exercises").press("Enter")
    page.wait_for_url("**#exercises")


def test_the_search_opens_and_closes_by_keys(tab, address, kinds):
    show(tab, f"{address}/{kinds['note']}")
    tab.keyboard.press("/")
    tab.wait_for_function("document.activeElement.matches('.md-search__input')")
    tab.keyboard.type("backpropagation")
    tab.wait_for_selector(".md-search-result__item")
    tab.keyboard.press("ArrowDown")
    assert tab.evaluate("!!document.activeElement.closest('.md-search-result')")
    tab.keyboard.press("Escape")
    tab.wait_for_function("!document.querySelector('#__search').checked")
    assert not tab.evaluate("document.activeElement.matches('.md-search__input')")


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_the_drawer_opens_and_closes_by_keys(key, windows, address, kinds):
    page = windows(viewport={"width": 390, "height": 800}, reduced_motion="reduce").new_page()
    show(page, f"{address}/{kinds['note']}")
    button = page.get_by_role("button", name="Navigation")
    button.focus()
    page.keyboard.press(key)
    page.wait_for_function("document.activeElement.closest('.md-sidebar--primary')")
    assert button.get_attribute("aria-expanded") == "true"
    page.keyboard.press("Escape")
    page.wait_for_function("document.activeElement.matches('label[for=__drawer] > button')")
    assert button.get_attribute("aria-expanded") == "false"


# Enlarged twice by the browser, then the text alone, then as narrow as WCAG asks (1.4.4, 1.4.10)
@pytest.mark.parametrize(
    ("width", "scale", "text"), [(720, 2, "125%"), (1440, 1, "250%"), (320, 1, "125%")]
)
def test_enlarged_pages_do_not_scroll_sideways(width, scale, text, windows, address, kinds):
    size = {"width": width, "height": 450}
    page = windows(viewport=size, device_scale_factor=scale).new_page()
    mistakes = []
    for kind, place in kinds.items():
        show(page, f"{address}/{place}")
        page.add_style_tag(content=f"html {{ font-size: {text} !important }}")
        wide = page.evaluate(
            """() => document.scrollingElement.scrollWidth <= innerWidth ? [] :
              [...document.querySelectorAll("main *, header *, footer *")]
                .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
                .map(e => e.outerHTML.slice(0, 100)).slice(0, 3).concat("")"""
        )
        mistakes += [f"{kind}: {element}" for element in wide]
    assert not mistakes, "wider than the window:\n" + "\n".join(mistakes)


def test_wide_tables_scroll_inside_themselves(windows, address, kinds):
    page = windows(viewport={"width": 390, "height": 800}).new_page()
    scrolled = 0
    for kind, place in kinds.items():
        show(page, f"{address}/{place}")
        for table in page.query_selector_all(".md-typeset table:not(.highlighttable)"):
            box = table.evaluate(
                """table => {
                  let box = table.parentElement;
                  while (box && !["auto", "scroll"].includes(getComputedStyle(box).overflowX))
                    box = box.parentElement;
                  const over = box && box.scrollWidth - box.clientWidth;
                  return box && {inside: !!box.closest("main"), over};
                }"""
            )
            assert box, f"{kind}: a table has nothing to scroll in"
            assert box["inside"], f"{kind}: a table scrolls the page"
            scrolled += box["over"] > 0
            heads = table.evaluate("table => table.querySelectorAll('th').length")
            assert heads, f"{kind}: a table has no heads"
    assert scrolled, "no table was wide enough to tell"
