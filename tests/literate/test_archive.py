"""The site as one zip."""

import os
import zipfile
from pathlib import Path

import pytest

from literate import archive

FILES = {
    "index.html": "<a href='papers/lenet.html'>LeNet</a>",
    "papers/lenet.html": "LeNet",
    "papers/404.html": "a note on pages that are missing",
    "assets/bundle.js": "code",
    "assets/bundle.js.map": "its source",
    "assets/main.css.map": "its source",
    "404.html": "missing",
    "sitemap.xml": "addresses",
    "sitemap.xml.gz": "addresses, with the date of the build",
}
PACKED = ["assets/bundle.js", "index.html", "papers/404.html", "papers/lenet.html"]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return made(tmp_path / "site", FILES)


def made(folder: Path, files: dict[str, str]) -> Path:
    for place, text in files.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text(text, encoding="utf-8")
    return folder


def test_it_holds_what_a_reader_opens_and_nothing_else(site: Path):
    with zipfile.ZipFile(archive.pack(site, "history")) as packed:
        assert packed.testzip() is None
        assert packed.namelist() == [f"history/{place}" for place in PACKED]
        assert packed.read("history/papers/lenet.html") == b"LeNet"
    assert sorted(path.name for path in site.glob("history*")) == ["history.zip"]


def test_the_same_site_gives_the_same_bytes_whenever_and_wherever_it_was_built(
    site: Path, tmp_path: Path
):
    other = made(tmp_path / "elsewhere", dict(reversed(FILES.items())))
    for number, path in enumerate(sorted(other.rglob("*.*"))):
        path.chmod(0o600)
        os.utime(path, (1e9 + number, 1e9 + number))
    first = archive.pack(site, "history").read_bytes()
    assert archive.pack(other, "history").read_bytes() == first
    assert archive.pack(site, "history").read_bytes() == first, "the zip is in itself"


def test_an_interrupted_one_leaves_the_old(site: Path, monkeypatch: pytest.MonkeyPatch):
    before = archive.pack(site, "history").read_bytes()
    (site / "index.html").write_text("changed")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    with pytest.raises(OSError, match="No space"):
        archive.pack(site, "history")
    assert (site / "history.zip").read_bytes() == before


def test_the_project_gives_its_name(site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "ceilings"\n')
    assert archive.main([str(site), "--root", str(tmp_path)]) == 0
    assert (site / "ceilings.zip").exists()
    assert "ceilings.zip" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("project", "pages", "told"),
    [
        ("[project]\n", FILES, "has no name: write one into its [project] table"),
        ("[project\n", FILES, "the site cannot be packed: "),
        ('[project]\nname = "x"\n', {"a.html": ""}, "no index.html: build the site first"),
    ],
)
def test_mistakes_are_told(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    project: str,
    pages: dict[str, str],
    told: str,
):
    (tmp_path / "pyproject.toml").write_text(project)
    site = made(tmp_path / "site", pages)
    assert archive.main([str(site), "--root", str(tmp_path)]) == 1
    assert told in capsys.readouterr().err
