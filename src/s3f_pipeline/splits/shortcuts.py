"""What predicts the class without the picture: facts of patients, of files, and the border of images.

Where one does, a network can be right for a reason that will not hold elsewhere.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s3f_pipeline.evaluation.intervals import percentile_interval
from s3f_pipeline.evaluation.replicates import replicate_figures
from s3f_pipeline.evaluation.resampling import group_strata, weights_with_itself

BORDER = 32
"""The border is this part of the side, at each side."""
CONFIDENCE = 0.95
FOLDS = 5
LEAST_GROUPS = 10
"""Of each class, below which nothing is predicted."""
MOST_KINDS = 30
"""Values of a text field that are told apart, the most frequent ones; the rest are one kind."""


@dataclass(frozen=True)
class Shortcut:
    """How well a few facts predict the class.

    Attributes:
        name: What was looked at.
        columns: Of the index; empty for the border.
        images: That have been predicted.
        auc: Area under the ROC curve, the mean over the classes, each against the rest; ``None`` where
            nothing could be predicted.
        low: Lower end of its 95 % interval over groups.
        high: Upper end.
        predicts: Whether the interval lies above one half.
        note: Why there is no figure.
    """

    name: str
    columns: tuple[str, ...]
    images: int
    auc: float | None = None
    low: float | None = None
    high: float | None = None
    predicts: bool = False
    note: str | None = None


def shortcut_audit(
    index: pd.DataFrame,
    thumbnails: np.ndarray,
    splits: pd.DataFrame,
    classes: Sequence[str],
    *,
    fields: Sequence[str],
    seed: int = 0,
) -> list[dict[str, Any]]:
    """Try to predict the class of training and validation images from everything but the picture.

    A small model (boosted trees of depth 3) learns from each kind of facts alone, in a cross-validation over
    groups. Test images are not looked at.

    Args:
        index: One row per image, in the order of the thumbnails, with ``image_id``, ``label``, ``height``,
            ``width``, ``file_bytes`` and ``encoder``.
        thumbnails: uint8 of shape (N, T, T).
        splits: With ``image_id``, ``group`` and ``split``.
        classes: Of the cohort.
        fields: Columns of the index that describe patients or the examination, such as ``age``.
        seed: Of folds, trees and interval.

    Returns:
        One dictionary per kind of facts, as ``Shortcut`` has it.
    """
    split = splits.set_index("image_id").reindex(index["image_id"])
    rows = np.flatnonzero(split["split"].isin(["train", "validation"]).to_numpy())
    chosen = index.iloc[rows].reset_index(drop=True)
    labels = pd.Index(classes).get_indexer(pd.Index(chosen["label"]))
    groups = pd.factorize(split["group"].iloc[rows])[0]
    kinds = [*_facts_of_files(chosen), *((name, _encoded(chosen[[name]])) for name in fields)]
    kinds.append(("border of the image", pd.DataFrame(border_features(thumbnails, rows))))
    return [asdict(_shortcut(name, facts, labels, groups, classes, seed)) for name, facts in kinds]


def border_features(thumbnails: np.ndarray, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean, standard deviation, share of black and share of white of each of the four borders.

    Args:
        thumbnails: uint8 of shape (N, T, T).
        rows: Of the images, shape (n,).

    Returns:
        Shape (n, 16); top, bottom, left, right.
    """
    width = max(1, thumbnails.shape[1] // BORDER)
    features = np.empty((len(rows), 16))
    for number, row in enumerate(rows):
        image = np.asarray(thumbnails[row])
        sides = (image[:width], image[-width:], image[:, :width], image[:, -width:])
        features[number] = [
            fact
            for side in sides
            for fact in (side.mean(), side.std(), np.mean(side == 0), np.mean(side == 255))
        ]
    return features


def _facts_of_files(index: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    size = index[["height", "width"]].astype(float)
    yield "size of the image", size.assign(aspect=size["width"] / size["height"])
    yield "size of the file", _encoded(index[["file_bytes"]])
    yield "settings of the encoder", _encoded(index[["format", "mode", "encoder"]])


def _encoded(facts: pd.DataFrame) -> pd.DataFrame:
    """Numbers as they are, texts as categories, unknown values as NaN."""
    return pd.DataFrame(
        {
            name: column.astype(float) if _is_number(column) else _kinds(column)
            for name, column in facts.items()
        }
    )


def _is_number(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _kinds(column: pd.Series) -> pd.Series:
    frequent = column.value_counts().index[:MOST_KINDS]
    return column.where(column.isin(frequent) | column.isna(), "other").astype("category")


def _shortcut(
    name: str,
    facts: pd.DataFrame,
    labels: NDArray[np.int64],
    groups: NDArray[np.int64],
    classes: Sequence[str],
    seed: int,
) -> Shortcut:
    columns = tuple(str(column) for column in facts) if facts.columns.dtype.kind != "i" else ()
    known = facts.notna().any(axis=1).to_numpy()
    found = Shortcut(name, columns, int(known.sum()))
    if note := _why_not(facts[known], labels[known], groups[known], classes):
        return Shortcut(name, columns, found.images, note=note)
    kept, groups = labels[known], pd.factorize(groups[known])[0]
    folds = _folds(kept, groups, seed)[groups]
    probabilities = _out_of_fold(facts[known], kept, folds, len(classes), seed)
    weights = weights_with_itself(kept, groups, seed=seed)
    areas = _mean_areas(kept, probabilities, groups, folds, weights)
    low, high = percentile_interval(areas, CONFIDENCE)
    return Shortcut(name, columns, found.images, float(areas[0]), low, high, predicts=low > 0.5)


def _why_not(
    facts: pd.DataFrame, labels: NDArray[np.int64], groups: NDArray[np.int64], classes: Sequence[str]
) -> str | None:
    if facts.empty:
        return "not known"
    by_class = pd.Series(groups).groupby(labels).nunique().reindex(range(len(classes)), fill_value=0)
    if known_in := [name for name, count in zip(classes, by_class, strict=True) if count == 0]:
        return f"not known of any image of class {', '.join(known_in)}"
    if (by_class < LEAST_GROUPS).any():
        return f"fewer than {LEAST_GROUPS} groups of class {classes[int(by_class.argmin())]}"
    if (facts.nunique(dropna=False) <= 1).all():
        return "the same in all images"
    return None


def _out_of_fold(
    facts: pd.DataFrame, labels: NDArray[np.int64], folds: NDArray[np.int64], num_classes: int, seed: int
) -> NDArray[np.float64]:
    """Probabilities of each image by a model that has seen no image of its fold, shape (n, classes)."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    probabilities = np.zeros((len(labels), num_classes))
    for fold in range(FOLDS):
        model = HistGradientBoostingClassifier(
            max_depth=3,
            max_iter=50,
            min_samples_leaf=10,
            categorical_features="from_dtype",
            random_state=seed,
        )
        is_held_out = folds == fold
        model.fit(facts[~is_held_out], labels[~is_held_out])
        probabilities[np.ix_(is_held_out, model.classes_)] = model.predict_proba(facts[is_held_out])
    return probabilities


def _mean_areas(
    labels: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    groups: NDArray[np.int64],
    folds: NDArray[np.int64],
    weights: NDArray[np.int32],
) -> NDArray[np.float64]:
    """Area under the ROC curve, the mean over folds and classes, under each row of weights.

    Images of different folds are not ranked against each other: each of the two models has learned from the
    other image, which puts what tells nothing below one half.
    """
    areas = np.empty((FOLDS, probabilities.shape[1], len(weights)))
    for fold in range(FOLDS):
        inside = folds == fold
        numbers, own = np.unique(groups[inside], return_inverse=True)
        found = replicate_figures(labels[inside], probabilities[inside], own, weights[:, numbers])
        areas[fold] = [found[f"per_class.{number}.auc"] for number in range(areas.shape[1])]
    return np.asarray(np.nanmean(areas, axis=0).mean(axis=0))


def _folds(labels: NDArray[np.int64], groups: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Deal groups of the same classes evenly to the folds, shape (groups,)."""
    strata = group_strata(labels, groups)
    shuffled = np.random.default_rng(seed).permutation(len(strata))
    in_order = shuffled[np.argsort(strata[shuffled], kind="stable")]
    folds = np.empty(len(strata), np.int64)
    folds[in_order] = np.arange(len(strata)) % FOLDS
    return folds
