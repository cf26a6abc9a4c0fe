"""One story told with the real command: a worker is killed, the sweep goes on, and ends complete.

Larger: ``S3F_SWEEP_VARIANTS=spatial,spectral,concat,bilinear S3F_SWEEP_SEEDS=2``.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from itertools import product
from statistics import mean

import mlflow
import psutil
import pytest
from end_to_end_project import InTerminal, Project
from filelock import FileLock

pytestmark = pytest.mark.slow
TINY = """
image_size: 16
phantoms:
  images_per_class: {train: 8, test: 4}
  seed: 0
training:
  epochs: 1
explanation: {images: 4, training_images: 8, pictures: 0}
"""
VARIANTS = os.environ.get("S3F_SWEEP_VARIANTS", "spatial").split(",")
SEEDS = int(os.environ.get("S3F_SWEEP_SEEDS", "1"))
COHORTS = ("brisc", "breastmnist")
RUNS = len(COHORTS) * len(VARIANTS) * SEEDS
SWEEP = ("sweep", "--env=demo", f"--cohorts={','.join(COHORTS)}", f"--variants={','.join(VARIANTS)}")


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    project = Project(tmp_path_factory.mktemp("sweep"))
    (project.root / "conf/demo/parameters.yml").write_text(TINY)
    return project


def test_a_sweep_survives_a_killed_worker_and_resumes_to_complete(project):
    attempt = project.demo / "logs/sweep/brisc_spatial/seed-0.attempt.json"
    with project.started(*SWEEP, f"--seeds={SEEDS}", "--jobs=2") as sweep:
        while not attempt.exists() and sweep.poll() is None:
            time.sleep(0.1)
        training = psutil.Process(int(json.loads(attempt.read_text())["process"].split()[1]))
        training.parent().kill()
        output, _ = sweep.communicate(timeout=240 * RUNS)
    assert not training.is_running()
    assert sweep.returncode == 1
    assert "Traceback" not in output
    assert re.search(r"brisc +spatial +seed-0 +lost", output)
    assert output.count(" finished ") == RUNS - 1
    assert f"Error: 1 of {RUNS} runs are not finished. The same command runs them again." in output
    assert f"brisc_spatial, seed-0: lost\n    {attempt.with_name('seed-0.log')}" in output

    output = project.kedro(*SWEEP, f"--seeds={SEEDS}")
    assert output.count("Started: ") == 1
    assert f"{RUNS} runs: {RUNS} finished" in output
    for cohort, variant in product(COHORTS, VARIANTS):
        folder = project.demo / "08_reporting" / cohort / "patient_safe" / variant
        figures = [json.loads(path.read_text()) for path in sorted(folder.glob("seed-*/metrics.json"))]
        accuracies = [each["test"]["accuracy"] for each in figures]
        summary = json.loads((folder / "summary.json").read_text())
        assert [(run["seed"], run["fold"]) for run in summary["runs"]] == [(s, None) for s in range(SEEDS)]
        assert summary["metrics"]["accuracy"]["mean"] == pytest.approx(mean(accuracies))
        assert summary["metrics"]["accuracy"]["n"] == SEEDS

    output = project.kedro(*SWEEP, f"--seeds={SEEDS}")
    assert "Started: " not in output
    assert f"{RUNS} runs: {RUNS} finished" in output

    status = project.kedro(*SWEEP, f"--seeds={SEEDS + 1}", "--status")
    more = len(COHORTS) * len(VARIANTS)
    assert f"{RUNS + more} runs: {RUNS} finished, {more} not started" in status
    assert max(map(len, status.splitlines())) <= 80


def test_every_run_is_a_child_of_the_sweep(project):
    import mlflow

    client = mlflow.MlflowClient(f"sqlite:///{project.demo}/mlflow.db")
    runs = {
        experiment.name: client.search_runs([experiment.experiment_id])
        for experiment in client.search_experiments()
    }
    (parent,) = runs.pop("demo-sweeps")
    assert parent.info.status == "FINISHED"
    finished = [run for found in runs.values() for run in found if run.info.status == "FINISHED"]
    assert len(finished) == RUNS
    assert {run.data.tags["mlflow.parentRunId"] for run in finished} == {parent.info.run_id}


@pytest.mark.long
def test_force_runs_again_but_leaves_alone_what_another_process_works_on(project):
    forced = ("sweep", "--env=demo", "--cohorts=brisc", "--variants=spatial", "--params=force=true")
    record = project.demo / "06_models/brisc/patient_safe/spatial/seed-0/training.record.json"
    before = record.stat().st_mtime_ns
    with FileLock(project.demo / ".locks/brisc.patient_safe.spatial.seed-0.lock"):
        output = project.kedro(*forced)
    assert "seed-0 (exit code 1)" in output
    assert record.stat().st_mtime_ns == before
    output = project.kedro(*forced)
    assert "seed-0 (exit code 0)" in output
    assert record.stat().st_mtime_ns > before
    assert "force" not in (project.demo / "logs/sweep/brisc_spatial/seed-0.attempt.json").read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--cohorts=bussi"], ["no cohort 'bussi'", "brisc, cheng, chest"]),
        (["--cohorts=all", "--params=seed=3"], ["--params sets 'seed'", "--seeds"]),
        (["--cohorts=all", "--params=training.epoch=3"], ["unknown key 'training.epoch'"]),
        (["--cohorts=all", "--executor=cloud"], ["'cloud'", "slurm"]),
    ],
)
def test_one_clear_message(project, arguments, words):
    output = project.kedro("sweep", "--env=demo", *arguments, succeeds=False)
    assert "Traceback" not in output
    assert output.count("Error: ") == 1
    for word in words:
        assert word in output


@pytest.mark.slurm
def test_a_sweep_on_a_real_cluster(project):
    """On a single node as docs/sweep.md sets one up, or on any cluster that sees the test's folder."""
    if shutil.which("sinfo") is None:
        pytest.skip("Slurm is not installed (sinfo is missing)")
    if subprocess.run(["sinfo", "--noheader"], capture_output=True, timeout=60).returncode:
        pytest.skip("Slurm does not answer (sinfo failed)")
    cluster = ("sweep", "--env=demo", "--cohorts=breastmnist", "--variants=spatial", "--seeds=3,4",
               "--executor=slurm", "--slurm-cpus=1", "--slurm-minutes=30")  # fmt: skip
    assert "Submitted as Slurm job" in project.kedro(*cluster)
    deadline = time.monotonic() + 600
    while "2 finished" not in (status := project.kedro(*cluster, "--status")):
        assert time.monotonic() < deadline, status
        assert "failed" not in status
        time.sleep(5)
    assert "±" in project.kedro(*cluster)


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_sweep_ends_its_runs_in_order(tmp_path, number):
    """Closing the terminal is a signal to all processes that it has."""
    project = Project(tmp_path)
    (project.root / "conf/demo/parameters.yml").write_text(TINY.replace("epochs: 1", "epochs: 4000"))
    folder = project.demo / "06_models/brisc/patient_safe/spatial/seed-0"
    sweep = ("sweep", "--env=demo", "--cohorts=brisc", "--variants=spatial")
    with InTerminal(project, *sweep) as started:
        while not list(folder.glob("state/epoch-*.npz")) and started.process.poll() is None:
            started.wait(0.2)
        assert started.kill(number, seconds=60) == 128 + number
    attempt = json.loads((project.demo / "logs/sweep/brisc_spatial/seed-0.attempt.json").read_text())
    assert attempt["exit_code"] == 143
    assert not psutil.pid_exists(int(attempt["process"].split()[1]))
    client = mlflow.MlflowClient(f"sqlite:///{project.demo / 'mlflow.db'}")
    experiments = [each.experiment_id for each in client.search_experiments()]
    assert [run.info.status for run in client.search_runs(experiments)] == ["KILLED", "KILLED"]
    assert "interrupted" in project.kedro(*sweep, "--status")
