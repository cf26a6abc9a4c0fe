"""What is minimised, by which optimizer, and which layers take part."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
from keras import ops

from s3f_pipeline.backend import Tensor
from s3f_pipeline.backend.devices import jit_compile
from s3f_pipeline.recipe import TrainingSettings

HEAD = "logits"
"""The layer that makes classes of features."""
KEPT_FROM_DECAY = ("log_decay", "skip", "step_bias")
"""Weights of selective scans that never decay (code of Mamba, Gu and Dao 2023), beside all vectors."""


class Adam(keras.optimizers.Adam):
    """Adam, whose averaged weights never replace the trained ones when a call of ``fit`` ends.

    Keras' own would, so that a training in two calls, or one that goes on, would not be that of one call.
    """

    def finalize_variable_values(self, var_list: list[Tensor]) -> None:
        """Leave the trained weights."""

    def use_averages(self, variables: list[Tensor]) -> None:
        """Set the trained variables to their moving averages."""
        super().finalize_variable_values(variables)


def compile_network(model: keras.Model, settings: TrainingSettings, learning_rate: float) -> None:
    """Give a network its optimizer, with its variables, and its loss.

    Args:
        model: With the layers set trainable that are to be trained.
        settings: Weight decay, averaging and label smoothing.
        learning_rate: To begin with.
    """
    sigmoid = model.output_shape[-1] == 1
    accuracy = keras.metrics.BinaryAccuracy if sigmoid else keras.metrics.SparseCategoricalAccuracy
    model.compile(
        optimizer=_optimizer(model, settings, learning_rate),
        loss=_loss(sigmoid, settings.label_smoothing),
        metrics=[accuracy(name="accuracy")],
        jit_compile=jit_compile(),
    )
    model.optimizer.build(model.trainable_variables)  # TensorFlow would trace a step twice to create them


def decays(variable: Any) -> bool:
    """Whether weight decay shrinks a variable: kernels and filters, but no bias and no scale."""
    return len(variable.shape) > 1 and variable.name not in KEPT_FROM_DECAY


@contextmanager
def head_alone(model: keras.Model) -> Iterator[None]:
    """Train nothing but the head inside the block; normalisation keeps its statistics."""
    trainable = [layer.trainable for layer in model.layers]
    for layer in model.layers:
        layer.trainable = layer.name == HEAD
    try:
        yield
    finally:
        for layer, before in zip(model.layers, trainable, strict=True):
            layer.trainable = before


def _optimizer(model: keras.Model, settings: TrainingSettings, learning_rate: float) -> Adam:
    optimizer = Adam(
        learning_rate,
        weight_decay=settings.weight_decay or None,
        use_ema=settings.ema is not None,
        ema_momentum=settings.ema or 0.0,
    )
    optimizer.exclude_from_weight_decay([each for each in model.trainable_variables if not decays(each)])
    return optimizer


def _loss(sigmoid: bool, smoothing: float) -> str | Callable[[Tensor, Tensor], Tensor]:
    """Cross-entropy; Keras smooths labels that are class numbers only as vectors of 0 and 1."""
    if not smoothing:
        return "binary_crossentropy" if sigmoid else "sparse_categorical_crossentropy"

    def smoothed(labels: Tensor, probabilities: Tensor) -> Tensor:
        if sigmoid:
            return keras.losses.binary_crossentropy(labels, probabilities, label_smoothing=smoothing)
        numbers = ops.cast(ops.reshape(labels, (-1,)), "int32")
        vectors = ops.one_hot(numbers, probabilities.shape[-1], dtype=probabilities.dtype)
        return keras.losses.categorical_crossentropy(vectors, probabilities, label_smoothing=smoothing)

    return smoothed
