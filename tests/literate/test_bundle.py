"""Style sheets become one, and what they name is still found."""

from pathlib import Path

import pytest

from literate.bundle import bundle

LINKS = """\
<head>
<link rel="icon" href="../icon.svg">
<link rel="stylesheet" href="../assets/main.css">
<link rel="stylesheet" href="../theme/site.css">
</head><body>text</body>
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    for name, styles in {
        "assets/main.css": "a{b:url(data:x)}\n/*# sourceMappingURL=main.css.map */",
        "theme/site.css": '@font-face{src:url("fonts/one.woff2")}\nc{d:url(#e);f:url(../g.svg)}',
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(styles)
    return tmp_path


def test_a_row_of_style_sheets_is_one_in_the_same_order(site: Path):
    made = bundle(LINKS, "papers/lenet.html", site)
    (sheet,) = site.glob("assets/styles.*.css")
    assert made == LINKS.replace(
        '<link rel="stylesheet" href="../assets/main.css">\n'
        '<link rel="stylesheet" href="../theme/site.css">\n',
        f'<link rel="stylesheet" href="../assets/{sheet.name}">\n',
    )
    assert sheet.read_text() == (
        "a{b:url(data:x)}\n\n"
        '@font-face{src:url("../theme/fonts/one.woff2")}\nc{d:url(#e);f:url("../g.svg")}'
    )


def test_pages_share_it_wherever_they_stand(site: Path):
    bundle(LINKS, "papers/lenet.html", site)
    made = bundle(LINKS.replace("../", ""), "index.html", site)
    (sheet,) = site.glob("assets/styles.*.css")
    assert f'href="assets/{sheet.name}"' in made


@pytest.mark.parametrize("address", ["https://example.org/a.css", "../missing.css", "/a.css"])
def test_what_is_no_file_of_the_site_stays_as_it_was(site: Path, address: str):
    page = LINKS.replace("../assets/main.css", address)
    assert bundle(page, "papers/lenet.html", site) == page
