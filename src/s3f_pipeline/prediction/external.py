"""External validation: how a network does on labelled images of others, and how their greys differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s3f_pipeline.bundle.likeness import grey_distance
from s3f_pipeline.bundle.preprocessing import Preprocessing
from s3f_pipeline.evaluation.calibration_block import calibration_block
from s3f_pipeline.evaluation.estimates import estimates
from s3f_pipeline.evaluation.metrics import compute_metrics
from s3f_pipeline.evaluation.operating import threshold_figures
from s3f_pipeline.evaluation.operating_block import POSITIVE
from s3f_pipeline.evaluation.predictions import probability_column
from s3f_pipeline.evaluation.ratios import ratios
from s3f_pipeline.evaluation.resampling import weights_with_itself
from s3f_pipeline.evaluation.sample import Sample
from s3f_pipeline.prediction.decisions import set_column

SPLIT = "external"


@dataclass(frozen=True)
class Draws:
    """How intervals are made, as ``EvaluationConfig`` says."""

    replicates: int
    confidence: float
    seed: int


def evaluate(
    table: pd.DataFrame,
    labels: Sequence[str],
    groups: Sequence[str | None] | None,
    members: Sequence[Preprocessing],
    draws: Draws,
) -> dict[str, Any]:
    """Compute the metrics of labelled images with their intervals.

    Args:
        table: As ``decide``.
        labels: Class name of each row.
        groups: Patient of each row, null where not known; ``None``: each image stands alone.
        members: What each bundle says of itself.
        draws: Of the intervals.

    Returns:
        ``metrics`` as ``compute_metrics``, and ``metrics_without_twins`` of the images that are not alike to
        a training image (``None`` where none or all are); ``calibration`` as ``calibration_block``,
        calibrated by the temperature of a single network; ``in_the_large``, per class the share of images
        and the mean probability; ``sets`` {``coverage``, ``intervals``, ``mean_size``, ``per_class``}
        (``None`` without sets); ``operating_point`` at the threshold that validation chose, ``None`` without.
    """
    says = members[0]
    classes, positive = says.classes, says.positive_class
    predictions = table.assign(
        image_id=table["image"], group=_groups(table["image"], groups), split=SPLIT, label=list(labels)
    )
    sample = Sample.of(predictions, classes)
    weights = weights_with_itself(sample.labels, sample.groups, replicates=draws.replicates, seed=draws.seed)
    is_new = ~table["twin"].fillna(False).astype(bool)
    of_new = predictions[is_new] if 0 < is_new.sum() < len(table) else None
    measured = [
        None if rows is None else compute_metrics(rows, classes, positive_class=positive, **vars(draws))
        for rows in (predictions, of_new)
    ]
    return {
        "metrics": measured[0],
        "metrics_without_twins": measured[1],
        "calibration": calibration_block(
            sample,
            weights,
            classes,
            temperature=says.decisions.temperature if len(members) == 1 else None,
            confidence=draws.confidence,
            positive=POSITIVE if positive else None,
        ),
        "in_the_large": {
            name: {
                "share": float((sample.labels == number).mean()),
                "mean_probability": float(table[probability_column(name)].mean()),
            }
            for number, name in enumerate(classes)
        },
        "sets": _sets(table, sample, weights, classes, draws.confidence),
        "operating_point": _operating_point(table, sample, weights, says, draws.confidence),
    }


def drift(greys: NDArray[np.float32], says: Preprocessing) -> dict[str, Any]:
    """Compare the grey values of images with those of the training images.

    Args:
        greys: Shares of bands of each image, shape (n, bands).
        says: Of the network.

    Returns:
        ``distance`` (Wasserstein, in grey levels), ``validation_distance`` (that of the validation images,
        for scale; ``None`` without), ``mean`` and ``training_mean`` (grey levels).
    """
    training, now = np.array(says.references.grey_levels), greys.mean(axis=0, dtype=np.float64)
    centres = (np.arange(len(training)) + 0.5) * 256 / len(training)
    return {
        "distance": grey_distance(now, training),
        "validation_distance": says.references.grey_distance,
        "mean": float(now @ centres),
        "training_mean": float(training @ centres),
    }


def _groups(images: pd.Series, groups: Sequence[str | None] | None) -> pd.Series:
    """The patient, or the image where none is known."""
    if groups is None:
        return images
    known = pd.Series(list(groups), index=images.index, dtype="string")
    return ("patient " + known).fillna("image " + images.astype("string"))


def _sets(
    table: pd.DataFrame, sample: Sample, weights: NDArray[np.int32], classes: Sequence[str], confidence: float
) -> dict[str, Any] | None:
    """Share of images whose set has their class, groups weighing the same as in the promise."""
    columns = table[[set_column(name) for name in classes]]
    if columns.isna().to_numpy().any():
        return None
    sets = columns.to_numpy(bool)
    covered = sets[np.arange(len(sets)), sample.labels]
    found = ratios((covered * sample.shares)[:, None], sample.shares[:, None], sample.groups, weights)
    return {
        **estimates({"coverage": found[:, 0]}, sample.groups, confidence=confidence),
        "mean_size": float(sets.sum(axis=1).mean()),
        "per_class": {
            name: float(covered[sample.labels == number].mean()) if (sample.labels == number).any() else None
            for number, name in enumerate(classes)
        },
    }


def _operating_point(
    table: pd.DataFrame, sample: Sample, weights: NDArray[np.int32], says: Preprocessing, confidence: float
) -> dict[str, Any] | None:
    if table["positive"].isna().any():
        return None
    is_positive, is_called = sample.labels == POSITIVE, table["positive"].to_numpy(bool)
    among = {"sensitivity": is_positive, "specificity": ~is_positive, "ppv": is_called, "npv": ~is_called}
    figures = threshold_figures(is_positive, is_called, sample.groups, weights)
    return {
        "threshold": says.decisions.threshold,
        **estimates(figures, sample.groups, about=among, confidence=confidence),
    }
