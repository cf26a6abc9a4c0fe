"""Labels that several networks contradict, of images that they were not trained on."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from s3f_pipeline.evaluation.predictions import class_indices, class_probabilities, probability_column
from s3f_pipeline.explanation.labels import contradicted, suspicious_labels, thresholds_of


def doubted_labels(predictions: Sequence[tuple[str, pd.DataFrame]], classes: Sequence[str]) -> dict[str, Any]:
    """List the labels that the mean of what runs say of held-out images contradicts.

    Over the folds of a cross-validation every image is held out by some run.

    Args:
        predictions: Of each run its network, and its predictions of validation and test images, as
            ``suspicious_labels`` wants them.
        classes: Class names of the cohort.

    Returns:
        ``runs``, ``networks`` {network: its runs}, and as ``suspicious_labels`` of the mean predictions, all
        that are found; each with ``runs`` (that held the image out), ``contradicted_by`` (how many of these
        contradict its label by themselves) and their ``networks``.
    """
    named = Counter(network for network, _ in predictions)
    if not predictions:
        return {"runs": 0, "networks": {}, "images": 0, "found": 0, "thresholds": {}, "listed": []}
    held_out = Counter(image for _, table in predictions for image in table["image_id"].astype(str))
    against: dict[str, list[str]] = {}
    for network, table in predictions:
        for image in _contradicted(table, classes):
            against.setdefault(image, []).append(network)
    found = suspicious_labels(
        _mean([table for _, table in predictions], classes), classes, most=len(held_out)
    )
    for each in found["listed"]:
        image = each["image_id"]
        each["runs"] = held_out[image]
        each["contradicted_by"] = len(against.get(image, []))
        each["networks"] = sorted(set(against.get(image, [])))
    return {"runs": len(predictions), "networks": dict(sorted(named.items())), **found}


def _mean(tables: Sequence[pd.DataFrame], classes: Sequence[str]) -> pd.DataFrame:
    """One row per image: the mean of the predictions; sides on which runs held it out are joined."""
    every = pd.concat([table.astype({"image_id": str}) for table in tables], ignore_index=True)
    by_image = every.groupby("image_id", sort=True)
    mean = by_image[[probability_column(name) for name in classes]].mean()
    mean[["group", "label"]] = by_image[["group", "label"]].first()
    mean["split"] = by_image["split"].agg(lambda sides: " and ".join(sorted(set(sides))))
    return mean.reset_index()


def _contradicted(table: pd.DataFrame, classes: Sequence[str]) -> list[str]:
    labels, probabilities = class_indices(table["label"], classes), class_probabilities(table, classes)
    suggested = contradicted(labels, probabilities, thresholds_of(labels, probabilities))
    return table["image_id"].astype(str).iloc[np.flatnonzero(suggested >= 0)].tolist()
