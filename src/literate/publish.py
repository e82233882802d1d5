"""Publish the woven tree: all of it, or nothing."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import signal
import tempfile
from collections.abc import Generator, Iterable
from pathlib import Path

from literate.config import Config
from literate.problems import Problem, WeaveError
from literate.render import target_of
from literate.site import Site


def publish(config: Config, files: dict[str, bytes], *, whole: bool) -> list[str]:
    """Write what differs into the woven tree, and remove what is no more.

    All new files are written aside first, so that a full disk leaves the tree as it was.

    Returns:
        The files that were written or removed.

    Raises:
        WeaveError: the disk is full, or the tree cannot be written.
    """
    try:
        with _lock(config):
            return _publish(config, files, whole=whole)
    except OSError as error:
        message = f"cannot write the woven tree: {error.strerror or error}; free some space"
        raise WeaveError(Problem(str(config.tree), 0, message)) from error


def _publish(config: Config, files: dict[str, bytes], *, whole: bool) -> list[str]:
    tree = config.tree
    tree.mkdir(parents=True, exist_ok=True)
    changed = [name for name, data in files.items() if _bytes(tree / name) != data]
    present = [path for path in tree.rglob("*") if path.is_file()]
    stale = [path for path in present if whole and path.relative_to(tree).as_posix() not in files]
    if changed or stale:
        with tempfile.TemporaryDirectory(dir=config.home, prefix="staging-") as staging:
            for number, name in enumerate(changed):
                (Path(staging) / str(number)).write_bytes(files[name])
            with _undisturbed():
                _remove(stale)  # first: a file may come where a folder was
                for number, name in enumerate(changed):
                    (tree / name).parent.mkdir(parents=True, exist_ok=True)
                    (Path(staging) / str(number)).replace(tree / name)
    return sorted([*changed, *(path.relative_to(tree).as_posix() for path in stale)])


@contextlib.contextmanager
def _undisturbed() -> Generator[None]:
    """Let ctrl-C wait for some milliseconds, so that it finds a tree that is whole."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink()
        with contextlib.suppress(OSError):  # until a folder that is not empty
            for folder in path.parents:
                folder.rmdir()


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def static_files(site: Site) -> dict[str, bytes]:
    """What stands in the source folders beside the pages: scripts, fonts, pictures.

    A name that begins with a dot or a line (`_templates`) is material for the build: it stays.
    """
    found: dict[str, bytes] = {}
    for folder in site.config.sources:
        for path in sorted((site.root / folder).rglob("*")):
            source = path.relative_to(site.root).as_posix()
            hidden = any(part.startswith((".", "_")) for part in source.split("/"))
            target = target_of(source, site.config.sources)
            if path.is_file() and path.suffix != ".md" and not hidden and target:
                found[target] = path.read_bytes()
    return found


@contextlib.contextmanager
def _lock(config: Config) -> Generator[None]:
    """One build publishes at a time; whoever was killed leaves nothing behind."""
    with (config.home / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        for left in config.home.glob("staging-*"):
            shutil.rmtree(left, ignore_errors=True)
        yield
