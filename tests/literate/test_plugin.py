"""MkDocs as it is used: a strict build, and a live server that weaves again what is saved."""

import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

SETTINGS = """
[tool.literate]
sources = { docs = "", papers = "papers" }
packages = ["src/kit"]
versions = []

[tool.literate.hooks]
navigation = "navigator:navigation"
foot = "navigator:foot"
"""
NAVIGATOR = """
from words import WORD

def navigation(site):
    return [{"Home": "index.md"}, {"One": "papers/one.md"}]

def foot(site, page):
    return f"Foot {WORD}."
"""
MKDOCS = """
site_name: Small
strict: true
use_directory_urls: false
theme: {name: mkdocs}
validation: {nav: {omitted_files: warn}, links: {anchors: warn, not_found: warn}}
plugins: [literate]
markdown_extensions: [attr_list, md_in_html, pymdownx.superfences]
"""
COMMAND = [sys.executable, "-m", "mkdocs"]


@pytest.fixture
def small(tmp_path, project):
    site = project(tmp_path, SETTINGS)
    site.environment |= {
        "NO_MKDOCS_2_WARNING": "1",
        "PYTHONPATH": f"{site.root}:{site.root / 'src'}",
    }
    site.write("mkdocs.yml", MKDOCS)
    site.write("navigator.py", NAVIGATOR)
    site.write("words.py", "WORD = 'first'\n")
    site.write("src/kit/__init__.py", "")
    site.write("src/kit/tool.py", "ANSWER = 'forty-two'\n")
    site.write("docs/index.md", "# Home\n\nTo [one](../papers/one.md#part).\n")
    site.write(
        "papers/one.md",
        "# One\n\nOld prose.\n\n"
        "```python\nfrom kit import tool\nprint(tool.ANSWER)\n```\n\n## Part\n",
    )
    return site


def mkdocs(site, *arguments):
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=site.root,
        env=site.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_strict_build_weaves_and_takes_the_navigation_from_the_site(small):
    done = mkdocs(small, "build")
    assert done.returncode == 0, done.stderr
    assert "woven: 1 run" in done.stdout
    home = (small.root / "site/index.html").read_text()
    assert "<a href=papers/one.html#part>one</a>" in home  # HTML needs no quotes there
    assert re.search(r"href=papers/one\.html[^>]*> *One *</a>", home)
    one = (small.root / "site/papers/one.html").read_text()
    assert "Old prose." in one
    assert "forty-two" in one
    assert (small.root / "site/papers/one.ipynb").exists()
    assert "woven: 0 run, 1 from the cache" in mkdocs(small, "build").stdout


def test_a_page_that_fails_fails_the_build_with_its_line(small):
    small.write("papers/one.md", "# One\n\n```python\n1 / 0\n```\n")
    done = mkdocs(small, "build")
    assert done.returncode == 1
    assert "papers/one.md:4: ZeroDivisionError: division by zero" in done.stderr
    assert not (small.root / "site").exists()


def test_a_broken_link_fails_the_strict_build(small):
    small.write("docs/index.md", "# Home\n\n[one](../papers/one.md#prat)\n")
    done = mkdocs(small, "build")
    assert done.returncode == 1
    assert "#prat" in done.stderr


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Server:
    """`mkdocs serve` as a process, and what it shows."""

    def __init__(self, site):
        self.address = f"127.0.0.1:{free_port()}"
        self.log = (site.root / "serve.log").open("w+")
        command = [*COMMAND, "serve", "--dev-addr", self.address, "--livereload"]
        self.process = subprocess.Popen(
            command, cwd=site.root, env=site.environment, stdout=self.log, stderr=subprocess.STDOUT
        )

    def said(self) -> str:
        self.log.seek(0)
        return self.log.read()

    def page(self, name="papers/one") -> str:
        try:
            with urllib.request.urlopen(f"http://{self.address}/{name}.html", timeout=5) as answer:
                return answer.read().decode()
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return ""

    def until(self, question) -> None:
        """Wait until something is so, at most a minute."""
        deadline = time.monotonic() + 60
        while not question():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.1)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(20)


def test_saving_a_page_or_a_module_weaves_again_and_the_page_changes(small):
    server = Server(small)
    try:
        server.until(lambda: "Old prose." in server.page())
        assert server.said().count("[1/1] papers/one.md") == 1

        text = (small.root / "papers/one.md").read_text()
        (small.root / "papers/one.md").write_text(text.replace("Old prose.", "New prose."))
        server.until(lambda: "New prose." in server.page())
        assert server.said().count("[1/1] papers/one.md") == 1, "prose alone must not run the page"

        small.write("src/kit/tool.py", "ANSWER = 'forty-three'\n")
        server.until(lambda: "forty-three" in server.page())
        assert server.said().count("[1/1] papers/one.md") == 2

        (small.root / "papers/one.md").write_text(text.replace("print(", "print(1 / 0, "))
        server.until(lambda: "papers/one.md:7: ZeroDivisionError" in server.said())
        assert "New prose." in server.page(), "what was there before is still served"

        (small.root / "papers/one.md").write_text(text.replace("Old prose.", "Mended."))
        server.until(lambda: "Mended." in server.page())
    finally:
        server.stop()


def test_serve_begins_with_the_problems_and_goes_on_when_they_are_mended(small):
    text = (small.root / "papers/one.md").read_text()
    settings = (small.root / "pyproject.toml").read_text()
    small.write("mkdocs.yml", MKDOCS.replace("strict: true", "strict: false"))
    small.write("pyproject.toml", settings.replace("sources", "surces"))
    server = Server(small)
    try:
        server.until(lambda: "did you mean" in server.page("index"))
        small.write("pyproject.toml", settings)
        server.until(lambda: "Old prose." in server.page())

        small.write("src/kit/tool.py", "ANSWER = (\n")
        server.until(lambda: "SyntaxError: '(' was never closed" in server.said())
        small.write("src/kit/tool.py", "ANSWER = 'forty-four'\n")
        server.until(lambda: "forty-four" in server.page())

        small.write("pyproject.toml", "[tool.literate\n")
        server.until(lambda: "pyproject.toml: is not TOML" in server.said())
        assert "forty-four" in server.page()
        small.write("pyproject.toml", settings)
        (small.root / "papers/one.md").write_text(text.replace("Old prose.", "New prose."))
        server.until(lambda: "New prose." in server.page())
    finally:
        server.stop()

    (small.root / "papers/one.md").write_text("# One\n\n```python\n1 / 0\n```\n")
    server = Server(small)
    try:
        server.until(lambda: "New prose." in server.page())
        assert "papers/one.md:4: ZeroDivisionError" in server.said()
    finally:
        server.stop()


def test_a_build_that_mkdocs_refuses_leaves_the_site_as_it_was(small):
    server = Server(small)
    try:
        server.until(lambda: "Old prose." in server.page())
        text = (small.root / "papers/one.md").read_text()
        bad = text.replace("Old prose.", "Bad prose, [nowhere](#prat).")
        (small.root / "papers/one.md").write_text(bad)
        server.until(lambda: "the site is not built, and stays as it was" in server.said())
        server.until(lambda: "Old prose." in server.page())
        (small.root / "papers/one.md").write_text(text.replace("Old prose.", "New prose."))
        server.until(lambda: "New prose." in server.page())
    finally:
        server.stop()
