"""The head of a model card that programs read: ``model-index``, in the form of the Hugging Face Hub."""

from collections.abc import Iterator
from typing import Any

import yaml

from s3f_pipeline.bundle.contents import LICENCE
from s3f_pipeline.bundle.preprocessing import Preprocessing
from s3f_pipeline.evaluation.names import metric_name
from s3f_pipeline.results.intervals import Intervals
from s3f_pipeline.results.metrics import Metrics
from s3f_pipeline.text import one_line

TYPES: dict[str, tuple[str, dict[str, Any]]] = {
    "accuracy": ("accuracy", {}),
    "balanced_accuracy": ("balanced_accuracy", {}),
    "macro_f1": ("f1", {"average": "macro"}),
    "weighted_f1": ("f1", {"average": "weighted"}),
    "mcc": ("matthews_correlation", {}),
    "auc_macro": ("roc_auc", {"average": "macro", "multi_class": "ovr"}),
    "brier": ("brier_score", {}),
    "ece": ("expected_calibration_error", {}),
}
"""What the Hub calls a metric, and how it is taken."""


def front_matter(says: Preprocessing, metrics: Metrics) -> str:
    """Write the block between ``---`` that begins a model card.

    Args:
        says: Content of ``preprocessing.json``.
        metrics: Of the run.

    Returns:
        YAML; every value is that of ``metrics.json``, and one that does not exist is left out.
    """
    trained = says.trained_on
    title = one_line(trained.title)
    result = {
        "task": {"type": "image-classification", "name": "Image classification"},
        "dataset": {
            "type": trained.cohort,
            "name": title,
            "split": "test",
            "revision": trained.data_hash,
            "args": {
                "protocol": trained.protocol,
                "splits_hash": trained.splits_hash,
                "images": metrics.test.n,
                "groups": metrics.test.groups,
            },
        },
        "metrics": list(_figures(metrics)),
    }
    content = {
        "license": "other",
        "license_name": "see-licence-file",
        "license_link": LICENCE,
        "library_name": "keras",
        "pipeline_tag": "image-classification",
        "tags": ["medical", says.network, trained.cohort, *(["synthetic"] if trained.synthetic else [])],
        "model-index": [{"name": says.name, "results": [result]}],
    }
    return f"---\n{yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=1000)}---\n"


def _figures(metrics: Metrics) -> Iterator[dict[str, Any]]:
    test = metrics.test
    for name, (kind, taken) in TYPES.items():
        if (value := getattr(test, name)) is not None:
            yield _figure(kind, metric_name(name), value, taken | _ends(test.intervals, name))
    if test.positive:
        for name in ("sensitivity", "specificity"):
            ends = _ends(test.positive.intervals, name)
            yield _figure(name, metric_name(name), getattr(test.positive, name), ends)


def _figure(kind: str, name: str, value: float, taken: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "name": name, "value": value, **({"args": taken} if taken else {})}


def _ends(intervals: Intervals, name: str) -> dict[str, float]:
    if name not in intervals:
        return {}
    return {"interval_low": intervals[name].low, "interval_high": intervals[name].high}
