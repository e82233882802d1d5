"""What one can do with the project, each as a session: `nox -s NAME [-- OPTIONS]`.

`nox -l` lists them. Sessions keep their environments, so that only the first run installs;
versions are those of constraints.txt.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2024.4.15"
nox.options.default_venv_backend = "uv|venv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["docs", "tests"]

DRAFTS = {"MILESTONES_DRAFTS": "1"}  # who writes a note sees it before it is published


def install(session: nox.Session, *extras: str, packages: tuple[str, ...] = ()) -> None:
    """Install the project with some extras, in the versions of the lock."""
    project = f".[{','.join(extras)}]" if extras else "."
    options = ["-c", "constraints.txt"]
    environment = {}
    if session.venv_backend == "uv":
        # pip compiles as it installs; uncompiled, every first import of torch takes twice as long
        options.append("--compile-bytecode")
        environment = find_links()
    session.install("-e", project, *packages, *options, env=environment)


def find_links() -> dict[str, str]:
    """Tell uv where pip finds wheels: it would else fetch the torch with gigabytes of CUDA."""
    wheels = os.environ.get("PIP_FIND_LINKS", "")
    if not wheels:
        command = [sys.executable, "-m", "pip", "config", "get", "global.find-links"]
        wheels = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    known = "UV_FIND_LINKS" in os.environ or not wheels.strip()
    return {} if known else {"UV_FIND_LINKS": ",".join(wheels.split())}


def variables(options: list[str]) -> dict[str, str]:
    """The choices of `literate weave` that must hold for MkDocs too: it asks the same cache."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--device", dest="MILESTONES_DEVICE")
    parser.add_argument("--scale", dest="MILESTONES_SCALE")
    known, _ = parser.parse_known_args(options)
    return {name: value for name, value in vars(known).items() if value}


def build(session: nox.Session, options: list[str], **more: str) -> None:
    """Build the site aside and put it in its place: a build that fails leaves the old site."""
    aside = Path(session.create_tmp()) / "site"
    environment = {"NO_MKDOCS_2_WARNING": "1", **variables(options), **more}
    session.run("mkdocs", "build", "--strict", "--site-dir", str(aside), env=environment)
    shutil.rmtree("site", ignore_errors=True)
    shutil.move(aside, "site")
    session.run("python", "-m", "literate.archive", "site")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the whole site, strictly. `-- --jobs 4 --scale full`; `-- --zensical` for Zensical."""
    zensical = "--zensical" in session.posargs
    options = [option for option in session.posargs if option != "--zensical"]
    install(session, "docs", packages=("zensical",) if zensical else ())
    session.run("literate", "weave", *options)
    if zensical:
        session.run("python", "-m", "literate.zensical", env=variables(options))
        session.run("python", "-m", "literate.archive", "site")
    else:
        build(session, options)


@nox.session
def serve(session: nox.Session) -> None:
    """Show the site while it is written: what is saved is woven again, and the browser reloads."""
    install(session, "docs")
    environment = {"NO_MKDOCS_2_WARNING": "1", **DRAFTS}
    # Not strict: while one writes, a link that leads nowhere yet is a warning.
    session.run("mkdocs", "serve", "--no-strict", "--livereload", *session.posargs, env=environment)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests. Options are pytest's: `-- -k lenet`."""
    install(session, "tests")
    session.run("pytest", *session.posargs)


@nox.session
def gpu(session: nox.Session) -> None:
    """Run the tests that need a GPU, and fail loudly where there is none."""
    install(session, "tests")
    found = session.run(
        "python",
        "-c",
        "import torch; print(torch.cuda.is_available() or torch.backends.mps.is_available())",
        silent=True,
    )
    if str(found).strip() != "True":
        session.error("NO GPU: torch sees neither CUDA nor MPS here, so that nothing was tested")
    session.run("pytest", "-m", "gpu", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure our modules beside torch's own, and the builder beside nbclient: `-- adam gelu`."""
    install(session, "tests")
    session.run("python", "tests/benchmarks/modules.py", *session.posargs)
    if not session.posargs:
        session.run("python", "tests/benchmarks/builder.py")


@nox.session
def lint(session: nox.Session) -> None:
    """Run the pre-commit hooks on all files: ruff, codespell, and what each hook is for."""
    install(session, "lint")
    session.run("pre-commit", "run", "--all-files", "--show-diff-on-failure", *session.posargs)


@nox.session
def types(session: nox.Session) -> None:
    """Check the types of src with pyright, strictly."""
    install(session, "docs", "cluster", "lint")
    session.run("pyright", *session.posargs)


@nox.session
def note(session: nox.Session) -> None:
    """One milestone: its test, its page, a picture of the page: `-- lenet`."""
    if not session.posargs:
        session.error("which note? nox -s note -- lenet")
    slug, *options = session.posargs
    sources = sorted(Path("papers").glob(f"*/{slug}.md"))
    if not sources:
        session.error(f"no note papers/*/{slug}.md")
    install(session, "tests")
    session.run("pytest", *map(str, Path("tests/milestones").glob(f"*/test_{slug}.py")))
    session.run("literate", "weave", slug, *options, env=DRAFTS)
    build(session, options, **DRAFTS)
    if shutil.which("chromium"):
        page = sources[0].with_suffix(".html").as_posix()
        look = ("--scheme", "light", "--width", "1440")
        session.run("python", "tests/site/pictures.py", page, *look)
    else:
        session.warn("no chromium on this machine: no picture")


@nox.session
def pictures(session: nox.Session) -> None:
    """Take pictures of the built site, in both schemes and two widths: `-- note home --fold`."""
    install(session, "tests")
    session.run("python", "tests/site/pictures.py", *session.posargs)


@nox.session
def lighthouse(session: nox.Session) -> None:
    """Measure the built site with Lighthouse, on desktop and phone: `-- note --runs 5`."""
    install(session, "tests")
    where = {"PYTHONPATH": "tests/site"}  # the server is that of the tests
    session.run("python", "tests/benchmarks/lighthouse.py", *session.posargs, env=where)


@nox.session
def new(session: nox.Session) -> None:
    """Lay out the three files of a milestone: `-- sequences lstm`."""
    install(session, "docs")
    session.run("python", "-m", "milestones.site.scaffold", *session.posargs)


@nox.session
def notebook(session: nox.Session) -> None:
    """Open the notes as notebooks: JupyterLab with jupytext."""
    install(session, "docs", "notebook")
    session.run("jupyter", "lab", "papers", *session.posargs)


@nox.session
def lock(session: nox.Session) -> None:
    """Resolve constraints.txt anew: the newest versions that pyproject.toml allows."""
    session.install("uv")
    resolved = session.run(
        *("uv", "pip", "compile", "pyproject.toml", "--upgrade", "--python-version", "3.11"),
        *("--extra=docs", "--extra=tests", "--extra=lint", "--extra=notebook", "--extra=cluster"),
        *("--no-annotate", "--no-header", "--no-emit-index-url", "--no-emit-find-links", "--quiet"),
        env=find_links(),
        silent=True,
    )
    # Neither the builds of torch for one device, nor the CUDA packages of one of them, belong here
    pins = [line.partition("+")[0] for line in str(resolved).splitlines() if "==" in line]
    pins = [pin for pin in pins if not pin.startswith(("nvidia-", "triton=", "cuda-"))]
    header = "# Exact versions of everything; `nox -s lock` makes them anew.\n"
    Path("constraints.txt").write_text(header + "\n".join(pins) + "\n", "utf-8")
    session.log(f"constraints.txt: {len(pins)} packages")


if sys.version_info < (3, 11):  # noqa: UP036 (nox itself may run on an older Python)
    raise SystemExit(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}")
