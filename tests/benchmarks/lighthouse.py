"""What Lighthouse says of the built site: `nox -s lighthouse [-- PAGE ... OPTIONS]`.

Lighthouse comes from npm, in the version below, into a folder of its own that is kept; it needs
Node. It drives Debian's chromium, on a phone (its default throttling) and on a desktop. The site
is served compressed, as static hosts do. Numbers of time mean something only on a quiet machine:
with `--runs 3` or more, the run with the median score for performance is the one that counts.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from browser import chromium, kinds, serve

VERSION = "12.8.2"  # of those that run on Node 18 and 20, the last
PAGES = ["home", "note", "essay", "reference"]
FORMS = ["desktop", "mobile"]
CATEGORIES = ["performance", "accessibility", "best-practices", "seo"]
TIMES = {
    "FCP": "first-contentful-paint",
    "LCP": "largest-contentful-paint",
    "TBT": "total-blocking-time",
    "CLS": "cumulative-layout-shift",
    "weight": "total-byte-weight",
}
BARS = {"desktop": [100, 100, 100, 100], "mobile": [97, 100, 100, 100]}


def installed(folder: Path) -> Path:
    """Install Lighthouse where it is not yet, and return its program."""
    program = folder / VERSION / "node_modules" / ".bin" / "lighthouse"
    if not program.exists():
        if shutil.which("npm") is None:
            raise SystemExit("no npm on this machine: Lighthouse needs Node 18.16 or newer")
        command = ["npm", "install", "--no-audit", "--no-fund", "--silent"]
        place = ["--prefix", str(folder / VERSION), f"lighthouse@{VERSION}"]
        subprocess.run([*command, *place], check=True)
    return program


def measure(program: Path, address: str, form: str) -> dict[str, Any]:
    """Run Lighthouse once, and return its report."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [str(program), address, "--quiet", "--output=json", f"--output-path={report}"]
        command.append("--chrome-flags=--headless=new --no-sandbox --disable-gpu")
        command.append(f"--only-categories={','.join(CATEGORIES)}")
        command += ["--preset=desktop"] if form == "desktop" else []
        environment = {**os.environ, "CHROME_PATH": str(chromium())}
        subprocess.run(command, check=True, env=environment, timeout=180)
        return json.loads(report.read_text(encoding="utf-8"))


def scores(report: dict[str, Any]) -> list[int]:
    """The four scores, of a hundred."""
    return [round(100 * (report["categories"][name]["score"] or 0)) for name in CATEGORIES]


def failures(report: dict[str, Any]) -> list[str]:
    """Each audit that costs points, and the first things that it names."""
    lines = []
    for category in CATEGORIES:
        for reference in report["categories"][category]["auditRefs"]:
            audit = report["audits"][reference["id"]]
            if not reference["weight"] or audit["score"] in (None, 1):
                continue
            lines.append(
                f"{category}: {audit['id']}: {audit['title']} {audit.get('displayValue', '')}"
            )
            for item in audit.get("details", {}).get("items", [])[:4]:
                named = item.get("node", {}).get("snippet") or item.get("url") or item
                lines.append(f"    {str(named)[:160]}")
    return lines


def main() -> None:
    """Read the command line, measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("pages", nargs="*", default=PAGES, help=f"kinds of pages; else {PAGES}")
    parser.add_argument("--form", choices=FORMS, action="append", help="default: both")
    parser.add_argument("--runs", type=int, default=1, help="runs of each; default: %(default)s")
    parser.add_argument("--site", type=Path, default=Path("site"), help="default: %(default)s")
    parser.add_argument("--json", type=Path, help="a folder for the whole reports")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lighthouse"
    parser.add_argument("--tools", type=Path, default=cache, help="default: %(default)s")
    given = parser.parse_args()
    if not (given.site / "index.html").is_file():
        raise SystemExit(f"no site in {given.site}: build it first, nox -s docs")
    if chromium() is None:
        raise SystemExit("no chromium on this machine: apt-get install chromium")
    program, known, below = installed(given.tools), kinds(given.site), []
    print(
        f"{'page':12} {'form':8} {'perf':>4} {'a11y':>4} {'best':>4} {'seo':>4}  ", *TIMES, sep="  "
    )
    with serve(given.site) as address:
        for kind in [page for page in given.pages if page in known]:
            for form in given.form or FORMS:
                place = f"{address}/{known[kind]}"
                reports = [measure(program, place, form) for _ in range(given.runs)]
                middle = statistics.median_low(scores(report)[0] for report in reports)
                report = next(one for one in reports if scores(one)[0] == middle)
                told = [
                    report["audits"][audit].get("displayValue", "?") for audit in TIMES.values()
                ]
                print(
                    f"{kind:12} {form:8}", *(f"{score:4}" for score in scores(report)), " ", end=""
                )
                print(*told, sep="  ", flush=True)
                print(*(f"    {line}\n" for line in failures(report)), sep="", end="", flush=True)
                if any(map(int.__lt__, scores(report), BARS[form])):
                    below.append(f"{kind} on {form}")
                if given.json:
                    given.json.mkdir(parents=True, exist_ok=True)
                    (given.json / f"{kind}-{form}.json").write_text(json.dumps(report), "utf-8")
    if below:
        raise SystemExit(f"below the bar: {', '.join(below)}")


if __name__ == "__main__":
    main()
