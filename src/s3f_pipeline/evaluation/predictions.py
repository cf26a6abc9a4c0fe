"""The table of predictions: its columns, and what must hold before anything is computed."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s3f_pipeline.errors import EvaluationError

_SUM_TOLERANCE = 1e-3  # float32 softmax over a dozen classes stays below 1e-5


def probability_column(class_name: str) -> str:
    """Name of the column with the probability of a class."""
    return f"p_{class_name}"


def calibrated_column(class_name: str) -> str:
    """Name of the column with the probability of a class at the temperature fitted on validation."""
    return f"calibrated_{class_name}"


def class_probabilities(predictions: pd.DataFrame, classes: Sequence[str]) -> NDArray[np.float64]:
    """Probabilities, shape (rows, classes), with the columns in the order of ``classes``."""
    return predictions[[probability_column(name) for name in classes]].to_numpy(np.float64)


def class_indices(names: pd.Series, classes: Sequence[str]) -> NDArray[np.int64]:
    """Position of every name in ``classes``, shape (rows,)."""
    return pd.Index(classes).get_indexer(pd.Index(names)).astype(np.int64)


def predictions_table(
    rows: pd.DataFrame, labels: Sequence[str], probabilities: np.ndarray, classes: Sequence[str]
) -> pd.DataFrame:
    """Make the table of predictions of some images.

    Args:
        rows: ``image_id``, ``group`` and ``split`` of each image.
        labels: True class name of each image.
        probabilities: Of each class, shape (n, classes), in order of ``classes``.
        classes: Class names of the cohort.

    Returns:
        The columns that ``check_predictions`` wants; the most probable class is ``predicted``.
    """
    table = rows[["image_id", "group", "split"]].reset_index(drop=True)
    table["label"] = list(labels)
    table["predicted"] = [classes[number] for number in probabilities.argmax(axis=1)]
    for number, name in enumerate(classes):
        table[probability_column(name)] = probabilities[:, number]
    return table


def check_predictions(predictions: pd.DataFrame, classes: Sequence[str]) -> None:
    """Refuse a table of predictions that no metric should be computed from.

    Args:
        predictions: Columns ``image_id``, ``group``, ``split``, ``label`` and ``predicted``
            (class names), and one ``p_<class>`` per class with a probability in [0, 1].
        classes: Class names of the cohort, in its order.

    Raises:
        EvaluationError: If the table is empty, lacks a column, mixes splits, names a class that
            the cohort does not have, has probabilities that are NaN, outside [0, 1] or do not
            sum to 1, or a ``predicted`` class that is not the first of the most probable ones.
    """
    columns = ["image_id", "group", "split", "label", "predicted"]
    columns += [probability_column(name) for name in classes]
    missing = [column for column in columns if column not in predictions.columns]
    if missing:
        raise EvaluationError(
            f"The predictions lack the columns {', '.join(missing)}. "
            f"Predict again with the classes of this cohort: {', '.join(classes)}."
        )
    if predictions.empty:
        raise EvaluationError(
            "The predictions have no rows. Check that the split that was evaluated has images."
        )
    splits = predictions["split"].unique()
    if len(splits) > 1:
        raise EvaluationError(
            f"The predictions mix the splits {', '.join(map(str, splits))}. Evaluate one at a time."
        )
    _check_class_names(predictions, classes)
    _check_probabilities(predictions, classes)


def _check_class_names(predictions: pd.DataFrame, classes: Sequence[str]) -> None:
    for column in ("label", "predicted"):
        unknown = predictions.loc[~predictions[column].isin(list(classes)), column].unique()
        if len(unknown):
            raise EvaluationError(
                f"Column '{column}' of the predictions has classes that the cohort does not have: "
                f"{', '.join(map(str, unknown))}. Its classes are {', '.join(classes)}."
            )


def _check_probabilities(predictions: pd.DataFrame, classes: Sequence[str]) -> None:
    probabilities = class_probabilities(predictions, classes)
    image_ids = predictions["image_id"].to_numpy()

    # Negated comparisons, so that NaN counts as wrong.
    wrong = ~((probabilities >= 0) & (probabilities <= 1)).all(axis=1)
    wrong |= ~(np.abs(probabilities.sum(axis=1) - 1) <= _SUM_TOLERANCE)
    if wrong.any():
        first = wrong.argmax()
        raise EvaluationError(
            f"{wrong.sum()} of {len(wrong)} predictions have probabilities that are NaN, outside "
            f"[0, 1] or do not sum to 1, first for image '{image_ids[first]}': "
            f"{probabilities[first].tolist()}. Training may have diverged: look at its loss."
        )

    wrong = class_indices(predictions["predicted"], classes) != probabilities.argmax(axis=1)
    if wrong.any():
        first = wrong.argmax()
        raise EvaluationError(
            f"Column 'predicted' is not the most probable class (of equals the first) in {wrong.sum()} of "
            f"{len(wrong)} predictions, first for image '{image_ids[first]}': "
            f"'{predictions['predicted'].iloc[first]}' with {probabilities[first].tolist()} for "
            f"{', '.join(classes)}. Check that the order of the classes is that of the network."
        )
