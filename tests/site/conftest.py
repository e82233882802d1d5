"""The site as its readers get it: built, served, and opened in Debian's chromium."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import browser as chromium
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from literate import archive


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built site; what is in the builder's cache does not run again."""
    folder = tmp_path_factory.mktemp("built") / "site"
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=chromium.ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    archive.pack(folder, "raising-the-ceiling")
    return folder


@pytest.fixture(scope="session")
def kinds(built: Path) -> dict[str, str]:
    """Each kind of page, and the place of the page that stands for it."""
    return chromium.kinds(built)


@pytest.fixture(scope="session")
def address(built: Path) -> Iterator[str]:
    """Where the site is served, without a slash at the end."""
    with chromium.serve(built) as served:
        yield served


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's chromium; on CI it may not be missing."""
    if chromium.chromium() is None:
        message = "no chromium on this machine: apt-get install chromium"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    with chromium.launch() as launched:
        yield launched


@pytest.fixture
def windows(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Fresh windows, with options of Playwright's; what a page says on the console is an error."""
    opened: list[BrowserContext] = []
    said: list[str] = []

    def window(**options: object) -> BrowserContext:
        chosen = {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light", **options}
        context = browser.new_context(**chosen)
        context.set_default_timeout(10_000)
        context.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        context.on("weberror", lambda error: said.append(f"error: {error.error}"))
        opened.append(context)
        return context

    yield window
    for context in opened:
        context.close()
    assert not said, said


@pytest.fixture
def tab(windows: Callable[..., BrowserContext]) -> Page:
    """A fresh page in a window of a usual size, in the light scheme."""
    return windows().new_page()
