"""Two processes train one network; loopback stands for the network between hosts."""

import json
import signal
import socket
import time

import mlflow
import pytest
from end_to_end_project import Project

from s3f_pipeline.process_group import ADDRESSES, COUNT, NUMBER

pytestmark = [pytest.mark.slow, pytest.mark.long]
RUN = ("run", "--env=demo", "--pipeline=brisc_spatial")
FOLDER = "brisc/patient_safe/spatial/seed-0"
DEMO = """
image_size: 16
phantoms:
  images_per_class: {train: 12, test: 4}
  seed: 0
training:
  epochs: 3
  batch_size: 8
"""


def start_both(project, *arguments):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{server.getsockname()[1]}"
    return [
        project.start(
            *RUN, *arguments, KERAS_BACKEND="jax", **{ADDRESSES: address, COUNT: "2", NUMBER: str(number)}
        )
        for number in range(2)
    ]


def test_two_processes_are_one_experiment_that_survives_sigterm(tmp_path):
    project = Project(tmp_path)
    (tmp_path / "conf/demo/parameters.yml").write_text(DEMO)
    states = project.demo / "06_models" / FOLDER / "state"

    stopped = start_both(project, "--params=training.epochs=4000,training.early_stopping_patience=4000")
    wait_for(lambda: any(states.glob("epoch-*.npz")))
    for process in stopped:
        process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    outputs = [process.communicate(timeout=60)[0] for process in stopped]
    assert time.monotonic() - began < 30
    assert [process.returncode for process in stopped] == [143, 143], outputs
    assert any(states.glob("epoch-*.npz"))

    both = start_both(project)
    leader, helper = (process.communicate(timeout=300)[0] for process in both)
    assert [process.returncode for process in both] == [0, 0], leader + helper
    assert "Running: training of" in leader
    assert "Report:" in leader
    assert "Helping: training of" in helper
    assert "Report:" not in helper
    facts = json.loads((project.demo / "06_models" / FOLDER / "training.json").read_text())
    assert (facts["processes"], facts["replicas"], facts["backend"]) == (2, 2, "jax")
    assert (project.demo / "08_reporting" / FOLDER / "report.html").is_file()
    runs = mlflow.MlflowClient(f"sqlite:///{project.demo / 'mlflow.db'}")
    experiment = runs.get_experiment_by_name("demo-brisc")
    statuses = [run.info.status for run in runs.search_runs([experiment.experiment_id])]
    assert sorted(statuses) == ["FINISHED", "KILLED"]


def wait_for(condition, seconds=400):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.2)
