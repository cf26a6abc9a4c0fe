import shutil
import sqlite3
from contextlib import closing

import mlflow
import pytest

from s3f_pipeline.tracking.moved import follow_database


@pytest.fixture
def original(tmp_path, empty_database):
    """A project in which something was logged."""
    folder = tmp_path / "o ri/data"
    folder.mkdir(parents=True)
    shutil.copy(empty_database, folder / "mlflow.db")
    return folder


def uri_of(folder):
    return f"sqlite:///{folder / 'mlflow.db'}"


def log(tracked, folder, **changes):
    run = tracked.start(uri_of(folder), **changes)
    run_id = run.run_id
    run.log_file(tracked.write("report.html"))
    run.end("FINISHED")
    return run_id


def files(folder):
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}


def addresses(folder):
    with closing(sqlite3.connect(folder / "mlflow.db")) as database:
        yield from (row[0] for row in database.execute("SELECT artifact_uri FROM runs"))
        yield from (row[0] for row in database.execute("SELECT artifact_location FROM experiments"))
        yield from (row[0] for row in database.execute("SELECT artifact_location FROM logged_models"))


def test_a_copy_logs_into_its_own_folder(tracked, original, caplog):
    first = log(tracked, original)
    experiment = mlflow.MlflowClient(uri_of(original)).get_experiment_by_name("brisc").experiment_id
    mlflow.MlflowClient(uri_of(original)).create_logged_model(experiment, "model", first)
    copy = original.parents[1] / "copy"
    shutil.copytree(original, copy)
    before = files(original)
    assert caplog.text.count("copied or moved") == 0

    second = log(tracked, copy)
    log(tracked, copy, run_id=first)
    assert files(original) == before
    assert caplog.text.count("This project was copied or moved: 3 addresses") == 1
    assert not [address for address in addresses(copy) if "/o%20ri/" in address]
    client = mlflow.MlflowClient(uri_of(copy))
    for run_id in (first, second):
        assert [file.path for file in client.list_artifacts(run_id)] == ["report.html"]
        assert (copy / "mlartifacts/brisc" / run_id / "artifacts/report.html").is_file()

    log(tracked, original)
    assert len(files(original)) == len(before) + 1
    assert caplog.text.count("copied or moved") == 1


def test_what_was_put_elsewhere_stays_there(original):
    client = mlflow.MlflowClient(uri_of(original))
    places = ("s3://bucket/mlartifacts/mine", "file:///elsewhere/mine")
    for number, place in enumerate(places):
        client.create_experiment(f"mine-{number}", place)
    follow_database(uri_of(original))
    assert set(places) <= set(addresses(original))


def test_another_way_to_the_same_folder_is_no_copy(tracked, original, caplog):
    log(tracked, original)
    (original.parents[1] / "mount").symlink_to(original)
    follow_database(uri_of(original.parents[1] / "mount"))
    assert "copied" not in caplog.text


def test_a_database_that_is_not_there_is_not_made(tmp_path):
    follow_database(f"sqlite:///{tmp_path / 'mlflow.db'}")
    follow_database("http://127.0.0.1:9")
    assert not list(tmp_path.iterdir())
