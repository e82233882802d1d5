"""The site's looks: one style sheet and one script, made of the parts in `docs/theme`.

A browser asks once for each, however many parts it has.
"""

import re

from milestones.site.contract import Site


def files(site: Site) -> dict[str, str]:
    """Return the style sheet and the script."""
    theme = site.root / "docs" / "theme"
    parts = {
        kind: [path.read_text(encoding="utf-8") for path in sorted(theme.glob(f"_{kind}/*"))]
        for kind in ("styles", "scripts")
    }
    styles = re.sub(r"/\*.*?\*/", "", "\n".join(parts["styles"]), flags=re.DOTALL)
    lines = (line.strip() for line in styles.splitlines())
    return {
        "theme/site.css": "\n".join(line for line in lines if line) + "\n",
        "theme/site.js": "\n".join(parts["scripts"]),
    }
