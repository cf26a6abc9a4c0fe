import pytest
from result_files import write_run

from s3f_pipeline.cli_cohorts import overview
from s3f_pipeline.config.loader import ProjectConfigLoader
from s3f_pipeline.results import RunId

RUN = RunId("brisc", "patient_safe", "spatial", 0)


@pytest.fixture
def told(tmp_path, monkeypatch):
    """The lines of an overview of a project that has no data but what is below a folder."""
    from kedro.framework.startup import bootstrap_project

    from s3f_pipeline.config.loader import PROJECT

    bootstrap_project(PROJECT)
    monkeypatch.setattr(ProjectConfigLoader, "data_root", tmp_path)
    yield lambda: overview(None).splitlines()
    ProjectConfigLoader.current = None


def test_finished_are_the_runs_that_readers_of_results_find(told, tmp_path):
    for run in (RUN, RUN._replace(seed=1, fold=2), RUN._replace(variant="concat", protocol="published")):
        write_run(tmp_path, run)
    write_run(tmp_path, RUN._replace(variant="gated"))["evaluation_record"].unlink()
    write_run(tmp_path, RUN._replace(variant="of another time"))
    (line,) = (line for line in told() if line.startswith("brisc "))
    assert line.split("  ")[-2].strip() == "spatial (2), concat_published"


def test_damaged_runs_are_told_and_not_counted(told, tmp_path):
    files = write_run(tmp_path, RUN)
    files["metrics"].write_text("{}")
    lines = told()
    assert "spatial" not in next(line for line in lines if line.startswith("brisc "))
    notes = " ".join(lines)
    assert f"Not counted: {files['metrics']} was cut short" in notes
    assert "force=true" in notes
