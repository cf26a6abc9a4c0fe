import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from uncertainty_files import uncertainty_file

from s3f_pipeline.files import FileContent, atomic_path, sha256_of
from s3f_pipeline.results import RunId
from s3f_pipeline.results.records import CHECKSUM, checksum

CLASSES = ["a", "b"]
GUARANTEE = {"test": {"a": {"near_duplicate": 10}}}
TRAINING = {"batch_size": 16, "epochs": 1, "augmentation": {"crop": 1.0}}


def identity(run: RunId) -> dict:
    return {**run._asdict(), "selection_split": "validation", "guarantee": GUARANTEE,
            "selected_on_test": False, "selected_epoch": 1, "splits_hash": "s"}  # fmt: skip


def class_metrics(**changed) -> dict:
    return {
        "precision": 0.5, "recall": 0.25, "f1": 0.5, "specificity": 0.5, "npv": 0.5, "auc": None,
        "average_precision": None, "loss": 0.75, "brier": 0.25, "support": 5, "groups": 4,
        "intervals": {"recall": {"low": 0.0, "high": 0.5, "flag": None}}, **changed,
    }  # fmt: skip


def split_metrics(**changed) -> dict:
    figures = dict.fromkeys(
        ("loss", "balanced_accuracy", "weighted_f1", "kappa", "mcc", "auc_macro", "auc_weighted",
         "average_precision_macro", "brier", "ece"), 0.75
    )  # fmt: skip
    intervals = {"accuracy": {"low": 0.25, "high": 0.75, "flag": "too few"}}
    return {
        "n": 10, "groups": 8, "accuracy": 0.5, "macro_f1": 0.25, **figures, "intervals": intervals,
        "per_class": {"a": class_metrics(), "b": class_metrics()},
        "confusion_matrix": [[3, 2], [2, 3]], "notes": [], **changed,
    }  # fmt: skip


def metrics_file(run: RunId, **test) -> dict:
    return {
        "schema_version": 2, **identity(run), "synthetic": True, "leakage": None,
        "test_openings": {"by_variant": 1, "by_any_variant": 2}, "test": split_metrics(**test),
        **uncertainty_file(),
    }  # fmt: skip


def training_file(run: RunId, *, data="d", split="s", epochs=1) -> dict:
    settings = {**TRAINING, "epochs": epochs}
    return {
        "schema_version": 1, **identity(run), "splits_hash": split, "data_hash": data, "classes": CLASSES,
        "selection_metric": "accuracy", "epochs_run": 1, "selected_value": 0.5, "stopped": "all epochs",
        "class_weights": {"a": 1.0, "b": 1.0}, "seconds": 2.5, "parameters": 1000, "input_shape": [16, 16, 1],
        "network": [], "precision": "float32", "backend": "tensorflow", "device": "CPU (2 cores)",
        "cpu_kernels": "AVX2", "replicas": 1, "processes": 1, "deterministic": True,
        "git_commit": "c0ffee123", "git_dirty": False, "command": "kedro run", "mlflow_run_id": None,
        "versions": {"s3f-pipeline": "0.1.0"},
        "config": {"training": settings, "seed": run.seed, "fold": run.fold},
    }  # fmt: skip


def predictions_file() -> pd.DataFrame:
    table = pd.DataFrame({"image_id": ["x"], "group": ["x"], "split": ["test"], "label": ["a"]})
    table = table.assign(predicted="a", p_a=0.75, p_b=0.25)
    table.attrs["schema_version"] = 1
    return table


def history_file() -> pd.DataFrame:
    return pd.DataFrame({"epoch": [1], "selection_accuracy": [0.5]})


def write_json(path: Path, content: dict) -> Path:
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(content))
    return path


def write_record(
    path: Path,
    stage: str,
    outputs: list[Path],
    finished: str,
    *,
    read: Mapping[str, Path] | None = None,
    nouns: Mapping[str, str] | None = None,
) -> None:
    """Write the record of a stage; ``nouns`` names outputs whose file has another name."""
    nouns = nouns or {}
    content = {
        "stage": stage,
        "dependencies": {"inputs": {entry: sha256_of(file) for entry, file in (read or {}).items()}},
        "outputs": {
            f"c.p.v.{nouns.get(file.stem, file.stem)}": vars(FileContent.of(file)) for file in outputs
        },
        "finished": finished,
        "of another room": {},
    }
    write_json(path, {**content, CHECKSUM: checksum(content)})


def write_run(
    root: Path,
    run: RunId,
    *,
    day: int = 1,
    training=None,
    metrics=None,
    predicted=None,
    history=None,
    read: Mapping[str, Path] | None = None,
) -> dict[str, Path]:
    """Write what a finished run leaves, and return the files by name."""
    models, predictions, reports = (
        root / stage / run.cohort / run.protocol / run.variant / run.folder
        for stage in ("06_models", "07_model_output", "08_reporting")
    )
    facts = write_json(models / "training.json", training or training_file(run))
    measured = write_json(reports / "metrics.json", metrics or metrics_file(run))
    table = predictions / "predictions.parquet"
    table.parent.mkdir(parents=True, exist_ok=True)
    (predictions_file() if predicted is None else predicted).to_parquet(table)
    epochs = models / "history.csv"
    (history_file() if history is None else history).to_csv(epochs, index=False)
    trained, evaluated = models / "training.record.json", predictions / "evaluation.record.json"
    write_record(trained, "training", [facts, epochs], f"2026-01-{day:02d}T10:00:00+00:00")
    write_record(
        evaluated, "evaluation", [measured, table], f"2026-01-{day:02d}T10:05:00+00:00",
        read={"c.p.v.training": facts, **(read or {})},
    )  # fmt: skip
    files = {"training": facts, "history": epochs, "metrics": measured, "predictions": table}
    return files | {"training_record": trained, "evaluation_record": evaluated}
