"""The figures of the selection split, by which all decisions about epochs are made."""

import math

import keras
import numpy as np

from s3f_pipeline.backend.distribution import agree
from s3f_pipeline.errors import TrainingError
from s3f_pipeline.evaluation.f1 import class_f1_scores, f1_scores
from s3f_pipeline.evaluation.metrics import cross_entropy, mean_auc
from s3f_pipeline.splits.rows import SplitRows
from s3f_pipeline.training.prediction import Predictor


class SelectionFigures:
    """Predict the selection split, and measure it.

    Args:
        model: The network that is trained.
        images: uint8 of shape (N, H, W, C).
        selection: The images on which the epoch is chosen.
        num_classes: Number of classes.
        positive: Number of the positive class, ``None`` where there is none.
        batch_size: Images per step.
    """

    def __init__(
        self,
        model: keras.Model,
        images: np.ndarray,
        selection: SplitRows,
        *,
        num_classes: int,
        positive: int | None,
        batch_size: int,
    ) -> None:
        """Compile the forward pass."""
        self._predictor = Predictor(model)
        self._images = images
        self._selection = selection
        self._num_classes = num_classes
        self._positive = positive
        self._batch_size = batch_size

    def measure(self) -> dict[str, float]:
        """Measure the network as it is now.

        Returns:
            ``selection_loss``, ``selection_accuracy``, ``selection_macro_f1``, ``selection_weighted_f1``,
            where every class occurs ``selection_auc``, and for a cohort with a positive class
            ``selection_positive_f1``; the same in all processes. They are not finite where an output is not.
        """
        labels = self._selection.labels
        probabilities = self._predictor.of_rows(self._images, self._selection.rows, self._batch_size)
        if not np.isfinite(probabilities).all():
            return {"selection_loss": math.nan}
        predicted = probabilities.argmax(axis=1)
        scores = f1_scores(labels, predicted, self._num_classes)
        figures = {"loss": cross_entropy(labels, probabilities), **scores}
        auc = mean_auc(labels, probabilities)
        if auc is not None:
            figures["auc"] = auc
        if self._positive is not None:
            by_class = class_f1_scores(labels, predicted, self._num_classes)
            figures["positive_f1"] = float(by_class[self._positive])
        return {f"selection_{name}": value for name, value in agree(figures).items()}


def require_numbers(epoch: int, learning_rate: float, *losses: float) -> None:
    """Refuse to go on with a network that has broken down.

    Raises:
        TrainingError: If a loss is no longer a number.
    """
    if all(map(math.isfinite, losses)):
        return
    raise TrainingError(
        f"Training broke down in epoch {epoch} with a learning rate of {learning_rate:g}: the loss is no "
        f"longer a number. Lower the learning rate "
        f"(--params=training.learning_rate={learning_rate / 3:.0e}) or compute in float32 "
        f"(--params=training.precision=float32). The last state before is kept until a run "
        f"with other settings begins."
    )
