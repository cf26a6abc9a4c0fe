"""What the Datasets tab of a run shows: the cohort, side by side of its split."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from s3f_pipeline.splits.guarantee import guarantee_total

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput

LONGEST_DIGEST = 36
CONTEXTS = {"train": "training", "validation": "validation", "test": "testing"}
"""What MLflow calls the use of each side."""


def dataset_facts(training: Mapping[str, Any], source: str) -> list[dict[str, str]]:
    """Say of each side of the split which images it has, and what keeps them apart from the other sides.

    Args:
        training: Content of ``training.json``.
        source: Where a person finds the data set.

    Returns:
        For each side ``name``, ``digest``, ``source``, ``schema``, ``profile`` (JSON) and ``context``.
    """
    tensor = {"type": "tensor", "tensor-spec": {"dtype": "uint8", "shape": [-1, *training["input_shape"]]}}
    schema = {"mlflow_tensorspec": {"features": json.dumps([tensor]), "targets": None}}
    return [
        {
            "name": f"{training['cohort']} {side}",
            "digest": str(training["data_hash"])[:LONGEST_DIGEST],
            "source": json.dumps({"url": source}),
            "schema": json.dumps(schema),
            "profile": json.dumps(
                {
                    "data_hash": training["data_hash"],
                    "protocol": training["protocol"],
                    "fold": training["fold"],
                    "splits_hash": training["splits_hash"],
                    "images": sum(guarantee_total({side: classes}).values()),
                    "images_by_class": {name: sum(levels.values()) for name, levels in classes.items()},
                    "kept_apart_by": guarantee_total({side: classes}),
                }
            ),
            "context": CONTEXTS[side],
        }
        for side, classes in training["guarantee"].items()
    ]


def dataset_input(facts: Mapping[str, str]) -> "DatasetInput":
    """Make what MLflow takes of one of ``dataset_facts``."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    named = {name: facts[name] for name in ("name", "digest", "source", "schema", "profile")}
    tag = InputTag("mlflow.data.context", facts["context"])
    return DatasetInput(Dataset(source_type="http", **named), [tag])
