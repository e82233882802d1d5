"""The built site as one zip, to be read where there is no network.

    python -m literate.archive site

It is named after the project and lies in the site, so that a page can link to it. The same site
gives the same bytes: names are sorted, and neither dates nor permissions of files are kept.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
import zipfile
from fnmatch import fnmatchcase
from pathlib import Path

__all__ = ["main", "pack"]

_DATE = (1980, 1, 1, 0, 0, 0)  # the first that a zip can hold
_MODE = 0o100644 << 16  # a plain file that all may read
# Only a server has a use for the first three; the others are for those who debug the theme.
_LEFT_OUT = ("404.html", "sitemap.xml", "sitemap.xml.gz", "*.js.map", "*.css.map")


def pack(site: Path, name: str) -> Path:
    """Write `name.zip` into the folder of the built site; in it stands one folder, `name`.

    Raises:
        FileNotFoundError: the folder has no index.html, and so is no site.
    """
    if not (site / "index.html").is_file():
        raise FileNotFoundError(f"{site} has no index.html: build the site first (nox -s docs)")
    archive = site / f"{name}.zip"
    left_out = (*_LEFT_OUT, archive.name, f"{archive.name}.part")
    files = {path.relative_to(site).as_posix(): path for path in site.rglob("*") if path.is_file()}
    unfinished = archive.with_name(f"{archive.name}.part")  # who is killed leaves no half a zip
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for place, path in sorted(files.items()):
            if not any(fnmatchcase(place, pattern) for pattern in left_out):
                entry = zipfile.ZipInfo(f"{name}/{place}", _DATE)
                entry.create_system = 3  # Unix: Windows would write another number, and no mode
                entry.external_attr = _MODE
                packed.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED, 9)
    return unfinished.replace(archive)


def main(arguments: list[str] | None = None) -> int:
    """Pack the built site, under the name that pyproject.toml gives the project."""
    parser = argparse.ArgumentParser("python -m literate.archive", description=main.__doc__)
    parser.add_argument("site", type=Path, help="the folder of the built site")
    parser.add_argument("--root", type=Path, default=Path(), help="the project's folder")
    options = parser.parse_args(arguments)
    try:
        project = (options.root / "pyproject.toml").read_text(encoding="utf-8")
        archive = pack(options.site, tomllib.loads(project)["project"]["name"])
    except KeyError:
        print("pyproject.toml has no name: write one into its [project] table", file=sys.stderr)
        return 1
    except (OSError, tomllib.TOMLDecodeError) as error:
        print(f"the site cannot be packed: {error}", file=sys.stderr)
        return 1
    print(f"{archive}: {archive.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
