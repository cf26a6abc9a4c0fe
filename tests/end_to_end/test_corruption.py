"""Every file of a finished experiment, damaged in every way: the same command mends it, and tells."""

import hashlib
import random
import subprocess
import sys
from pathlib import Path

import pytest
from end_to_end_project import Project

pytestmark = [pytest.mark.slow, pytest.mark.exhaustive]
DEMO = """
image_size: 16
phantoms:
  images_per_class: {train: 12, test: 4}
  seed: 0
training:
  epochs: 1
"""
RUN = ("run", "--env=demo", "--pipeline=brisc_spatial")
WORKER = """
import sys
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
bootstrap_project(sys.argv[1])
from s3f_pipeline.cli import readable
from s3f_pipeline.pipelines.runner import StageRunner
for line in sys.stdin:
    try:
        with KedroSession.create(sys.argv[1], env="demo") as session:
            session.run(pipeline_names=["brisc_spatial"], runner=StageRunner())
        print("succeeded")
    except Exception as error:
        print("Error:", readable(error).message)
    print("ended", flush=True)
"""
"""Runs the same command again and again without importing TensorFlow each time."""
RAW_WORDS = ("Traceback", "Arrow", "Parquet", "mmap", "JSON", "zip", "Errno", "Dataset", "codec", "Expecting")
"""Of libraries; our own messages do without."""
FOLDERS = ("02_intermediate", "03_primary", "05_model_input", "06_models", "07_model_output", "08_reporting")
DIFFERS = ("record.json", "report.html", "training.json", "history.csv", "model.keras")
"""Times, seconds or ids of MLflow runs are in these, so that they differ when they are made again."""
LOOKED_AT_EACH_TIME = ("acquisition.json", "listing.json", "acquisition.record.json")
OPENINGS = "test_openings.jsonl"
"""No stage depends on it; what reads it has tests of its own."""
COSTS_A_TRAINING = ("model.keras", "training.record.json")


def flip(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content))
    return content[:at] + bytes([content[at] ^ 1 << chance.randrange(8)]) + content[at + 1 :]


DAMAGES = {
    "cut short": lambda content, chance: content[: chance.randrange(len(content))],
    "flipped": flip,
    "edited": lambda content, chance: content[: len(content) // 2] + b"9.25" + content[len(content) // 2 :],
    "emptied": lambda content, chance: b"",
    "deleted": None,
}


def artefacts(project: Project) -> list[Path]:
    return sorted(
        path
        for folder in FOLDERS
        for path in (project.demo / folder).rglob("*")
        if path.is_file() and not path.name.startswith(".") and path.name != OPENINGS
    )


def hashes(project: Project) -> dict[Path, str]:
    return {
        path: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in artefacts(project)
        if not path.name.endswith(DIFFERS)
    }


@pytest.fixture
def project(tmp_path):
    project = Project(tmp_path)
    (project.root / "conf/demo/parameters.yml").write_text(DEMO)
    project.kedro(*RUN)
    return project


@pytest.fixture
def run_again(project):
    command = [sys.executable, "-c", WORKER, str(project.root)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, cwd=project.root, env=project.environment(), **pipes) as worker:

        def run() -> str:
            worker.stdin.write("again\n")
            worker.stdin.flush()
            return "".join(iter(worker.stdout.readline, "ended\n"))

        yield run
        worker.stdin.close()


def test_every_damage_of_every_file(project, run_again):
    chance = random.Random(0)
    before, trials, trained = hashes(project), 0, 0
    for path in artefacts(project):
        for kind, damage in DAMAGES.items():
            content = path.read_bytes()
            if damage is None:
                path.unlink()
            else:
                path.write_bytes(damage(content, chance))
            output = run_again()
            trials += 1
            case = f"{path.name}, {kind}:\n{output}"
            assert "succeeded" in output, case
            assert not [word for word in RAW_WORDS if word in output], case
            assert str(path) in output or path.name in LOOKED_AT_EACH_TIME, case
            trained += "Running: training" in output
            assert ("Running: training" in output) == (path.name in COSTS_A_TRAINING), case
            assert hashes(project) == before, case
    print(f"{trials} trials, {trained} trainings made again")
    assert trials > 100
