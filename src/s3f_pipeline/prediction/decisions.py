"""From what networks say of images to a table of decisions.

Several networks predict together: their probabilities are averaged; a class is in the set, and an image
flagged, where more than half of them say so. Sets of single networks that hold the true class at a rate of
1 - a make a majority that does so at 1 - 2a at least (Gasparin, Ramdas: Merging uncertainty sets via majority
vote, 2024, arXiv 2401.09379).
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s3f_pipeline.bundle.preprocessing import Preprocessing
from s3f_pipeline.evaluation.conformal import Cutoffs, prediction_sets
from s3f_pipeline.evaluation.predictions import calibrated_column, probability_column
from s3f_pipeline.evaluation.replicates import PROBABILITY_BOUND
from s3f_pipeline.evaluation.temperature import scale
from s3f_pipeline.prediction.ensemble import Arrays

FACTS = ("sha256", "height", "width", "mode")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""With which formulas begin in spreadsheets."""


def set_column(class_name: str) -> str:
    """Name of the column that says whether a class is in the set."""
    return f"set_{class_name}"


def set_level(members: Sequence[Preprocessing]) -> float | None:
    """Rate at which sets hold the true class, ``None`` where a member has no sets or nothing is promised."""
    levels = [member.decisions.conformal.level for member in members if member.decisions.conformal]
    if len(levels) < len(members):
        return None
    level = min(levels)
    if len(members) > 1:
        level = 1 - 2 * (1 - level)
    return level if level > 0 else None


def decide(paths: Sequence[str], outputs: Arrays, members: Sequence[Preprocessing]) -> pd.DataFrame:
    """Make the table of predictions.

    Args:
        paths: Of the images.
        outputs: As ``Ensemble.predict``.
        members: What each bundle says of itself.

    Returns:
        One row per image: ``image``; ``predicted``; per class ``p_<class>``, ``calibrated_<class>`` and
        ``set_<class>`` (whether it is in the set); ``entropy`` (of the calibrated probabilities, in nats);
        ``positive`` (by the threshold of a single network with a positive class); ``ood_score`` and ``ood``;
        ``nearest_distance``; ``twin_bits`` and ``twin``; ``sha256``, ``height``, ``width`` and ``mode``. What
        was not decided on validation is null.
    """
    probabilities = outputs["probabilities"].mean(axis=1)
    calibrated = _calibrated(outputs["probabilities"], members)
    classes = members[0].classes
    table = pd.DataFrame({"image": list(paths)})
    table["predicted"] = [classes[number] for number in probabilities.argmax(axis=1)]
    sets = _sets(outputs["probabilities"], members)
    columns = {}
    for number, name in enumerate(classes):
        columns[probability_column(name)] = probabilities[:, number]
        columns[calibrated_column(name)] = calibrated[:, number] if calibrated is not None else np.nan
        columns[set_column(name)] = _nullable(None if sets is None else sets[:, number], len(table))
    stated = probabilities if calibrated is None else calibrated
    columns["entropy"] = -(stated * np.log(np.maximum(stated, PROBABILITY_BOUND))).sum(axis=1)
    columns["positive"] = _nullable(_positive(probabilities, members), len(table))
    columns |= _unlike(outputs, members)
    columns |= {name: outputs[name] for name in FACTS}
    return table.assign(**columns)


def for_spreadsheets(table: pd.DataFrame) -> pd.DataFrame:
    """The table with paths that no spreadsheet takes for a formula: ``=x.png`` becomes ``./=x.png``."""
    risky = table["image"].str.startswith(FORMULA)
    return table.assign(image=table["image"].where(~risky, "./" + table["image"]))


def _calibrated(probabilities: NDArray[np.float64], members: Sequence[Preprocessing]) -> NDArray | None:
    """Mean of the calibrated probabilities, (n, classes); ``None`` where a member has no temperature."""
    temperatures = [member.decisions.temperature for member in members]
    scaled = [
        scale(probabilities[:, number], temperature)
        for number, temperature in enumerate(temperatures)
        if temperature is not None
    ]
    return np.mean(scaled, axis=0) if len(scaled) == len(members) else None


def _sets(probabilities: NDArray[np.float64], members: Sequence[Preprocessing]) -> NDArray[np.bool_] | None:
    """Which classes are in the set of more than half of the members, (n, classes)."""
    if set_level(members) is None:
        return None
    votes = [
        prediction_sets(probabilities[:, number], _cutoffs(sets.marginal, member.classes))
        for number, member in enumerate(members)
        if (sets := member.decisions.conformal)
    ]
    return _majority(np.stack(votes, axis=1))


def _cutoffs(by_class: Mapping[str, float | None], classes: Sequence[str]) -> Cutoffs:
    scores = [np.inf if by_class[name] is None else by_class[name] for name in classes]
    return Cutoffs(np.array(scores, np.float64), np.zeros(len(classes), np.int64))


def _positive(probabilities: NDArray[np.float64], members: Sequence[Preprocessing]) -> NDArray | None:
    """Whether the positive class is at or above the threshold, which is one of a single network alone."""
    threshold = members[0].decisions.threshold
    if len(members) > 1 or threshold is None:
        return None
    return np.asarray(probabilities[:, 1] >= threshold)


def _unlike(outputs: Arrays, members: Sequence[Preprocessing]) -> dict[str, object]:
    """How unlike the training images each image is, and whether it is one of them."""
    facts = [member.references for member in members]
    count = len(outputs["score"])

    def votes(name: str, borders: Sequence[float | None], says: Callable[..., NDArray]) -> object:
        if None in borders:
            return _nullable(None, count)
        return _nullable(_majority(says(outputs[name], np.array(borders, np.float64))), count)

    return {
        "ood_score": outputs["score"].mean(axis=1),
        "ood": votes("score", [each.flagged_from for each in facts], np.greater),
        "nearest_distance": outputs["nearest"].mean(axis=1),
        "twin_bits": outputs["twin_bits"].min(axis=1),
        "twin": votes("twin_bits", [each.twin_bits for each in facts], np.less_equal),
    }


def _majority(votes: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.asarray(2 * votes.sum(axis=1) > votes.shape[1])


def _nullable(values: NDArray[np.bool_] | None, count: int) -> object:
    return pd.array([None] * count if values is None else values, dtype="boolean")
