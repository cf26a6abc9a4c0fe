"""The head of a model card that programs read: ``model-index``, in the form of the Hugging Face Hub.

The form is that of ``modelcard.md`` in github.com/huggingface/hub-docs: ``args`` of a metric are what
computes it. What the form has no place for (split, groups, intervals) stands in a block of our own.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml

from s3f_pipeline.bundle.preprocessing import Preprocessing
from s3f_pipeline.evaluation.names import full_metric_name
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
    "brier": ("brier_score", {"scale_by_half": False}),
    "ece": ("expected_calibration_error", {}),
}
"""What the Hub calls a metric, and what scikit-learn takes to compute it.

``balanced_accuracy`` and ``expected_calibration_error`` are not among the Hub's own metrics.
"""
OWN = "s3f_evaluation"
"""The block that is not the Hub's."""


def front_matter(says: Preprocessing, metrics: Metrics) -> str:
    """Write the block between ``---`` that begins a model card.

    Args:
        says: Content of ``preprocessing.json``.
        metrics: Of the run.

    Returns:
        YAML; every value is that of ``metrics.json``, and one that does not exist is left out.
    """
    trained = says.trained_on
    tags = [says.network, trained.cohort, "synthetic" if trained.synthetic else "medical"]
    content = {
        **_licence(synthetic=trained.synthetic),
        "library_name": "keras",
        "pipeline_tag": "image-classification",
        "tags": tags,
        "model-index": [{"name": says.name, "results": [_result(says, metrics)]}],
        OWN: _own(says, metrics),
    }
    return f"---\n{yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=1000)}---\n"


def _licence(*, synthetic: bool) -> dict[str, str]:
    """The weights are derived from the images, whose licence the bundle tells in a file of its own."""
    if synthetic:
        return {"license": "mit"}
    return {"license": "other", "license_name": "see-licence-of-training-images"}


def _result(says: Preprocessing, metrics: Metrics) -> dict[str, Any]:
    trained = says.trained_on
    title = one_line(trained.title)
    return {
        "task": {"type": "image-classification", "name": "Image classification"},
        "dataset": {
            "type": f"{trained.cohort}-phantoms" if trained.synthetic else trained.cohort,
            "name": f"Synthetic phantoms in the layout of {title}" if trained.synthetic else title,
            "split": "test",
            "revision": trained.data_hash,
        },
        "metrics": list(_figures(says, metrics)),
    }


def _figures(says: Preprocessing, metrics: Metrics) -> Iterator[dict[str, Any]]:
    for name, (kind, taken) in TYPES.items():
        if (value := getattr(metrics.test, name)) is not None:
            yield _figure(kind, full_metric_name(name), value, taken)
    if positive := metrics.test.positive:
        negative_class, positive_class = says.classes
        yield _figure("recall", "sensitivity", positive.sensitivity, {"pos_label": positive_class})
        yield _figure("recall", "specificity", positive.specificity, {"pos_label": negative_class})


def _figure(kind: str, name: str, value: float, taken: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": kind, "value": value, "name": name, **({"args": dict(taken)} if taken else {})}


def _own(says: Preprocessing, metrics: Metrics) -> dict[str, Any]:
    trained, test = says.trained_on, metrics.test
    found = _ends(test.intervals, TYPES)
    if test.positive:
        found |= _ends(test.positive.intervals, ("sensitivity", "specificity"))
    return {
        "protocol": trained.protocol,
        "selection_split": trained.selection_split,
        "splits_hash": trained.splits_hash,
        "images": test.n,
        "groups": test.groups,
        "intervals_95": found,
    }


def _ends(intervals: Intervals, names: Iterable[str]) -> dict[str, list[float]]:
    return {name: [intervals[name].low, intervals[name].high] for name in names if name in intervals}
