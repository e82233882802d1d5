"""Lists that authors keep in YAML beside the pages that show them."""

from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import yaml
from pydantic import BaseModel, ValidationError

from milestones.site.contract import Site

_Record = TypeVar("_Record", bound=BaseModel)
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C: a tenth of the time


def read(site: Site, source: str, record: type[_Record]) -> list[_Record]:
    """Return the entries of a list; what is wrong with one is reported, and it is left out."""
    path, found = site.root / source, list[_Record]()
    try:
        entries = _load(path, path.stat().st_mtime_ns)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        site.report(source, line, f"this is not YAML: {error.problem}")
        return []
    for place, entry in enumerate(entries):
        try:
            found.append(record.model_validate(entry))
        except ValidationError as error:
            first = error.errors()[0]
            keys = ".".join(str(key) for key in first["loc"])
            site.report(source, 1, f"entry {place + 1}, {keys}: {first['msg']}")
    return found


@cache
def _load(path: Path, changed: int) -> list[Any]:
    """Return what a file holds, read once while it does not change."""
    return cast("list[Any]", yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER))
