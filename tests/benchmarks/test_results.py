"""The tables of published figures: what must not go into one is refused."""

import importlib.util
import json
from pathlib import Path

import pytest
from result_files import metrics_file, training_file, write_run

from s3f_pipeline.errors import ResultsError
from s3f_pipeline.results import RunId, find_runs
from s3f_pipeline.results.digest import Digest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "results.py"


def load():
    spec = importlib.util.spec_from_file_location("results", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def results(tmp_path, monkeypatch):
    module = load()
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    return module


def experiment(variant, seed, accuracy, **changed):
    names = ("accuracy", "macro_f1", "weighted_f1", "auc_macro", "loss", "balanced_accuracy", "kappa", "mcc")
    figures = dict.fromkeys(names, accuracy)
    return {
        "cohort": "brisc_64", "protocol": "patient_safe", "variant": variant, "seed": seed, "fold": None,
        "selected_on_test": False, "splits_hash": "a", "data_hash": "b", "input_shape": [64, 64, 1],
        "training": {"epochs": 12}, "precision": "float32", "backend": "tensorflow", "parameters": 1000,
        "selected_epoch": 10 + seed, "git_commit": "c0ffee123", "git_dirty": False, "device": "CPU",
        "guarantee": "near_duplicate", "epochs_run": 12, "seconds": 9.5,
        "test": {**figures, "n": 50, "recall": {"glioma": 0.25}}, **changed,
    }  # fmt: skip


def write(results, *experiments):
    for number, one in enumerate(experiments):
        (results.FOLDER / f"{number}.json").write_text(json.dumps(one))


def test_tables_are_paired_by_seed(results):
    write(
        results,
        *(experiment("spatial", seed, accuracy) for seed, accuracy in enumerate((0.70, 0.80, 0.90))),
        *(experiment("concat", seed, accuracy) for seed, accuracy in ((1, 0.82), (2, 0.93))),
    )
    runs = results.read_runs("brisc_64", "patient_safe")
    table = results.table(runs, "accuracy")
    assert "| `spatial`: Spatial tower of S³F-Net | 1,000 | 0, 1, 2 | 0.800 ± 0.100 |" in table
    assert table.splitlines()[3].endswith("| +0.020, +0.030 | 11, 12 |")
    assert "Code: c0ffee1. Device: CPU." in table
    pairs = results.compare_pairs(runs, "accuracy", [("concat", "spatial"), ("gated", "spatial")])
    # mean 0.025, SD 0.00707, t(0.975, 1) = 12.706, margin 12.706 * 0.00707 / sqrt(2) = 0.0635
    # t = 0.025 / 0.005 = 5, p = 1 - 2 atan(5) / pi = 0.1257, for two pairs 0.25
    assert "| difference | accuracy, mean | 95 % interval | p × 2 | by seed |" in pairs
    assert "| concat − spatial | +0.025 | -0.039 to +0.089 | 0.251 | +0.020, +0.030 |" in pairs
    assert "gated" not in pairs
    assert results.compare_pairs(runs, "accuracy", [("gated", "spatial")]) == "No pairs yet.\n"


def test_the_page_shows_what_the_files_say():
    module = load()
    page = module.PAGE.read_text(encoding="utf-8")
    assert module.BLOCK.sub(module.write_block, page) == page
    assert "| `spatial`: Spatial tower" in page


def test_every_published_digest_is_read():
    module = load()
    paths = sorted(module.FOLDER.glob("*.json"))
    assert len(paths) >= 75
    for path in paths:
        digest, content = Digest.read(path), json.loads(path.read_text())
        ending = "_published" if digest.protocol == "published" else ""
        assert path.stem == f"{digest.cohort}_{digest.variant}{ending}_{digest.id.folder}"
        assert digest.test.recall == content["test"]["recall"]
        assert digest.training == content["training"]


def real(run):
    return {"metrics": {**metrics_file(run), "synthetic": False}, "training": training_file(run)}


def test_collected_are_finished_runs_that_a_table_has_a_row_for(results, tmp_path, capsys):
    data, run = tmp_path / "data", RunId("brisc_64", "patient_safe", "spatial", 0)
    for other in (run, run._replace(fold=3), run._replace(variant="unheard_of")):
        write_run(data, other, **real(other))
    unfinished = run._replace(seed=1)
    write_run(data, unfinished, **real(unfinished))["evaluation_record"].unlink()
    results.collect(data, ["brisc_64", "busi_64"])
    assert [path.name for path in results.FOLDER.glob("*.json")] == ["brisc_64_spatial_seed-0.json"]
    digest = Digest.read(results.FOLDER / "brisc_64_spatial_seed-0.json")
    assert (digest.test.recall, digest.test.accuracy) == ({"a": 0.25, "b": 0.25}, 0.5)
    assert digest.conditions.splits_hash == "s"
    told = capsys.readouterr().out
    assert told.count("no table has a row for it") == 2
    assert "no finished runs of busi_64" in told


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"splits_hash": "other"}, "differ in splits_hash"),
        ({"data_hash": "other"}, "differ in data_hash"),
        ({"selected_on_test": True}, "differ in selection_split"),
        ({"training": {"epochs": 13}}, "differ in training.epochs"),
        ({"precision": "mixed_bfloat16"}, "differ in precision"),
        ({"variant": "unheard_of"}, "No table has a row"),
        ({"fold": 0}, "No table has a row"),
    ],
)
def test_what_cannot_be_compared_is_refused(results, changed, words):
    write(results, experiment("spatial", 0, 0.5), {**experiment("concat", 0, 0.5), **changed})
    with pytest.raises(ResultsError, match=words):
        results.read_runs("brisc_64", "patient_safe")


def test_under_the_published_protocol_a_network_may_follow_its_own_source(results):
    usual = {"epochs": 100, "batch_size": 128, "augmentation": {"crop": 1.0, "flip": "none"}}
    own = {**usual, "batch_size": 32, "augmentation": {"crop": 0.08, "flip": "none"}}
    published = [
        {**experiment(variant, seed, 0.5, training=training), "protocol": "published"}
        for variant, training in (("resnet18", usual), ("medmamba", own))
        for seed in (0, 1)
    ]
    write(results, *published)
    table = results.table(results.read_runs("brisc_64", "published"), "accuracy")
    assert "at most 100 epochs. `medmamba` is trained with batch_size 32, augmentation crop 0.08." in table
    write(results, *published[:-1], {**published[-1], "training": usual})
    with pytest.raises(ResultsError, match=r"differ in training\.batch_size"):
        results.read_runs("brisc_64", "published")


def test_what_nobody_could_make_again_is_not_published(tmp_path):
    run = RunId("brisc_64", "patient_safe", "spatial", 0)
    write_run(tmp_path, run)
    with pytest.raises(ResultsError, match="phantoms have no results"):
        Digest.from_run(find_runs(tmp_path)[0])
    whole = real(run)
    write_run(tmp_path, run, metrics=whole["metrics"], training={**whole["training"], "git_dirty": True})
    with pytest.raises(ResultsError, match="in no commit"):
        Digest.from_run(find_runs(tmp_path)[0])
