"""The published results: what lies in docs/results/ is read, and the page shows it."""

import importlib.util
import json
from pathlib import Path

import pytest
from result_files import metrics_file, training_file, write_run

from s3f_pipeline.errors import ResultsError
from s3f_pipeline.results import RunId, find_runs
from s3f_pipeline.results.digest import Digest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "publish.py"
RUN = RunId("brisc_64", "patient_safe", "spatial", 0)


@pytest.fixture
def publish(load_config):
    load_config()
    spec = importlib.util.spec_from_file_location("publish", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def real(run, **training):
    return {
        "metrics": {**metrics_file(run), "synthetic": False},
        "training": {**training_file(run), **training},
    }


def test_the_page_shows_what_the_files_say(publish):
    page = publish.PAGE.read_text(encoding="utf-8")
    assert publish.filled_page(page) == page


def test_every_published_digest_is_read(publish):
    before = sorted((publish.FOLDER / "before").glob("*.json"))
    assert len(before) >= 75
    now = [path for path in sorted(publish.FOLDER.glob("*.json")) if not path.stem.endswith("_comparison")]
    for path in before + now:
        digest, content = Digest.read(path), json.loads(path.read_text())
        ending = "_published" if digest.protocol == "published" else ""
        assert path.stem == f"{digest.cohort}_{digest.variant}{ending}_{digest.id.folder}"
        assert digest.test.recall == content["test"]["recall"]
        assert digest.training == content["training"]


def test_collected_are_finished_runs(publish, tmp_path, monkeypatch):
    data, folder = tmp_path / "data", tmp_path / "results"
    folder.mkdir()
    monkeypatch.setattr(publish, "FOLDER", folder)
    write_run(data, RUN, **real(RUN))
    unfinished = RUN._replace(seed=1)
    write_run(data, unfinished, **real(unfinished))["evaluation_record"].unlink()
    publish.collect(data, ["brisc_64", "busi_64"])
    assert [path.name for path in folder.iterdir()] == ["brisc_64_spatial_seed-0.json"]
    digest = Digest.read(folder / "brisc_64_spatial_seed-0.json")
    assert (digest.test.recall, digest.test.accuracy) == ({"a": 0.25, "b": 0.25}, 0.5)
    assert digest.conditions.splits_hash == "s"


def test_what_nobody_could_make_again_is_not_published(tmp_path):
    write_run(tmp_path, RUN)
    with pytest.raises(ResultsError, match="phantoms have no results"):
        Digest.from_run(find_runs(tmp_path)[0])
    write_run(tmp_path, RUN, **real(RUN, git_dirty=True))
    with pytest.raises(ResultsError, match="in no commit"):
        Digest.from_run(find_runs(tmp_path)[0])
