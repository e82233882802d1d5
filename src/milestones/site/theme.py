"""The site's looks: one style sheet and two scripts, made of the parts in `docs/theme`.

A browser asks once for each, however many parts it has. One script runs before Material's own.
What all pages share stands in them, and not in every page: pictures, the glossary's sentences.
"""

import json
import re
from pathlib import Path

import material
from mkdocs.utils.yaml import yaml_load

from milestones.site import glossary
from milestones.site.contract import Site

# In a part, svg(material/close) stands for a picture of Material's, and hashed(…*…) for the name of
# a file of its that has a hash in it.
_MATERIAL = Path(material.__file__).parent / "templates"
_PICTURE = re.compile(r"\bsvg\(([\w/-]+)\)")
_HASHED = re.compile(r"\bhashed\(([^)]+)\)")


def files(site: Site) -> dict[str, str]:
    """Return the style sheet and the scripts."""
    theme = site.root / "docs" / "theme"

    def parts(pattern: str) -> str:
        read = "\n".join(path.read_text(encoding="utf-8") for path in sorted(theme.glob(pattern)))
        return _HASHED.sub(_name, _PICTURE.sub(_picture, read))

    styles = re.sub(r"/\*.*?\*/", "", parts("_styles/*.css"), flags=re.DOTALL)
    lines = (line.strip() for line in styles.splitlines())
    features = yaml_load((site.root / "mkdocs.yml").read_text("utf-8"))["theme"]["features"]
    says = glossary.sentences(site)
    return {
        "theme/site.css": "\n".join(line for line in lines if line) + "\n",
        "theme/before.js": _constant("FEATURES", features) + parts("_scripts/before/*.js"),
        "theme/site.js": _constant("SAYS", says) + parts("_scripts/*.js"),
    }


def _constant(name: str, value: object) -> str:
    return f"const {name} = {json.dumps(value, ensure_ascii=False)};\n"


def _picture(found: re.Match[str]) -> str:
    return (_MATERIAL / ".icons" / f"{found[1]}.svg").read_text(encoding="utf-8")


def _name(found: re.Match[str]) -> str:
    (file,) = _MATERIAL.glob(found[1])
    return file.relative_to(_MATERIAL).as_posix()
