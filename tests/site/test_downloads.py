"""What a reader takes away from a note: the notebook, and the program."""

import nbformat
import pytest
from browser import show


@pytest.fixture(scope="module")
def notes(built) -> list[str]:
    found = [path.relative_to(built).as_posix() for path in sorted(built.glob("papers/*/*.html"))]
    assert found
    return found


def fetched(tab, folder, suffix):
    """Press the link to a file that ends so, and return what the browser saved."""
    with tab.expect_download() as waiting:
        tab.locator(f"main a[href$='{suffix}']").first.click()
    saved = folder / waiting.value.suggested_filename
    waiting.value.save_as(saved)
    return saved


def test_the_notebook_of_every_note(tab, address, notes, tmp_path):
    for note in notes:
        show(tab, f"{address}/{note}")
        saved = fetched(tab, tmp_path, ".ipynb")
        assert saved.stem == note.rsplit("/", 1)[-1].removesuffix(".html")
        notebook = nbformat.read(saved, as_version=4)
        nbformat.validate(notebook)
        kinds = {cell.cell_type for cell in notebook.cells}
        assert kinds == {"code", "markdown"}, f"{note}: {kinds}"


def test_the_program_of_every_note(tab, address, notes, tmp_path):
    for note in notes:
        show(tab, f"{address}/{note}")
        saved = fetched(tab, tmp_path, ".py")
        program = saved.read_text(encoding="utf-8")
        compile(program, str(saved), "exec")
        assert "import" in program, f"{note}: this program does nothing"
