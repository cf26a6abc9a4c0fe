"""Curves as tables, for tools that draw their own plots."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.metrics import roc_curve

from s3f_pipeline.evaluation.predictions import check_predictions, class_probabilities

FALSE_POSITIVE_RATES = np.linspace(0, 1, 101)


def mean_roc(
    predictions: pd.DataFrame, classes: Sequence[str], *, positive_class: str | None = None
) -> pd.DataFrame:
    """Receiver operating characteristic, the mean over the classes, each against the rest.

    Sensitivities are interpolated at 101 even false positive rates and averaged without weights
    (macro average). With a positive class its curve alone is taken.

    Args:
        predictions: The rows of one split, as ``check_predictions`` wants them.
        classes: Class names of the cohort.
        positive_class: The class of a sigmoid output.

    Returns:
        ``false_positive_rate`` and ``sensitivity``, both in [0, 1]; the sensitivity is NaN where no class
        has images inside and outside of it.

    Raises:
        EvaluationError: If the table fails ``check_predictions``.
    """
    check_predictions(predictions, classes)
    probabilities = class_probabilities(predictions, classes)
    curves = []
    for number, name in enumerate(classes):
        is_class = (predictions["label"] == name).to_numpy(dtype=bool)
        if positive_class in (None, name) and is_class.any() and not is_class.all():
            rates, sensitivities, _ = roc_curve(is_class, probabilities[:, number])
            curves.append(np.interp(FALSE_POSITIVE_RATES, rates, sensitivities))
    mean = np.mean(curves, axis=0) if curves else np.nan
    return pd.DataFrame({"false_positive_rate": FALSE_POSITIVE_RATES, "sensitivity": mean})
