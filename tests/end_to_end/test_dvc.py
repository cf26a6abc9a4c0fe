"""One story told with the real ``dvc``: nothing there, one cohort, both, and then changes."""

import json
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import cv2
import pytest
import yaml
from end_to_end_project import Project

from s3f_pipeline.acquisition.phantoms import draw_phantoms
from s3f_pipeline.config.loader import PROJECT
from s3f_pipeline.config.schema import PhantomsConfig

pytestmark = pytest.mark.slow
COHORTS = {"brisc": "brisc2025", "breastmnist": "breastmnist"}
SMALL = PhantomsConfig(images_per_class={"train": 24, "test": 8}, seed=0)


class DvcProject(Project):
    """A project under Git and DVC that reproduces one network on two cohorts."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.edit(
            "conf/base/reproduce.yml",
            raw_folders=COHORTS,
            cohorts=list(COHORTS),
            variants=["spatial"],
            compared=[],
        )
        self.edit("conf/base/parameters_training.yml", epochs=1, batch_size=8)
        self.edit("conf/base/parameters.yml", image_size=32)
        self.edit("conf/base/parameters_explanation.yml", images=4, training_images=8, pictures=0)
        shutil.copy(PROJECT / ".gitignore", root)
        self.run("git", "init", "--quiet")
        self.dvc("init", "--quiet")
        shutil.copy(PROJECT / ".dvcignore", root)
        self.commit("start")

    def edit(self, name: str, **values: object) -> None:
        path = self.root / name
        content = yaml.safe_load(path.read_text())
        blocks = {"reproduce.yml": "reproduce"} | {
            f"parameters_{block}.yml": block for block in ("training", "explanation")
        }
        block = blocks.get(path.name)
        (content[block] if block else content).update(values)
        path.write_text(yaml.safe_dump(content, sort_keys=False))

    def run(self, *command: str, succeeds: bool = True) -> str:
        scripts = sysconfig.get_path("scripts")
        environment = self.environment(
            DVC_NO_ANALYTICS="true",
            GIT_AUTHOR_NAME="a", GIT_AUTHOR_EMAIL="a@b", GIT_COMMITTER_NAME="a", GIT_COMMITTER_EMAIL="a@b",
        )  # fmt: skip
        environment["PATH"] = f"{scripts}:{environment['PATH']}"
        done = subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True)
        assert (done.returncode == 0) == succeeds, done.stdout + done.stderr
        return done.stdout + done.stderr

    def dvc(self, *arguments: str, succeeds: bool = True) -> str:
        return self.run(sys.executable, "-m", "dvc", *arguments, succeeds=succeeds)

    def commit(self, message: str) -> None:
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "--message", message)

    def put_images(self, cohort: str, block) -> None:
        """Put images where a user puts patients' ones: nothing says that they are drawn."""
        folder = self.root / "data/01_raw" / block.raw_folder
        folder.parent.mkdir(parents=True, exist_ok=True)
        draw_phantoms(folder, block, SMALL)
        (folder / "provenance.json").unlink()


def stages_run(output: str) -> list[str]:
    return re.findall(r"Running stage '([^']+)'", output)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return DvcProject(tmp_path_factory.mktemp("dvc"))


@pytest.fixture
def blocks(load_config):
    loader = load_config()
    return {name: loader.cohort(name) for name in COHORTS}


def test_without_data_it_says_what_is_missing_and_how_to_get_it(project):
    output = project.dvc("repro", "acquire@brisc", succeeds=False)
    assert "put the folder brisc2025 into" in output
    assert "S3F_ARCHIVES" in output
    assert "Traceback" not in output


def test_keep_going_does_the_rest(project, blocks):
    project.put_images("breastmnist", blocks["breastmnist"])
    output = project.dvc("repro", "--keep-going", succeeds=False)
    assert "put the folder brisc2025 into" in output
    done = [stage for stage in stages_run(output) if "breastmnist" in stage]
    assert done == ["acquire@breastmnist", "prepare@breastmnist", "experiment@breastmnist-spatial-0"]
    assert not [stage for stage in stages_run(output) if stage.startswith("prepare@brisc")]


def test_a_second_time_does_nothing(project, blocks):
    project.put_images("brisc", blocks["brisc"])
    first = stages_run(project.dvc("repro"))
    assert first == ["acquire@brisc", "prepare@brisc", "experiment@brisc-spatial-0"]
    output = project.dvc("repro")
    assert stages_run(output) == []
    assert "up to date" in output
    project.commit("first results")


def test_a_training_parameter_runs_training_again_and_nothing_before(project):
    """A cohort's block has both; so DVC asks for its preparation, which finds that all is finished."""
    path = project.root / "conf/base/parameters_cohorts.yml"
    content = yaml.safe_load(path.read_text())
    content["cohorts"]["brisc"]["training"] = {"epochs": 2, "learning_rate": 0.002}
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    stages = ("02_intermediate/brisc/ingestion", "02_intermediate/brisc/resizing/32x32",
              "05_model_input/brisc/splitting", "05_model_input/brisc/patient_safe/splitting")  # fmt: skip
    records = [project.root / "data" / f"{stage}.record.json" for stage in stages]
    written = [file.read_text() for file in records]
    assert stages_run(project.dvc("repro")) == ["prepare@brisc", "experiment@brisc-spatial-0"]
    assert [file.read_text() for file in records] == written
    history = "data/06_models/brisc/patient_safe/spatial/seed-0/history.csv"
    assert len((project.root / history).read_text().splitlines()) == 3


def test_metrics_and_plots_are_shown(project):
    metrics = json.loads(project.dvc("metrics", "show", "--json"))
    (found,) = [m for name, m in metrics[""]["data"].items() if "/brisc/" in name]
    assert 0 <= found["data"]["test"]["accuracy"] <= 1
    ((path, changed),) = json.loads(project.dvc("metrics", "diff", "--json")).items()
    assert "/brisc/" in path
    assert None not in changed["test.loss"].values()
    project.dvc("plots", "show", "--out", "plots")
    page = (project.root / "plots/index.html").read_text()
    for title in ("Accuracy on the selection split", "ROC, mean over the classes", "Confusion matrix of the"):
        assert title in page


def test_a_changed_image_runs_its_cohort_again_and_no_other(project):
    image = next((project.root / "data/01_raw/brisc2025/classification_task/train/glioma").iterdir())
    cv2.imwrite(str(image), cv2.flip(cv2.imread(str(image)), 0))
    assert stages_run(project.dvc("repro")) == ["prepare@brisc", "experiment@brisc-spatial-0"]


@pytest.mark.long
def test_runs_outside_of_dvc_cost_no_result(project):
    """Another fold, another size: `dvc repro` prepares and trains nothing again, and keeps what it has."""
    record = project.root / "data/08_reporting/brisc/patient_safe/spatial/seed-0/reporting.record.json"
    written = record.read_text()
    project.run("kedro", "run", "--pipeline=brisc_audit", "--params=fold=0")
    assert stages_run(project.dvc("repro")) == []
    project.run("kedro", "run", "--pipeline=brisc_audit", "--params=image_size=16")
    assert set(stages_run(project.dvc("repro"))) <= {"prepare@brisc", "experiment@brisc-spatial-0"}
    assert (project.root / "data/05_model_input/brisc/patient_safe/splits_fold-0.parquet").is_file()
    assert record.read_text() == written


def test_raw_data_travels_through_a_remote(project, tmp_path):
    raw = project.root / "data/01_raw/brisc2025"

    def content():
        files = sorted(path for path in raw.rglob("*") if path.is_file())
        return {path.relative_to(raw): path.read_bytes() for path in files}

    before = content()
    project.dvc("remote", "add", "--default", "store", str(tmp_path / "store"))
    project.dvc("add", "data/01_raw/brisc2025")
    project.dvc("push")
    shutil.rmtree(raw)
    shutil.rmtree(project.root / ".dvc/cache")
    project.dvc("pull", "data/01_raw/brisc2025.dvc")
    assert content() == before
    project.dvc("pull")
    assert stages_run(project.dvc("repro")) == []
