"""The site's looks: one style sheet, put together of the parts in `docs/theme/_styles`."""

import re

from milestones.site.contract import Site


def files(site: Site) -> dict[str, str]:
    """Return the style sheet: a browser asks once, however many parts it has."""
    parts = sorted((site.root / "docs" / "theme" / "_styles").glob("*.css"))
    styles = "\n".join(path.read_text(encoding="utf-8") for path in parts)
    without_comments = re.sub(r"/\*.*?\*/", "", styles, flags=re.DOTALL)
    lines = (line.strip() for line in without_comments.splitlines())
    return {"theme/site.css": "\n".join(line for line in lines if line) + "\n"}
