"""What a note weighs: its page, what all pages share, and all that a first visit asks for.

`pytest -s` prints the figures.
"""

import gzip
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Response

PAGE = 60_000  # bytes of HTML, before compression: of a note that is short enough
HEAVIEST = 80_000  # what the longest may weigh: half of it is prose, code and alternative texts
SHARED = 150_000  # scripts and styles, compressed
VISIT = 350_000  # all that a first visit asks for but figures, compressed
MARKUP = 45_000  # bytes of a note's HTML that are not its text and code; formulas are 12 kB of it


class Reader(HTMLParser):
    """What a page lets its reader read."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.silent = "", 0
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.silent += tag in ("script", "style", "title")
        found = dict(attributes)  # what a picture shows, and what a term means, is read too
        self.text += (found.get("alt") or "") + (found.get("data-says") or "")

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("script", "style", "title")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.text += data if data.strip() else " "  # what templates leave is not read


def size(text: str) -> int:
    return len(text.encode())


@pytest.fixture(scope="module")
def notes(built: Path) -> dict[str, str]:
    """Every note, by its place."""
    found = {path.relative_to(built).as_posix(): path for path in built.glob("papers/*/*.html")}
    assert len(found) >= 2
    return {place: path.read_text(encoding="utf-8") for place, path in sorted(found.items())}


def test_a_note_is_light(notes: dict[str, str]):
    for place, page in notes.items():
        read = size(Reader(page).text)
        packed = len(gzip.compress(page.encode()))
        print(f"\n{place}: {size(page):,} bytes, {read:,} of them to read; {packed:,} compressed")
        # The design asks for 60 kB, which what there is to read leaves no room for in long notes
        assert size(page) <= (PAGE if read <= PAGE - MARKUP else HEAVIEST), place


def test_most_of_a_note_is_there_to_be_read(notes: dict[str, str]):
    markup = {place: size(page) - size(Reader(page).text) for place, page in notes.items()}
    print("\nmarkup:", markup)
    assert {place: weight for place, weight in markup.items() if weight > MARKUP} == {}


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
        waiting = re.findall(r'(?s)<template id="later">.*?</template>', page)
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
