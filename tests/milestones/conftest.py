"""A small history on disk, and stand-ins for the builder's site and pages."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

ROOT = Path(__file__).parents[2]


def front(slug, topic, **changes):
    """Front matter that is right, with some keys changed; a key set to ... is left out."""
    scale = {
        name: {"value": 60000, "source": f"Section II, on {name}"}
        for name in ("parameters", "data", "compute", "hardware", "energy")
    }
    keys = {
        "title": f"The {slug} paper",
        "slug": slug,
        "topic": topic,
        "authors": ["Ada Lovelace", "Alan Turing"],
        "year": 1998,
        "venue": "Proceedings of the IEEE 86(11):2278-2324",
        "doi": "10.1109/5.726791",
        "contribution": f"What {slug} brought.",
        "constraints": ["architecture", "data"],
        "builds_on": [],
        "scale": scale,
        "tags": ["vision"],
        "seconds": 10,
    }
    return {key: value for key, value in {**keys, **changes}.items() if value is not ...}


class History:
    """A project folder with notes, and the builder's site as far as hooks see it."""

    def __init__(self, root):
        (root / "mkdocs.yml").write_text("theme: {features: []}\n", encoding="utf-8")
        self.root = root
        self.reported = []
        self.outputs = []
        self.cells = {}
        (root / "papers").mkdir()

    def text(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return path

    def note(self, name, folder="foundations", heading=None, **changes):
        keys = front(**{"slug": name, "topic": folder, **changes})
        text = yaml.safe_dump(keys, sort_keys=False, allow_unicode=True)
        body = f"# {heading or name.capitalize()}\n\n## Before\n"
        return self.text(f"papers/{folder}/{name}.md", f"---\n{text}---\n\n{body}")

    def page(self, source):
        text = (self.root / source).read_text(encoding="utf-8")
        keys = text.split("---\n", 2)[1] if text.startswith("---\n") else "{}"
        return SimpleNamespace(
            source=source,
            target=source.removeprefix("docs/"),
            front=yaml.safe_load(keys),
            text=text,
            cells=self.cells.get(source, []),
        )

    @property
    def pages(self):
        files = [*self.root.glob("docs/**/*.md"), *self.root.glob("papers/*/*.md")]
        return [self.page(path.relative_to(self.root).as_posix()) for path in sorted(files)]

    @property
    def site(self):
        return SimpleNamespace(
            root=self.root,
            repository="https://example.org/blob/main",
            report=lambda *problem: self.reported.append(problem),
            pages=self.pages,
            outcomes=set(self.cells),
            gather=lambda mime: [o for o in self.outputs if o.mime == mime],
        )


@pytest.fixture
def history(tmp_path):
    return History(tmp_path)


@pytest.fixture
def three(history):
    """Two notes and one to come, as they stand at the beginning of the history."""
    history.note("backprop", heading="Back-propagation", year=1986, constraints=["optimization"])
    history.note("convnet", year=1989, status="planned", builds_on=["backprop"], seconds=...)
    history.note("lenet", heading="LeNet", builds_on=["convnet", "backprop"])
    history.text(
        "src/milestones/foundations/lenet.py",
        '"""LeNet."""\n\nclass LeNet5:\n    """Section II."""\n\n    def forward(self):\n'
        '        """All layers."""\n\n    def _hidden(self):\n        """No."""\n\n'
        'TINY = 1\n"""Small."""\nBARE = 2\n\ndef undocumented(): ...\n',
    )
    history.text("src/milestones/foundations/__init__.py", "")
    history.text("src/milestones/__init__.py", '"""Milestones of deep learning."""\n')
    history.text("src/literate/page.py", '"""A page.\n\nMore.\n"""\n')
    history.text("src/literate/_private.py", "")
    return history
