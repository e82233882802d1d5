"""The MkDocs plugin: an adapter. It weaves before the build and watches the sources in `serve`.

Nothing is rendered here: MkDocs is pointed at the woven tree, which Zensical builds as well. Of the
finished pages only what no browser needs is taken away, and their style sheets are joined.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

import minify_html
from mkdocs.config.base import LegacyConfig
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.livereload import LiveReloadServer
from mkdocs.plugins import BasePlugin
from mkdocs.structure.pages import Page
from mkdocs.utils import clean_directory

from literate import cli, outputs
from literate.bundle import bundle
from literate.config import Config, home_of, read
from literate.problems import WeaveError
from literate.weave import Choices, Report, weave

# HTML knows what an <svg> is; and links that were found by name need not say so
_UNREAD = re.compile(r' xmlns="http://www\.w3\.org/2000/svg"| class="autorefs autorefs-internal"')


class LiteratePlugin(BasePlugin[LegacyConfig]):
    """Weaves the site that MkDocs is about to build."""

    serving = False
    # In `serve` one plugin lives through all builds:
    last: tuple[Path, Report] | None = None  # the tree that can be served, and how it was made
    server: LiveReloadServer | None = None
    scratch: tempfile.TemporaryDirectory[str] | None = None

    def on_startup(self, *, command: str, dirty: bool) -> None:
        """Remember why MkDocs runs: MkDocs tells only once."""
        self.serving = command == "serve"

    def on_config(self, config: MkDocsConfig) -> MkDocsConfig:
        """Weave, and let MkDocs build the woven tree."""
        root = Path(config.config_file_path).parent
        try:
            tree, report = self._weave(root)
        except Exception as error:
            told = str(error) if isinstance(error, WeaveError) else traceback.format_exc()
            if not self.serving:
                raise PluginError(f"the site cannot be woven:\n{told}") from error
            # MkDocs would end, or answer no request until it is mended; so it builds the last tree.
            print(f"the site cannot be woven, and stays as it was:\n{told}", file=sys.stderr)
            tree, report = self.last or self._stand_in(root, told)
        config.docs_dir = str(tree)
        if report.navigation is not None and config.nav is None:
            config.nav = report.navigation
        return config

    def on_post_page(self, output: str, /, *, page: Page, config: MkDocsConfig) -> str:
        """Send one style sheet, and not what only templates see."""
        return _small(bundle(output, page.file.dest_uri, Path(config.site_dir)))

    def on_post_template(self, output_content: str, /, *, template_name: str, **_: Any) -> str:  # noqa: ANN401
        """Do so for pages without a source, such as 404.html."""
        return _small(output_content) if template_name.endswith(".html") else output_content

    def on_serve(
        self,
        server: LiveReloadServer,
        /,
        *,
        config: MkDocsConfig,
        builder: Any,  # noqa: ANN401
    ) -> LiveReloadServer:
        """Watch the sources, not the tree that every build writes."""
        root = Path(config.config_file_path).parent
        server.unwatch(config.docs_dir)
        server.watch(str(root / "pyproject.toml"))
        self.server = server
        _guard(server)
        with contextlib.suppress(WeaveError):  # told already; the build that reads it watches more
            self._watch(read(root))
        return server

    def _weave(self, root: Path) -> tuple[Path, Report]:
        settings = read(root)
        self._watch(settings)
        _forget(settings)
        report = weave(settings, Choices(), cli.progress())
        print(cli.summary(report), flush=True)
        self.last = (settings.tree, report) if self.serving else None
        return settings.tree, report

    def _watch(self, settings: Config) -> None:
        if self.server:
            for folder in (*settings.sources, *settings.packages):
                self.server.watch(str(settings.root / folder))

    def _stand_in(self, root: Path, told: str) -> tuple[Path, Report]:
        """What `serve` shows until a weave succeeds: the tree that is there, or the problems."""
        tree = home_of(root) / "docs"
        if (tree / "index.md").exists():
            return tree, Report()
        self.scratch = self.scratch or tempfile.TemporaryDirectory(prefix="literate-")
        folder = Path(self.scratch.name)
        _list_problems(folder, told)
        return folder, Report()


def _small(page: str) -> str:
    """Leave out what HTML lets a page leave out, such as the white space of templates."""
    return minify_html.minify(
        _UNREAD.sub("", page), keep_html_and_head_opening_tags=True, minify_css=True, minify_js=True
    )


def _guard(server: LiveReloadServer) -> None:
    """Keep the site when MkDocs itself fails to build it; it would answer no request any more."""
    build, site = server.builder, Path(server.root)

    def guarded() -> None:
        with tempfile.TemporaryDirectory(prefix="literate-") as kept:
            shutil.copytree(site, kept, dirs_exist_ok=True)
            try:
                build()
            except (Exception, SystemExit) as error:
                if not isinstance(error, SystemExit):
                    traceback.print_exc()
                print(f"the site is not built, and stays as it was: {error}", file=sys.stderr)
                clean_directory(str(site))
                shutil.copytree(kept, site, dirs_exist_ok=True)

    server.builder = guarded


def _list_problems(folder: Path, told: str) -> None:
    fence = outputs.ticks(told)
    text = f"# The site cannot be woven\n\n{fence}text\n{told}\n{fence}\n"
    (folder / "index.md").write_text(text, encoding="utf-8")


def _forget(settings: Config) -> None:
    """Drop first-party modules: hooks are read anew in each build of `serve`."""
    folders = tuple(str(settings.root / package) + os.sep for package in settings.packages)
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and file.startswith(folders):
            del sys.modules[name]
