"""What MLflow is told of an experiment."""

from collections.abc import Mapping
from typing import Any

from s3f_pipeline.bundle.preprocessing import Preprocessing
from s3f_pipeline.mappings import dotted
from s3f_pipeline.splits.guarantee import guarantee_total, unknown_text

VERSION_FIGURES = ("accuracy", "balanced_accuracy", "macro_f1", "weighted_f1", "auc_macro")
"""What a version of a registered model says of itself; the run has all."""
NOTE_TAG = "mlflow.note.content"
"""What MLflow shows as the description of a run."""
FOLDERS = {
    "1_report": ("report", "plain_summary", "checklists", "bundle"),
    "2_results": ("confusion_matrix", "roc", "reliability", "training_history", "metrics"),
    "3_explanation": ("explanation_pictures",),
}
OTHERS = "4_files"


def tracked_params(experiment: Mapping[str, Any]) -> dict[str, Any]:
    """Flatten an experiment's configuration to dotted names, the same for every variant."""
    return dict(dotted(experiment))


def tracked_tags(experiment: Mapping[str, Any], *, synthetic: bool) -> dict[str, str]:
    """Tags by which runs are filtered in the MLflow UI."""
    on_test = experiment["selection_split"] == "test"
    return {
        "cohort": experiment["cohort"],
        "protocol": experiment["protocol"],
        "variant": experiment["variant"],
        "selection": "selected on test" if on_test else "selected on validation",
        "synthetic": str(synthetic).lower(),
    }


def training_tags(training: Mapping[str, Any]) -> dict[str, str]:
    """Tags that tell which data and code a network came from."""
    names = ("data_hash", "splits_hash", "git_commit", "backend", "device", "precision")
    kept_apart = guarantee_total(training["guarantee"])
    levels = ", ".join(f"{level} {count}" for level, count in kept_apart.items())
    towards = unknown_text(training["guarantee"])
    return {name: str(training[name]) for name in names} | {
        "guarantee": f"{levels}; {towards}" if towards else levels,
        "stopped": training["stopped"],
    }


def openings_tags(metrics: Mapping[str, Any]) -> dict[str, str]:
    """Tags that tell how often the test set had been opened, this time included; ``unknown`` if so."""
    openings = metrics["test_openings"]
    by_variant, by_any = (openings[key] or "unknown" for key in ("by_variant", "by_any_variant"))
    return {"test_openings": str(by_variant), "test_openings_by_any_variant": str(by_any)}


def leakage_tags(metrics: Mapping[str, Any]) -> dict[str, str]:
    """Tags that tell what a published split leaks; none under another protocol."""
    leaks = metrics["leakage"]
    if leaks is None:
        return {}
    twins, known = leaks["test_images_with_twin_outside_test"], leaks["test_images_with_known_subject"]
    return {
        "leakage_twins": f"{twins} of {leaks['test_images']} test images",
        "leakage_subjects": f"{leaks['test_images_with_subject_outside_test']} of {known} test images "
        f"with a known patient or lesion",
    }


def version_tags(says: Preprocessing, metrics: Mapping[str, Any]) -> dict[str, str]:
    """Tags of a version of a registered model: where it is from, and what it comes to.

    Figures are written as ``0.9123 (0.8811 to 0.9402)``, with the interval where there is one.

    Args:
        says: Content of ``preprocessing.json``.
        metrics: Content of ``metrics.json``.
    """
    names = (
        "cohort", "protocol", "variant", "seed", "fold", "splits_hash", "data_hash", "git_commit",
        "licence", "citation", "selection_split", "synthetic",
    )  # fmt: skip
    origin = {name: getattr(says.trained_on, name) for name in names}
    figures = {
        f"{split}_{name}": _with_interval(metrics[split], name)
        for split in ("test", "validation")
        for name in VERSION_FIGURES
        if metrics.get(split) and metrics[split][name] is not None
    }
    return {name: str(value) for name, value in origin.items() if value is not None} | figures


def _with_interval(figures: Mapping[str, Any], name: str) -> str:
    interval = figures["intervals"].get(name)
    between = f" ({interval['low']:.4f} to {interval['high']:.4f})" if interval else ""
    return f"{figures[name]:.4f}{between}"


def tracked_metrics(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Final figures in groups: ``test/accuracy``, ``validation/macro_f1`` … and ``test_f1/<class>``.

    The ends of their intervals are ``test_intervals/accuracy_low`` and ``test_intervals/accuracy_high``.
    """
    flat: dict[str, float] = {}
    for split in ("test", "validation"):
        figures = metrics.get(split)
        if figures is None:
            continue
        flat |= {
            f"{split}/{name}": float(value)
            for name, value in figures.items()
            if isinstance(value, int | float)
        }
        for name, interval in figures["intervals"].items():
            flat |= {f"{split}_intervals/{name}_{end}": interval[end] for end in ("low", "high")}
        for label, of_class in figures["per_class"].items():
            flat[f"{split}_f1/{label}"] = float(of_class["f1"])
    return flat


def artifact_folder(noun: str) -> str:
    """Where the pages of a run show an output of an experiment: what one wants first comes first."""
    return next((folder for folder, nouns in FOLDERS.items() if noun in nouns), OTHERS)
