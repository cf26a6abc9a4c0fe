"""What the figures of all epochs so far decide: the kept epoch, the end, the next learning rate.

A history is one row of figures per epoch. Nothing else is remembered, so that a training that goes on after
an interruption decides as it would have. The end and the learning rate are those of Keras' ``EarlyStopping``
and ``ReduceLROnPlateau``, which compare in float32.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from s3f_pipeline.errors import TrainingError
from s3f_pipeline.recipe import TrainingSettings

History = Sequence[Mapping[str, float]]
PLATEAU_DELTA = 1e-4
"""A selection loss is lower if it is so by more than this, as in ``ReduceLROnPlateau``."""


def best_epoch(history: History, metric: str) -> int:
    """Return the number, from 1, of the epoch with the highest ``metric``, the earliest one of equals.

    Args:
        history: One row per epoch, at least one.
        metric: A figure of the rows.

    Raises:
        TrainingError: If one of them is no finite number.
    """
    return int(np.argmax(_figures(history, metric))) + 1


def stops_early(history: History, metric: str, patience: int | None) -> bool:
    """Say whether the last ``patience`` epochs have brought no higher ``metric``.

    Args:
        history: One row per epoch.
        metric: A figure of the rows.
        patience: At least 1; ``None`` never stops early.

    Raises:
        TrainingError: If one of them is no finite number.
    """
    if patience is None or not history:
        return False
    best = int(np.argmax(np.asarray(_figures(history, metric), np.float32)))
    return len(history) - 1 - best >= patience


def next_learning_rate(history: History, settings: TrainingSettings) -> float:
    """Return the learning rate of the epoch that follows.

    Args:
        history: One row per epoch, with its ``selection_loss``.
        settings: ``constant``, ``plateau`` (reduced when the selection loss stalls, but not below the least
            rate), or ``steps`` (reduced after half, and again after three quarters, of the epochs, rounded
            up); less than that in the epochs of the warm-up.

    Raises:
        TrainingError: If a selection loss on which it depends is no finite number.
    """
    rate = _scheduled_rate(history, settings)
    epoch, ramp = len(history) + 1, settings.warmup_epochs + 1
    return rate * epoch / ramp if epoch < ramp else rate


def _scheduled_rate(history: History, settings: TrainingSettings) -> float:
    match settings.learning_rate_schedule:
        case "constant":
            return settings.learning_rate
        case "steps":
            steps = (math.ceil(settings.epochs / 2), math.ceil(settings.epochs * 3 / 4))
            passed = sum(len(history) >= step for step in steps)
            return settings.learning_rate * settings.reduce_lr_factor**passed
        case _:
            return _rate_after_plateaus(_figures(history, "selection_loss"), settings)


def _rate_after_plateaus(losses: Sequence[float], settings: TrainingSettings) -> float:
    """Reduce the rate each time that ``reduce_lr_patience`` epochs have brought no lower loss."""
    rate, least = np.float32(settings.learning_rate), np.float32(settings.min_learning_rate)
    best, waited = math.inf, 0
    for loss in losses:
        if np.float32(loss + PLATEAU_DELTA) < np.float32(best):
            best, waited = loss, 0
            continue
        waited += 1
        if waited >= settings.reduce_lr_patience and rate > least:
            rate = np.float32(max(float(rate) * settings.reduce_lr_factor, settings.min_learning_rate))
            waited = 0
    return float(rate)


def _figures(history: History, name: str) -> list[float]:
    figures = [row[name] for row in history]
    for epoch, figure in enumerate(figures, 1):
        if not math.isfinite(figure):
            raise TrainingError(f"{name} of epoch {epoch} is {figure}, which nothing can be decided by.")
    return figures
