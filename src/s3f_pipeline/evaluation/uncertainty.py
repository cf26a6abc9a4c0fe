"""How far probabilities and decisions of one network can be relied on, from its table of predictions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s3f_pipeline.evaluation.calibration_block import calibration_block
from s3f_pipeline.evaluation.conformal_block import conformal_block
from s3f_pipeline.evaluation.decision_curve_block import decision_curve_block
from s3f_pipeline.evaluation.operating_block import POSITIVE, operating_block
from s3f_pipeline.evaluation.predictions import calibrated_column
from s3f_pipeline.evaluation.resampling import weights_with_itself
from s3f_pipeline.evaluation.sample import Sample
from s3f_pipeline.evaluation.subgroups import subgroup_names, subgroups_block
from s3f_pipeline.evaluation.temperature import fit_temperature, scale


def with_calibrated(predictions: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """Add a column ``calibrated_<class>`` per class: its probability at the temperature of validation.

    Args:
        predictions: Of validation and test images, columns as ``check_predictions`` wants them.
        classes: Class names of the cohort.

    Returns:
        The table as it is where there are no validation images.
    """
    validation, _ = _samples(predictions, classes)
    if validation is None:
        return predictions
    temperature = fit_temperature(validation.labels, validation.probabilities)
    scaled = scale(Sample.of(predictions, classes).probabilities, temperature)
    columns = {calibrated_column(name): scaled[:, number] for number, name in enumerate(classes)}
    return predictions.assign(**columns)


@dataclass(frozen=True)
class Asked:
    """What is asked of the predictions, and how it is computed.

    Attributes:
        is_binary: Whether the second of two classes is the positive one.
        validation_chose_epoch: Whether the epoch was chosen on the validation images.
        subgroups: As ``subgroup_names``.
        prevalence: Of the positive class where the network would be used; ``None``: no decision curve.
        thresholds: As ``decision_curve_block``.
        conformal_level: Promised rate of the conformal sets, inside (0, 1).
        confidence: Nominal coverage of intervals, inside (0, 1).
        replicates: How often groups are drawn for the intervals.
        seed: Of the draws.
    """

    is_binary: bool
    validation_chose_epoch: bool
    subgroups: Mapping[str, Sequence[float]]
    prevalence: float | None
    thresholds: tuple[float, float] | None
    conformal_level: float
    confidence: float
    replicates: int
    seed: int


def uncertainty_blocks(
    predictions: pd.DataFrame, index: pd.DataFrame, classes: Sequence[str], asked: Asked
) -> dict[str, Any]:
    """Calibration, conformal sets, operating points, decision curve and subgroups of the test images.

    Args:
        predictions: Of validation and test images, columns as ``check_predictions`` wants them.
        index: Of the cohort.
        classes: Class names of the cohort.
        asked: What is asked for.

    Returns:
        ``calibration``, ``conformal`` (``None`` without validation images), ``operating_point`` (``None``
        without a positive class), ``decision_curve`` (``None`` where it is not asked for or cannot be drawn)
        and ``subgroups``.

    Raises:
        EvaluationError: As ``subgroup_names``.
    """
    validation, test = _samples(predictions, classes)
    rows = index.set_index("image_id").loc[predictions.loc[predictions["split"] == "test", "image_id"]]
    draws = {"replicates": asked.replicates, "seed": asked.seed}
    weights = weights_with_itself(test.labels, test.groups, **draws)
    confidence = asked.confidence
    temperature = None
    by_validation: dict[str, Any] = {"conformal": None, "decision_curve": None}
    if validation is not None:
        temperature = fit_temperature(validation.labels, validation.probabilities)
        is_official = bool((rows["official_split"] == "test").fillna(False).all())
        by_validation = {
            "conformal": conformal_block(
                validation,
                test,
                weights,
                classes,
                level=asked.conformal_level,
                confidence=confidence,
                official_test=is_official,
                validation_chose_epoch=asked.validation_chose_epoch,
            ),
            "decision_curve": _decision_curve(validation, test, weights, temperature, asked),
        }
    positive = POSITIVE if asked.is_binary else None
    point = operating_block(validation, test, weights, confidence=confidence) if asked.is_binary else None
    names = subgroup_names(rows, asked.subgroups)
    return {
        "calibration": calibration_block(
            test, weights, classes, temperature=temperature, confidence=confidence, positive=positive
        ),
        **by_validation,
        "operating_point": point,
        "subgroups": subgroups_block(test, names, classes, confidence=confidence, **draws),
    }


def _decision_curve(
    validation: Sample, test: Sample, weights: NDArray[np.int32], temperature: float, asked: Asked
) -> dict[str, Any] | None:
    if asked.prevalence is None or asked.thresholds is None:
        return None
    return decision_curve_block(
        validation,
        test,
        weights,
        temperature=temperature,
        prevalence=asked.prevalence,
        thresholds=asked.thresholds,
        confidence=asked.confidence,
    )


def _samples(predictions: pd.DataFrame, classes: Sequence[str]) -> tuple[Sample | None, Sample]:
    """Validation images, ``None`` where there are none, and test images."""
    validation, test = (predictions[predictions["split"] == split] for split in ("validation", "test"))
    return (Sample.of(validation, classes) if len(validation) else None), Sample.of(test, classes)
