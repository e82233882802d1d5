"""What a note weighs: its page, what all pages share, and all that a first visit asks for.

`pytest -s` prints the figures.
"""

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Response

PAGE = 59_700  # bytes of a note's HTML, before compression; with its address it has 250 more
SHARED = 150_000  # scripts and styles, compressed
VISIT = 350_000  # all that a first visit asks for but figures, compressed


@pytest.fixture(scope="module")
def notes(built: Path) -> dict[str, str]:
    """Every note, by its place."""
    found = {path.relative_to(built).as_posix(): path for path in built.glob("papers/*/*.html")}
    assert len(found) >= 2
    return {place: path.read_text(encoding="utf-8") for place, path in sorted(found.items())}


def test_a_note_is_light(notes: dict[str, str]):
    for place, page in notes.items():
        size, packed = len(page.encode()), len(gzip.compress(page.encode()))
        print(f"\n{place}: {size:,} bytes, {packed:,} compressed")
        assert size <= PAGE, place


def test_code_is_quiet_on_every_page(built: Path):
    """Pygments' spans would come back with an extension that is registered after literate.quiet."""
    for path in built.rglob("*.html"):
        for code in re.findall(r"(?s)<code\b[^>]*>(.*?)</code>", path.read_text(encoding="utf-8")):
            loud = re.search(r'<span class="(?:n|nb|o|p|k|mi|s2|c1)"|__codelineno|__span-', code)
            assert not loud, f"{path.relative_to(built)}: {code[:200]}"


def test_no_page_asks_for_a_script_before_its_words_are_shown(built: Path):
    """Scripts with an address wait in a template; what stands in the page itself asks for none."""
    for path in built.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        waiting = re.findall(r"(?s)<template id=later>.*?</template>", page)
        asked = re.findall(r"<script[^>]* src=", re.sub(r"(?s)<template.*?</template>", "", page))
        assert not asked, f"{path.relative_to(built)}: {asked}"
        assert sum(len(re.findall("<script", scripts)) for scripts in waiting) >= 3, path


def test_a_first_visit_asks_for_little(
    windows: Callable[..., BrowserContext], address: str, notes: dict[str, str]
):
    """The server compresses as hosts do. All that it sends counts, but for the figures."""
    for place in notes:
        answers: list[Response] = []
        tab = windows().new_page()  # with nothing in its cache
        tab.on("response", lambda answer, answers=answers: answers.append(answer))
        tab.goto(f"{address}/{place}", wait_until="networkidle")
        sent = {
            answer.url.removeprefix(address): int(answer.headers["content-length"])
            for answer in answers
            if answer.request.resource_type != "image"
        }
        shared = {name: weight for name, weight in sent.items() if name.endswith((".js", ".css"))}
        print(f"\n{place}: {sum(sent.values()):,} bytes, {sum(shared.values()):,} shared: {sent}")
        assert any(name.endswith(".woff2") for name in sent)
        assert 50_000 < sum(shared.values()) <= SHARED
        assert sum(sent.values()) <= VISIT
