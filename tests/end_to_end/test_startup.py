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
