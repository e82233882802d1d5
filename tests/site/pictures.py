"""Take pictures of pages of the built site: `nox -s pictures [-- PAGE ... OPTIONS]`.

A page is a kind of page (`note`, `home`, …) or a place on the site. Each is taken in both schemes
and two widths, whole, into pictures/. Needs Debian's chromium and the extra `tests`; the site is
served from this process, and nothing outside this machine is asked.
"""

import argparse
from pathlib import Path

from browser import SCHEMES, kinds, launch, serve, show
from playwright.sync_api import Browser

USUAL = ["home", "note", "claims", "essay", "reference", "topic"]
WIDTHS = [1440, 390]

# Figures load when they come into sight, and then have to be drawn
LOADED = """async () => {
  for (const image of document.images) image.loading = "eager";
  await Promise.all([...document.images].map(image => image.decode().catch(() => {})));
}"""


def take(
    browser: Browser, address: str, picture: Path, *, scheme: str, width: int, fold: bool
) -> None:
    """Save a picture of a page: the whole of it, or what stands above the fold."""
    size = {"width": width, "height": 844 if width < 600 else 900}
    context = browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    show(page, address)
    page.evaluate(LOADED)
    picture.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=picture, full_page=not fold)
    context.close()


def chosen(site: Path, pages: list[str]) -> dict[str, str]:
    """The places of pages, under the names that their pictures get."""
    known = kinds(site)
    if not pages:
        return {kind: known[kind] for kind in USUAL if kind in known}
    found = {}
    for page in pages:
        place = known.get(page, page)
        if page == "all":
            found |= known
        elif (site / place).is_file():
            found[page.removesuffix(".html").replace("/", "-")] = place
        else:
            raise SystemExit(f"no page {page} in {site}: name a file, all, or {', '.join(known)}")
    return found


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("pages", nargs="*", help=f"kinds, or places as index.html; else {USUAL}")
    parser.add_argument("--scheme", choices=SCHEMES, action="append", help="default: both")
    parser.add_argument("--width", type=int, action="append", help=f"default: {WIDTHS}")
    parser.add_argument("--fold", action="store_true", help="only what one sees before scrolling")
    parser.add_argument("--site", type=Path, default=Path("site"), help="default: %(default)s")
    parser.add_argument("--out", type=Path, default=Path("pictures"), help="default: %(default)s")
    given = parser.parse_args()
    if not (given.site / "index.html").is_file():
        raise SystemExit(f"no site in {given.site}: build it first, nox -s docs")
    pages = chosen(given.site, given.pages)
    with serve(given.site) as address, launch() as browser:
        for name, place in pages.items():
            for scheme in given.scheme or SCHEMES:
                for width in given.width or WIDTHS:
                    picture = given.out / f"{name}-{scheme}-{width}.png"
                    whole = f"{address}/{place}"
                    take(browser, whole, picture, scheme=scheme, width=width, fold=given.fold)
                    print(picture, flush=True)


if __name__ == "__main__":
    main()
