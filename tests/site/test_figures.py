"""Figures as their readers meet them: sliders, enlarged, in both schemes, and never moving."""

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from browser import ready
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

NOTES = ("backprop", "lenet")
Windows = Callable[..., BrowserContext]


def show(page: Page, address: str, note: str = "backprop", *, scripts: bool = True) -> Locator:
    """Go to a note, and wait for its scripts; its first series of frames."""
    page.goto(f"{address}/papers/foundations/{note}.html")
    if scripts:
        ready(page)
    return page.locator("figure.frames").first


def visible(frames: Locator) -> list[bool]:
    return [frame.is_visible() for frame in frames.locator(".frame").all()]


def photograph(image: Locator) -> np.ndarray:
    """Pixels of an image as it stands on the page; figures are fetched late, so wait for this."""
    image.scroll_into_view_if_needed()
    expect(image).to_have_js_property("complete", True)
    image.evaluate("image => image.decode()")
    return matplotlib.image.imread(BytesIO(image.screenshot()))[..., :3]


# -- frames ---------------------------------------------------------------------------------------


def test_without_scripts_the_first_and_the_last_frame_stand_alone(windows: Windows, address: str):
    frames = show(windows(java_script_enabled=False).new_page(), address, scripts=False)
    seen = visible(frames)
    assert seen == [True] + [False] * (len(seen) - 2) + [True]
    labels = frames.locator(".frame > span")
    expect(labels.first).to_be_visible()
    expect(labels.last).to_be_visible()
    expect(frames.locator("figcaption")).to_be_visible()
    assert frames.locator("button, input").count() == 0
    boxes = [frames.locator("img").nth(at).bounding_box() for at in (0, -1)]
    assert boxes[0]["y"] + boxes[0]["height"] <= boxes[1]["y"]  # one below the other


def test_the_slider_works_by_keyboard_and_says_what_it_shows(tab: Page, address: str):
    frames = show(tab, address)
    labels = frames.locator(".frame > span").all_text_contents()
    slider = tab.get_by_role("slider", name=frames.get_attribute("data-frames"))
    slider.focus()
    place = frames.bounding_box()
    for key, at in (
        ("ArrowRight", 1),
        ("ArrowRight", 2),
        ("ArrowLeft", 1),
        ("End", -1),
        ("Home", 0),
    ):
        slider.press(key)
        assert slider.get_attribute("aria-valuetext") == labels[at]
        assert [n for n, seen in enumerate(visible(frames)) if seen] == [at % len(labels)]
        assert frames.bounding_box() == place
    for image in frames.locator("img").all():  # all frames came as the slider came near
        expect(image).to_have_js_property("complete", True)
        assert image.evaluate("image => image.naturalWidth") > 0


def test_play_goes_to_the_end_and_stops_and_can_be_paused(tab: Page, address: str):
    tab.clock.install()
    frames = show(tab, address)
    slider, button = frames.get_by_role("slider"), frames.get_by_role("button")
    last = int(slider.get_attribute("max"))
    frames.scroll_into_view_if_needed()
    for image in frames.locator("img").all():
        expect(image).to_have_js_property("complete", True)
    tab.clock.run_for(5000)
    expect(slider).to_have_value("0")  # nothing plays by itself
    button.press("Enter")
    expect(button).to_have_text("Pause")
    tab.clock.run_for(1500)
    expect(slider).to_have_value("2")
    button.press("Enter")
    expect(button).to_have_text("Play")
    tab.clock.run_for(3000)
    expect(slider).to_have_value("2")
    button.press("Enter")
    tab.clock.run_for(1000 * last)
    expect(slider).to_have_value(str(last))
    expect(button).to_have_text("Play")
    button.press("Enter")  # from the beginning
    expect(slider).to_have_value("0")
    slider.press("ArrowRight")  # a hand on the slider takes over
    expect(button).to_have_text("Play")


def test_who_asks_for_less_motion_has_the_slider_alone(windows: Windows, address: str):
    frames = show(windows(reduced_motion="reduce").new_page(), address)
    expect(frames.get_by_role("slider")).to_be_visible()
    expect(frames.locator("button")).to_be_hidden()


def test_the_slider_works_after_instant_navigation(tab: Page, address: str):
    places = [f"<url><loc>{address}/papers/foundations/{note}.html</loc></url>" for note in NOTES]
    sitemap = f"<urlset>{''.join(places)}</urlset>"  # ours is empty until the site has an address
    tab.route("**/sitemap.xml", lambda route: route.fulfill(body=sitemap, content_type="text/xml"))
    show(tab, address, "lenet")
    tab.wait_for_load_state("networkidle")
    tab.evaluate("window.stays = true")
    tab.locator(".md-content a[href$='backprop.html']").first.click()
    slider = tab.locator("figure.frames").get_by_role("slider")
    expect(slider).to_have_count(1)
    assert tab.evaluate("window.stays")  # the page was not loaded anew
    slider.press("End")
    expect(slider).to_have_value(slider.get_attribute("max"))


def test_the_slider_works_from_a_folder(browser: Browser, built: Path):
    page = browser.new_page()
    page.goto((built / "papers/foundations/backprop.html").as_uri())
    slider = page.locator("figure.frames").get_by_role("slider")
    slider.press("End")
    expect(slider).to_have_value(slider.get_attribute("max"))
    page.close()


# -- enlarged -------------------------------------------------------------------------------------


def test_a_figure_opens_larger_by_keyboard_and_focus_returns(tab: Page, address: str):
    show(tab, address, "lenet")
    link = tab.locator("#figure-2 a.zoom")
    small = link.locator("img").bounding_box()
    link.press("Enter")
    dialog = tab.get_by_role("dialog", name="Enlarged figure")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("button", name="Close")).to_be_focused()
    large = dialog.locator("img")
    assert large.bounding_box()["width"] > 1.5 * small["width"]
    assert large.get_attribute("alt") == link.locator("img").get_attribute("alt")
    tab.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(link).to_be_focused()


def test_a_click_beside_the_figure_closes_it_and_one_on_it_does_not(tab: Page, address: str):
    show(tab, address, "lenet")
    tab.locator("#figure-2 a.zoom").click()
    dialog = tab.get_by_role("dialog", name="Enlarged figure")
    dialog.locator("img").click()
    expect(dialog).to_be_visible()
    tab.mouse.click(20, 20)
    expect(dialog).to_have_count(0)


def test_on_a_phone_a_wide_figure_keeps_its_size_and_scrolls(windows: Windows, address: str):
    page = windows(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    ).new_page()
    show(page, address, "lenet")
    page.locator("#figure-2 a.zoom").tap()
    dialog = page.get_by_role("dialog", name="Enlarged figure")
    expect(dialog).to_be_visible()
    image = dialog.locator("img")
    assert image.bounding_box()["width"] == pytest.approx(
        float(image.get_attribute("width")), abs=1
    )
    dialog.evaluate("dialog => dialog.scrollTo(1000, 0)")
    edge = image.bounding_box()
    assert edge["x"] + edge["width"] <= 390  # its right end can be reached
    dialog.get_by_role("button", name="Close").tap()
    expect(dialog).to_have_count(0)


@pytest.mark.parametrize("place", ["papers/foundations/lenet", "essay/index", "essay/data"])
def test_a_phone_is_told_once_a_page_that_figures_open(windows: Windows, address: str, place: str):
    page = windows(viewport={"width": 390, "height": 844}).new_page()
    page.goto(f"{address}/{place}.html")
    captions = page.locator("figure:has(a.zoom) figcaption")
    said = "all => all.map(one => getComputedStyle(one, '::after').content)"
    hint = '"Tap a figure to enlarge it."'
    assert captions.evaluate_all(said) == [hint] + ["none"] * (captions.count() - 1)
    page.emulate_media(media="print")
    assert hint not in captions.evaluate_all(said)
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 820, "height": 844})
    assert hint not in captions.evaluate_all(said)


def test_without_scripts_a_figure_is_a_link_to_itself(browser: Browser, address: str):
    page = browser.new_page(java_script_enabled=False, color_scheme="dark")
    show(page, address, "lenet", scripts=False)
    page.locator("#figure-2 a.zoom").click()
    expect(page).to_have_url(re.compile(r"/lenet/figure-2\.svg$"))
    page.wait_for_load_state()
    seen = matplotlib.image.imread(BytesIO(page.screenshot()))[..., :3]
    assert seen.mean((0, 1)).max() < 0.4  # dark, as its ink is light
    page.close()


# -- schemes, pixels, places ----------------------------------------------------------------------


def test_figures_follow_the_toggle_on_the_page_and_enlarged(tab: Page, address: str):
    show(tab, address, "lenet")
    link = tab.locator("#figure-2 a.zoom")
    enlarged = tab.get_by_role("dialog", name="Enlarged figure").locator("img")

    def colours() -> list[np.ndarray]:
        found = [photograph(link.locator("img")).mean((0, 1))]
        link.press("Enter")
        found.append(photograph(enlarged).mean((0, 1)))
        tab.keyboard.press("Escape")
        return found

    def scheme() -> str | None:
        return tab.locator("body").get_attribute("data-md-color-scheme")

    assert scheme() == "default"
    light = colours()
    while scheme() != "slate":
        tab.locator(".scheme").click()
    for before, after in zip(light, colours(), strict=True):
        assert before.min() > 0.75
        assert after.max() < 0.35


def test_the_ink_of_a_figure_changes_and_not_only_what_is_behind_it(tab: Page, address: str):
    show(tab, address, "lenet")

    def darkest_and_lightest(scheme: str) -> tuple[float, float]:
        tab.evaluate("name => document.body.setAttribute('data-md-color-scheme', name)", scheme)
        pixels = photograph(tab.locator("#figure-2 a.zoom img")).mean(-1)
        return float(pixels.min()), float(pixels.max())

    assert darkest_and_lightest("default")[0] < 0.3  # dark ink on light
    assert darkest_and_lightest("slate")[1] > 0.7  # light ink on dark


def test_grids_of_pixels_stay_crisp_when_they_are_enlarged(tab: Page, address: str):
    show(tab, address, "lenet")
    tab.locator("#figure-5 a.zoom").press("Enter")
    pixels = photograph(tab.get_by_role("dialog", name="Enlarged figure").locator("img"))
    height, width = pixels.shape[:2]
    drawing = pixels[round(0.3 * height) : round(0.45 * height), : round(0.1 * width)]
    same = (np.abs(np.diff(drawing, axis=1)).max(-1) < 0.02).mean()
    assert same > 0.91  # a pixel is a plateau, not a slope: 0.96 now, and 0.85 if it were smoothed


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["desk", "phone"])
@pytest.mark.parametrize("note", NOTES)
def test_nothing_moves_while_a_note_loads_and_is_read(
    windows: Windows, address: str, note: str, size
):
    page = windows(viewport={"width": size[0], "height": size[1]}).new_page()
    page.add_init_script(
        "window.shifts = []; new PerformanceObserver(list => shifts.push(...list.getEntries()"
        ".flatMap(shift => shift.sources.map(source => [shift.value, source.node?.outerHTML,"
        " !!source.node?.parentElement?.closest('.md-content')]))))"
        ".observe({type: 'layout-shift', buffered: true})"
    )
    show(page, address, note)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("shifts") == []
    height = page.evaluate("document.body.scrollHeight")
    for place in range(0, height, size[1]):
        page.evaluate("place => window.scrollTo(0, place)", place)
        page.wait_for_timeout(30)
    page.wait_for_load_state("networkidle")
    assert [shift for shift in page.evaluate("shifts") if shift[2]] == []
    assert page.evaluate("document.body.scrollHeight") == height
    for image in page.locator("figure img").all():
        assert image.evaluate("image => image.complete && image.naturalWidth > 0")


@pytest.mark.parametrize("note", NOTES)
def test_no_figure_is_loaded_before_it_is_needed(windows: Windows, address: str, note: str):
    page = windows().new_page()
    show(page, address, note)
    loading = page.locator("figure img").evaluate_all("images => images.map(i => i.loading)")
    assert set(loading) == {"lazy"}


def test_the_script_and_the_frames_are_small(built: Path):
    assert (Path(__file__).parents[2] / "docs/theme/_scripts/figures.js").stat().st_size < 5000
    for note in NOTES:
        frames = [*(built / "papers/foundations" / note).glob("figure-*-*.svg")]
        assert len(frames) <= 12
        assert sum(frame.stat().st_size for frame in frames) <= 300_000
