"""The API reference: one page a module, and the names in prose that link to it."""

import ast
import re
from pathlib import Path
from typing import TypeAlias

from milestones.catalogue import Note
from milestones.site.contract import Site, plain, reference_page, registry, relative

PACKAGES = ("milestones", "literate")
Entry: TypeAlias = "str | dict[str, str | Navigation]"
Navigation: TypeAlias = "list[Entry]"


def modules(site: Site) -> dict[str, Path]:
    """Return the file of every public module that has something to say, by dotted name.

    A package's `__init__.py` that is empty has nothing to say.
    """
    found: dict[str, Path] = {}
    for package in PACKAGES:
        for path in sorted((site.root / "src" / package).rglob("*.py")):
            parts = path.relative_to(site.root / "src").with_suffix("").parts
            if parts[-1] == "__init__" and path.read_text(encoding="utf-8").strip():
                found[".".join(parts[:-1])] = path
            elif not any(part.startswith("_") for part in parts):
                found[".".join(parts)] = path
    return found


def pages(site: Site) -> dict[str, str]:
    """Return every page of the reference, and its index."""
    noted = {note.module: note for note in registry(site).published}
    found = {
        _target(module, path): _page(module, _target(module, path), noted.get(module))
        for module, path in modules(site).items()
    }
    return {"reference/index.md": _index(site), **found}


def navigation(site: Site) -> "Navigation":
    """Return the reference's part of the navigation: packages, then their modules."""
    found = modules(site)
    return ["reference/index.md", *({package: _branch(found, package)} for package in PACKAGES)]


def public_names(source: str, module: str) -> dict[str, str]:
    """Return the names of a module that its reference page has an anchor for.

    The module is parsed, never imported: hooks must stay light.
    """
    found: dict[str, str] = {}

    def visit(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                defined = [node.name]
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                defined = [target.id for target in targets if isinstance(target, ast.Name)]
            else:
                continue
            for name in defined:
                if not name.startswith("_"):
                    found[prefix + name] = f"{module}.{prefix}{name}"
                    if isinstance(node, ast.ClassDef):
                        visit(node.body, f"{prefix}{name}.")

    visit(ast.parse(source).body, "")
    return found


def _target(module: str, path: Path) -> str:
    """Return a module's place in the woven tree; a package is the index of its folder."""
    page = reference_page(module)
    return page.replace(".md", "/index.md") if path.name == "__init__.py" else page


def _page(module: str, target: str, note: Note | None) -> str:
    # A search should find the story before the signature.
    boost = 0.1 if module.startswith(("literate", "milestones.site")) else 0.5
    parts = [f"---\ntitle: {module}\nsearch:\n  boost: {boost}\n---"]
    if note:
        link = relative(target, note.source)
        parts.append(
            f"The note on this code: [{plain(note.name)} ({note.year})]({link})\n"
            "{ .reference__note }"
        )
    parts.append(
        f"::: {module}\n    options:\n      heading_level: 1\n      show_root_heading: true\n"
        "      show_root_full_path: true"
    )
    return "\n\n".join(parts) + "\n"


def _index(site: Site) -> str:
    parts = [
        "# API reference",
        "Two packages, and neither imports the other: `milestones` holds what the papers invented, "
        "`literate` builds the pages that tell of it.",
    ]
    for package in PACKAGES:
        rows = [
            f"- [`{module}`]({relative('reference/index.md', _target(module, path))}): "
            f"{_summary(path)}"
            for module, path in modules(site).items()
            if module.split(".")[0] == package
        ]
        parts += [f"## `{package}`", "\n".join(rows)]
    return "\n\n".join(parts) + "\n"


def _summary(path: Path) -> str:
    """Return the first paragraph of a docstring; to parse every file would take too long."""
    found = re.match(r'\s*r?"""(.+?)(?:\n\s*\n|""")', path.read_text(encoding="utf-8"), re.DOTALL)
    return " ".join(found[1].split()) if found else "no description yet."


def _branch(found: dict[str, Path], package: str) -> "Navigation":
    """Return the pages of a package, each subpackage as a section of its own."""
    entries: Navigation = []
    if package in found:
        entries.append(_target(package, found[package]))
    below = [module.split(".") for module in found if module.startswith(f"{package}.")]
    depth = package.count(".") + 2
    for child in sorted({".".join(parts[:depth]) for parts in below}):
        is_package = any(module.startswith(f"{child}.") for module in found)
        page = _branch(found, child) if is_package else _target(child, found[child])
        entries.append({child.rpartition(".")[2]: page})
    return entries
