"""Nothing moves while a page loads; the scheme follows the system, and the reader's choice."""

import threading

import browser
import pytest
from browser import ready, show
from playwright.sync_api import Page, Route

# Every shift of the layout, with what moved; asked before the page has anything that could.
WATCH = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries().filter(({value}) => value >= 0.0005)) // 0, as CLS is told
    shifts.push(`${entry.value.toFixed(4)}: ` + entry.sources.map(({node}) =>
      (node?.outerHTML ?? node?.parentElement?.outerHTML ?? "?").slice(0, 120)).join(" | "));
}).observe({type: "layout-shift", buffered: true});
"""
FRAMES = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def shifts(page: Page, address: str) -> list[str]:
    """What moved while a page came, its letters after all else, and one read it to its end."""
    late: list[Route] = []
    page.add_init_script(WATCH)
    page.route("**/*.woff2", lambda route: late.append(route))
    page.goto(address, wait_until="domcontentloaded")
    ready(page)
    page.evaluate(FRAMES)  # drawn once without its letters
    for route in late:
        route.continue_()
    page.unroute("**/*.woff2")
    page.wait_for_load_state("load")
    page.evaluate("document.fonts.ready.then(() => true)")
    page.evaluate(
        f"""async () => {{
          for (let y = 0; y < document.body.scrollHeight; y += innerHeight) {{
            scrollTo({{top: y, behavior: "instant"}});
            await {FRAMES};
          }}
          await Promise.all([...document.images].map(one => one.decode().catch(() => {{}})));
          await {FRAMES};
        }}"""
    )
    return page.evaluate("shifts")


@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_moves_while_a_page_loads(width, windows, address, kinds):
    moved = []
    for kind, place in kinds.items():
        page = windows(viewport={"width": width, "height": 900}).new_page()
        moved += [f"{kind}: {shift}" for shift in shifts(page, f"{address}/{place}")]
        page.close()
    assert not moved, f"{len(moved)} shifts at {width} px:\n" + "\n".join(moved)


@pytest.mark.parametrize("key", ["Enter", "Space"])
@pytest.mark.parametrize(
    ("system", "expected"),
    [
        ("light", ["default", "default", "slate", "default"]),
        ("dark", ["slate", "default", "slate", "slate"]),
    ],
)
def test_keys_change_the_scheme(system, expected, key, windows, address, kinds):
    """From the system's to light, to dark, and back: the page changes and its figures with it."""
    page = windows(color_scheme=system, reduced_motion="reduce").new_page()
    show(page, f"{address}/{kinds['note']}")
    figure = page.locator("figure img[src$='.svg']").first
    figure.scroll_into_view_if_needed()
    figure.evaluate("image => image.decode()")
    page.locator(".scheme").focus()
    seen, papers, drawings = [], {}, {}
    for _ in expected:
        scheme = page.evaluate("document.body.dataset.mdColorScheme")
        seen.append(scheme)
        papers.setdefault(scheme, set()).add(
            page.evaluate("getComputedStyle(document.body).backgroundColor")
        )
        drawings.setdefault(scheme, set()).add(figure.screenshot())
        page.keyboard.press(key)
        page.evaluate(FRAMES)
    assert seen == expected
    for looks in (papers, drawings):
        assert len(looks["default"]) == len(looks["slate"]) == 1
        assert looks["default"] != looks["slate"]


def test_the_chosen_scheme_stays(windows, address, kinds):
    page = windows(color_scheme="light").new_page()
    show(page, f"{address}/{kinds['note']}")
    page.locator(".scheme").dblclick()
    page.wait_for_selector("body[data-md-color-scheme=slate]")
    show(page, f"{address}/{kinds['home']}")
    page.wait_for_selector("body[data-md-color-scheme=slate]")


@pytest.mark.parametrize("way", ["back", "anew", "#exercises", "#:~:text=Exercises"])
def test_a_phone_shows_the_place_that_it_is_sent_to(way, windows, address):
    """Its first frame leaves out what lies further down, but not for who comes for that."""
    page = windows(viewport={"width": 390, "height": 800}).new_page()
    note = f"{address}/papers/foundations/lenet.html"
    page.add_init_script(
        """window.names = [];
        new MutationObserver(() => names.push(document.documentElement.className))
          .observe(document, { attributeFilter: ["class"], subtree: true });"""
    )
    show(page, note if way in ("back", "anew") else note + way)
    if way in ("back", "anew"):
        assert page.evaluate("names[0]") == "js first"
        page.evaluate("scrollTo({ top: 5000, behavior: 'instant' })")
        page.reload() if way == "anew" else page.goto(f"{address}/index.html") and page.go_back()
        ready(page)
    assert page.evaluate("names[0]") == "js"
    page.evaluate(FRAMES)
    if way in ("back", "anew"):
        assert abs(page.evaluate("scrollY") - 5000) < 5
    else:
        assert 0 <= page.locator("#exercises").bounding_box()["y"] < 800


def test_a_phone_shows_what_came_of_a_page_whose_rest_does_not(windows, built, monkeypatch):
    """The first frame leaves out what lies further down; no later one does, whatever fails."""
    over = threading.Event()

    def half(_, source, target):
        text = source.read()
        target.write(text[: len(text) // 2])
        over.wait(60)

    page = windows(viewport={"width": 390, "height": 800}).new_page()
    with browser.serve(built) as address:
        show(page, f"{address}/index.html")  # keeps the style sheet
        monkeypatch.setattr(browser.Host, "copyfile", half)
        page.goto(f"{address}/papers/foundations/lenet.html", wait_until="commit")
        page.wait_for_selector("#the-idea", state="visible")
        page.close()
        over.set()


def test_paper_has_all_of_a_page_even_before_its_first_frame(windows, address):
    page = windows(viewport={"width": 390, "height": 800}).new_page()
    show(page, f"{address}/papers/foundations/lenet.html")
    page.evaluate(
        """document.documentElement.classList.add("first");
        for (const part of document.querySelectorAll(".shown")) part.classList.remove("shown")"""
    )
    assert not page.locator("#the-idea").is_visible()
    page.emulate_media(media="print")
    assert page.locator("#the-idea").is_visible()


def test_pictures_of_buttons_show_in_forced_colours(windows, address):
    page = windows(forced_colors="active").new_page()
    show(page, f"{address}/papers/foundations/lenet.html")
    drawn, paper = page.evaluate(
        """() => [getComputedStyle(document.querySelector(".scheme"), "::before"),
                  getComputedStyle(document.body)].map(style => style.backgroundColor)"""
    )
    assert drawn != paper
