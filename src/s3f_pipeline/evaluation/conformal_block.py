"""Conformal sets of the test images, calibrated on validation: the block ``conformal`` of the metrics."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2_contingency

from s3f_pipeline.evaluation.conformal import (
    Cutoffs,
    class_cutoffs,
    least_groups,
    marginal_cutoffs,
    prediction_sets,
)
from s3f_pipeline.evaluation.estimates import estimates
from s3f_pipeline.evaluation.ratios import ratios
from s3f_pipeline.evaluation.sample import Sample

SHIFTED = 0.01
"""P-value of equal class shares below which they count as different."""


def conformal_block(
    validation: Sample,
    test: Sample,
    weights: NDArray[np.int32],
    classes: Sequence[str],
    *,
    level: float,
    confidence: float,
    official_test: bool,
    validation_chose_epoch: bool,
) -> dict[str, Any]:
    """What the sets promise, what they keep on the test images, and what speaks against the promise.

    Args:
        validation: The images the cutoffs are found from.
        test: The test images.
        weights: How often each test group counts, shape (1 + replicates, groups), first a row of ones.
        classes: Class names of the cohort.
        level: Promised rate, inside (0, 1).
        confidence: Nominal coverage of the intervals, inside (0, 1).
        official_test: Whether the test set came with the data set, not out of the same draw as validation.
        validation_chose_epoch: Whether the validation images chose the epoch, too.

    Returns:
        ``level``, ``validation_groups``, ``marginal`` (one cutoff for all classes) and ``by_class`` (one for
        each), each as ``_kept``; ``cautions``, sentences.
    """
    of_validation = validation.labels, validation.probabilities, validation.groups
    return {
        "level": level,
        "validation_groups": validation.n_groups,
        "marginal": _kept(test, marginal_cutoffs(*of_validation, level), weights, classes, confidence),
        "by_class": _kept(test, class_cutoffs(*of_validation, level), weights, classes, confidence),
        "cautions": _cautions(
            validation,
            test,
            classes,
            level=level,
            official_test=official_test,
            validation_chose_epoch=validation_chose_epoch,
        ),
    }


def _kept(
    test: Sample, cutoffs: Cutoffs, weights: NDArray[np.int32], classes: Sequence[str], confidence: float
) -> dict[str, Any]:
    """Coverage and size of the sets.

    Returns:
        ``coverage`` (share of images whose set has their class, groups weighing the same, which is what the
        promise is about), ``image_coverage`` (images weighing the same), ``mean_size`` (classes in a set),
        shares of ``empty``, ``single`` and ``full`` sets, ``intervals`` of these, and ``per_class`` {class:
        ``cutoff`` (``None``: it is in every set), ``validation_groups``, ``coverage``, ``intervals``}.
    """
    sets = prediction_sets(test.probabilities, cutoffs)
    size = sets.sum(axis=1)
    covered = sets[np.arange(len(sets)), test.labels]
    by_image = {
        "image_coverage": covered,
        "mean_size": size,
        "empty": size == 0,
        "single": size == 1,
        "full": size == sets.shape[1],
    }
    of_class = np.eye(len(classes))[test.labels]
    class_shares = of_class / np.maximum(_class_counts(test, len(classes))[test.groups], 1)
    denominators = np.column_stack([test.shares, np.ones((len(sets), len(by_image))), class_shares])
    values = np.column_stack([covered, *by_image.values(), *[covered] * len(classes)])
    found = ratios(values * denominators, denominators, test.groups, weights)
    overall = dict(zip(("coverage", *by_image), found.T, strict=False))
    per_class = found[:, len(overall) :].T
    return {
        **estimates(overall, test.groups, confidence=confidence),
        "per_class": {
            name: {
                "cutoff": float(cutoffs.scores[number]) if np.isfinite(cutoffs.scores[number]) else None,
                "validation_groups": int(cutoffs.groups[number]),
                **estimates(
                    {"coverage": per_class[number]}, test.groups[test.labels == number], confidence=confidence
                ),
            }
            for number, name in enumerate(classes)
        },
    }


def _class_counts(sample: Sample, classes: int) -> NDArray[np.int64]:
    """Images of each class in each group, shape (groups, classes)."""
    cells = np.bincount(sample.groups * classes + sample.labels, minlength=sample.n_groups * classes)
    return cells.reshape(-1, classes)


def _cautions(
    validation: Sample,
    test: Sample,
    classes: Sequence[str],
    *,
    level: float,
    official_test: bool,
    validation_chose_epoch: bool,
) -> list[str]:
    """Sentences about what the promise needs and does not have."""
    told = []
    if official_test:
        told.append(
            "The test images came with the data set as its test set: if they are of another origin than the "
            "validation images, nothing is promised of them."
        )
    if _shares_differ(validation, test, len(classes)):
        told.append(
            "The classes are not as frequent in the test images as in the validation images: the promise "
            "over all images does not hold, that of each class does if its images are alike."
        )
    if validation_chose_epoch:
        told.append(
            "The validation images also chose the epoch, so that the network suits them a little better than "
            "new images: coverage may fall somewhat short."
        )
    counts = (_class_counts(validation, len(classes)) > 0).sum(axis=0)
    few = [name for name, groups in zip(classes, counts, strict=True) if groups < least_groups(level)]
    if few:
        told.append(
            f"Fewer than {least_groups(level)} validation groups of {', '.join(few)}: with a cutoff for each "
            f"class it is in every set."
        )
    return told


def _shares_differ(validation: Sample, test: Sample, classes: int) -> bool:
    """Chi-squared test of homogeneity over groups, each counted for the classes that it has."""
    groups = np.array([(_class_counts(sample, classes) > 0).sum(axis=0) for sample in (validation, test)])
    groups = groups[:, groups.any(axis=0)]
    return bool(groups.shape[1] > 1 and chi2_contingency(groups).pvalue < SHIFTED)
