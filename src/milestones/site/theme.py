"""The site's looks: one style sheet and two scripts, made of the parts in `docs/theme`.

A browser asks once for each, however many parts it has. One script runs before Material's own.
"""

import re

from milestones.site.contract import Site


def files(site: Site) -> dict[str, str]:
    """Return the style sheet and the scripts."""
    theme = site.root / "docs" / "theme"

    def parts(pattern: str) -> str:
        return "\n".join(path.read_text(encoding="utf-8") for path in sorted(theme.glob(pattern)))

    styles = re.sub(r"/\*.*?\*/", "", parts("_styles/*.css"), flags=re.DOTALL)
    lines = (line.strip() for line in styles.splitlines())
    return {
        "theme/site.css": "\n".join(line for line in lines if line) + "\n",
        "theme/before.js": parts("_scripts/before/*.js"),
        "theme/site.js": parts("_scripts/*.js"),
    }
