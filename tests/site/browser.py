"""The built site as a reader gets it: served as static hosts do, and opened in Debian's chromium.

Shared by the tests, the pictures and the measurements; whoever imports it has `tests/site` on
the path of modules.
"""

import contextlib
import functools
import gzip
import io
import shutil
import threading
from collections.abc import Iterator
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[2]
SCHEMES = {"light": "default", "dark": "slate"}  # as the system and as Material call them

# What is compressed already gains nothing
COMPRESSED = {".woff2", ".png", ".jpg", ".webp", ".zip", ".gz"}


class Host(SimpleHTTPRequestHandler):
    """Answer as a static host: compressed, kept for ten minutes, 404.html for what is missing."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def send_head(self) -> io.BytesIO:
        """Send the status and the headers, and return the body."""
        path = Path(self.translate_path(self.path))
        if path.is_dir():
            path /= "index.html"
        status = HTTPStatus.OK
        if not path.is_file():
            path, status = Path(self.directory) / "404.html", HTTPStatus.NOT_FOUND
        body, encoded = path.read_bytes(), False
        if path.suffix not in COMPRESSED and "gzip" in self.headers.get("Accept-Encoding", ""):
            body, encoded = compressed(body), True
        self.send_response(status)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=600")
        self.send_header("Vary", "Accept-Encoding")
        if encoded:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        return io.BytesIO(body)

    def guess_type(self, path: str | Path) -> str:
        """Add the encoding that all our texts have."""
        kind = super().guess_type(path)
        textual = kind.startswith("text/") or "javascript" in kind or "json" in kind
        return f"{kind}; charset=utf-8" if textual else kind


@functools.lru_cache(maxsize=512)
def compressed(body: bytes) -> bytes:
    """Compress once what many pages ask for."""
    return gzip.compress(body, mtime=0)


class Server(ThreadingHTTPServer):
    """A reader who leaves before all was sent is nothing to tell."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve a folder, and yield its address without a slash at the end."""
    server = Server(("127.0.0.1", 0), functools.partial(Host, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def chromium() -> str | None:
    """Where Debian's chromium is."""
    return shutil.which("chromium")


@contextlib.contextmanager
def launch() -> Iterator[Browser]:
    """Start chromium with the network cut: it finds no host but this machine."""
    executable = chromium()
    if executable is None:
        raise SystemExit("no chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable,
            args=[
                *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            ],
        )
        yield browser
        browser.close()


def show(page: Page, address: str) -> None:
    """Open an address, and wait until its letters and the theme's script are there."""
    page.goto(address)
    ready(page)
    page.evaluate("document.fonts.ready.then(() => true)")


def ready(page: Page) -> None:
    """Wait until the scripts have run, which come after the first words are shown."""
    page.wait_for_selector("html[data-ready]")


def kinds(site: Path) -> dict[str, str]:
    """Each kind of page, and the page that stands for it: the longest, which has most on it.

    Pages under `browse` and at the top are each of a kind of their own; a folder that is new
    makes a new kind.
    """
    found: dict[str, list[Path]] = {}
    for path in sorted(site.rglob("*.html")):
        place = path.relative_to(site)
        top, *rest = place.with_suffix("").parts
        if not rest or top == "browse":
            kind = place.stem
        elif top == "reference":
            kind = "reference index" if place.stem == "index" else "reference"
        else:
            kind = {"papers": "note", "topics": "topic", "constraints": "constraint"}.get(top, top)
        found.setdefault("home" if kind == "index" else kind, []).append(path)
    return {
        kind: max(paths, key=lambda path: path.stat().st_size).relative_to(site).as_posix()
        for kind, paths in found.items()
    }
