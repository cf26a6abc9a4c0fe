import subprocess
import sys
import textwrap

import pytest

pytestmark = pytest.mark.slow
HEAVY = ("tensorflow", "keras", "jax", "matplotlib", "submitit")


@pytest.mark.parametrize(
    "arguments", [["registry", "list"], ["cohorts"], ["--help"], ["run", "--help"], ["sweep", "--help"]]
)
def test_nothing_heavy_is_imported(project, arguments):
    script = textwrap.dedent(
        f"""
        import sys
        from kedro.framework.cli.cli import main
        sys.argv = ["kedro", *{arguments!r}]
        try:
            main()
        except SystemExit as done:
            assert not done.code
        print("imported:", sorted(set({HEAVY!r}) & set(sys.modules)))
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=project.root, env=project.environment(), capture_output=True,
        text=True,
    )  # fmt: skip
    assert "imported: []" in done.stdout, done.stdout + done.stderr


def test_registry_list_names_the_pipelines(project):
    output = project.kedro("registry", "list")
    for name in ("brisc_bilinear", "brisc_concat_published", "brisc_acquire", "brisc_audit"):
        assert name in output


def test_a_run_without_a_name_starts_nothing_and_says_what_there_is(project):
    logs = set(project.demo.glob("logs/*"))
    process = project.start("run", "--env=demo")
    output, _ = process.communicate(timeout=600)
    assert process.returncode == 2
    assert "Error: Nothing was run: --pipeline names no pipeline." in output
    assert "kedro run --env=demo --pipeline=<cohort>_audit" in output
    assert "Running" not in output
    assert set(project.demo.glob("logs/*")) == logs


def test_a_session_without_a_name_starts_nothing(project):
    script = """
        from kedro.framework.session import KedroSession
        from kedro.framework.startup import bootstrap_project
        from s3f_pipeline.config.loader import PROJECT

        bootstrap_project(PROJECT)
        try:
            KedroSession.create(PROJECT, env="demo").run()
        except ValueError as error:
            print(error)
    """
    assert "Failed to find the pipeline named '__default__'" in project.python("-c", textwrap.dedent(script))
