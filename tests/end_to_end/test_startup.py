import subprocess
import sys
import textwrap

import pytest

pytestmark = pytest.mark.slow
HEAVY = ("tensorflow", "keras", "jax", "matplotlib", "submitit")


@pytest.mark.parametrize(
    "arguments", [["registry", "list"], ["--help"], ["run", "--help"], ["sweep", "--help"]]
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


def test_a_run_makes_the_parameters_of_its_own_pipeline(project):
    script = """
        from kedro.framework.session import KedroSession
        from kedro.framework.startup import bootstrap_project
        from s3f_pipeline.config.loader import PROJECT

        bootstrap_project(PROJECT)
        from s3f_pipeline.pipelines.runner import StageRunner

        class CountingRunner(StageRunner):
            def run(self, pipeline, catalog, *arguments, **options):
                done = super().run(pipeline, catalog, *arguments, **options)
                print("parameters:", len([name for name in catalog if name.startswith("param")]))
                return done

        with KedroSession.create(PROJECT, env="demo") as session:
            session.run(pipeline_names=["brisc_bilinear"], runner=CountingRunner())
    """
    output = project.python("-c", textwrap.dedent(script))
    assert "Finished before: reporting of brisc.patient_safe.bilinear" in output
    assert 20 < int(output.rpartition("parameters: ")[2].split()[0]) < 300, output
