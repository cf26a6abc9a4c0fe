import subprocess
import sys
import sysconfig

import pytest
from end_to_end_project import Project

pytestmark = pytest.mark.slow


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def test_dvc_reproduces_the_default_list_once(project):
    """With phantoms in place of patients, in the environment that ``dvc repro`` uses."""
    small = (project.root / "conf/demo/parameters.yml").read_text()
    (project.root / "conf/local/parameters.yml").write_text(small)

    def dvc(*arguments):
        scripts = sysconfig.get_path("scripts")
        environment = project.environment(DVC_NO_ANALYTICS="true")
        environment["PATH"] = f"{scripts}:{environment['PATH']}"
        done = subprocess.run(
            [sys.executable, "-m", "dvc", *arguments], cwd=project.root, env=environment,
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    project.kedro("run", "--pipeline=brisc_acquire")
    dvc("init", "--no-scm", "--quiet")
    first = dvc("repro")
    assert "Running stage 'prepare@brisc'" in first
    for variant in ("spatial", "bilinear"):
        assert f"Running stage 'experiment@brisc-{variant}-0'" in first
        run = f"brisc/patient_safe/{variant}/seed-0"
        assert (project.root / f"data/08_reporting/{run}/report.html").is_file()
    assert "up to date" in dvc("repro")
    assert "accuracy" in dvc("metrics", "show")
