import nbformat
import pytest
from nbclient import NotebookClient

pytestmark = pytest.mark.slow


def test_the_notebook_runs_from_top_to_bottom(project, monkeypatch):
    for name, value in project.environment().items():
        monkeypatch.setenv(name, value)
    path = project.root / "notebooks/01_one_experiment.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.source = cell.source.replace("64x64.images", "32x32.images")
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(path.parent)}})
    client.execute()
    printed = str([cell.get("outputs") for cell in notebook.cells])
    assert "with_twins" in printed
    assert "report.html" in printed
