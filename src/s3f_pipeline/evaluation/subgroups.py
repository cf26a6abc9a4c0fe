"""Figures of the images of one sex, age band, site, plane …: the block ``subgroups`` of the metrics.

A difference between two subgroups is only as sure as their intervals, and whoever looks at many of them finds
some by chance: the figures show where to look, they prove no difference.
"""

from bisect import bisect
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from s3f_pipeline.errors import EvaluationError
from s3f_pipeline.evaluation.blocks import overall_block
from s3f_pipeline.evaluation.estimates import LEAST_GROUPS
from s3f_pipeline.evaluation.replicates import replicate_figures
from s3f_pipeline.evaluation.resampling import weights_with_itself
from s3f_pipeline.evaluation.sample import Sample

FIGURES = ("accuracy", "balanced_accuracy", "auc_macro", "loss")
UNKNOWN = "not stated"
MOST_LEVELS = 30
WEIGHTED_IMAGES = 5_000_000
"""Images times replicates of one subgroup: of a very large one fewer replicates will do."""
LEAST_REPLICATES = 200


def subgroup_names(rows: pd.DataFrame, columns: Mapping[str, Sequence[float]]) -> dict[str, pd.Categorical]:
    """In which subgroup each image is, by column.

    Args:
        rows: The index, one row per image.
        columns: Names of columns, each with the ascending borders of bands of a numeric column, or none for
            its values as they are.

    Returns:
        Of each column in which something is stated a name per image: a value, a band such as ``40 to under
        60``, or ``not stated``; the categories are in the order in which tables show them.

    Raises:
        EvaluationError: If the index has no such column, a banded one has other values than numbers, or an
            unbanded one has more than ``MOST_LEVELS`` values.
    """
    if missing := [name for name in columns if name not in rows]:
        raise EvaluationError(
            f"The cohort's block names subgroups by {', '.join(missing)}, and its index has no such column. "
            f"It has {', '.join(map(str, rows.columns))}."
        )
    return {
        name: _names(rows[name], borders) for name, borders in columns.items() if rows[name].notna().any()
    }


def subgroups_block(
    test: Sample,
    names: Mapping[str, pd.Categorical],
    classes: Sequence[str],
    *,
    replicates: int,
    confidence: float,
    seed: int,
) -> dict[str, dict[str, Any]]:
    """Figures of each subgroup of the test images.

    Args:
        test: The test images.
        names: Of each column the subgroup of each test image, as ``subgroup_names`` returns them.
        classes: Class names of the cohort.
        replicates: How often groups are drawn for the intervals.
        confidence: Nominal coverage of the intervals, inside (0, 1).
        seed: Of the draws.

    Returns:
        Column -> subgroup -> ``n`` (images), ``groups``, ``support`` {class: images}, ``too_small`` (fewer
        than 30 groups), ``accuracy``, ``balanced_accuracy`` (of the classes that occur), ``auc_macro``
        (``None`` unless all occur), ``loss``, ``intervals``.
    """
    return {
        column: {
            name: _figures(
                test.where(of_images.codes == code), classes, replicates, confidence=confidence, seed=seed
            )
            for code, name in enumerate(of_images.categories)
            if (of_images.codes == code).any()
        }
        for column, of_images in names.items()
    }


def _figures(
    sample: Sample, classes: Sequence[str], replicates: int, *, confidence: float, seed: int
) -> dict[str, Any]:
    enough = max(LEAST_REPLICATES, WEIGHTED_IMAGES // len(sample.labels))
    weights = weights_with_itself(sample.labels, sample.groups, replicates=min(replicates, enough), seed=seed)
    found = replicate_figures(sample.labels, sample.probabilities, sample.groups, weights)
    stated = overall_block(found, sample, confidence)
    support = np.bincount(sample.labels, minlength=len(classes))
    return {
        "n": len(sample.labels),
        "groups": sample.n_groups,
        "support": {name: int(images) for name, images in zip(classes, support, strict=True)},
        "too_small": sample.n_groups < LEAST_GROUPS,
        **{name: stated[name] for name in FIGURES},
        "intervals": {name: one for name, one in stated["intervals"].items() if name in FIGURES},
    }


def _names(values: pd.Series, borders: Sequence[float]) -> pd.Categorical:
    if borders:
        names, order = _banded(values, borders)
    else:
        names = values.astype("string")
        order = sorted(names.dropna().unique())
        if len(order) > MOST_LEVELS:
            raise EvaluationError(
                f"Column {values.name} of the index has {len(order)} values, too many for subgroups. Give "
                f"borders of bands in the cohort's subgroups, or leave the column out of them."
            )
    return pd.Categorical(names.fillna(UNKNOWN), categories=list(dict.fromkeys([*order, UNKNOWN])))


def _banded(values: pd.Series, borders: Sequence[float]) -> tuple[pd.Series, list[str]]:
    numbers = pd.to_numeric(values, errors="coerce").astype("Float64")
    if (values.notna() & numbers.isna()).any():
        raise EvaluationError(
            f"Column {values.name} of the index has values that are no numbers, of which no bands can be "
            f"made. Give no borders for it in the cohort's subgroups."
        )
    bands = [f"under {borders[0]:g}"]
    bands += [f"{low:g} to under {high:g}" for low, high in pairwise(borders)]
    bands += [f"{borders[-1]:g} and over"]
    names = numbers.map(lambda number: bands[bisect(borders, number)], na_action="ignore")
    return names.astype("string"), bands
