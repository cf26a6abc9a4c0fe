"""Statistics of batch normalisation, re-estimated from images."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from s3f_pipeline.backend import Tensor
from s3f_pipeline.backend.forward import compile_forward
from s3f_pipeline.training.batches import ImageBatches


class BatchNormStatistics:
    """Means and variances of what the normalisation layers of a network are given.

    Images pass through the network in batches without dropout, each normalised by itself, as in training.
    The statistics of a layer are those of all batches as one (PreciseBN, Wu and Johnson 2021, arXiv
    2105.07576). Layers that are not trained keep theirs.

    Args:
        model: A functional network, whose weights are followed.
    """

    def __init__(self, model: keras.Model) -> None:
        """Compile the pass."""
        self._layers: list[Any] = [layer for layer in _normalisations(model) if layer.trainable]
        self._forward = compile_forward(_moments_of(model, self._layers)) if self._layers else None

    def assign(self, images: np.ndarray, sample: np.ndarray, batch_size: int) -> None:
        """Give the layers their statistics of these images.

        Args:
            images: uint8 of shape (N, H, W, C).
            sample: Rows of ``images``, in the order in which batches are made of them.
            batch_size: Images per batch; what is left over is left out, unless it is all there is.
        """
        if self._forward is None:
            return
        whole = len(sample) // batch_size * batch_size or len(sample)
        batches = ImageBatches(images, sample[:whole], batch_size=batch_size)
        moments = np.stack([self._forward(batches[n]) for n in range(batches.num_batches)]).astype(np.float64)
        means, variances = moments[:, 0], moments[:, 1]
        mean, variance = means.mean(axis=0), variances.mean(axis=0) + means.var(axis=0)
        end = 0
        for layer in self._layers:
            start, end = end, end + layer.moving_mean.shape[0]
            layer.moving_mean.assign(mean[start:end].astype(np.float32))
            layer.moving_variance.assign(variance[start:end].astype(np.float32))


def set_momentum(model: keras.Model, momentum: float | None) -> None:
    """Set the momentum of the running averages of all batch normalisation; ``None`` leaves it."""
    for layer in _normalisations(model) if momentum is not None else ():
        layer.momentum = momentum


def _normalisations(model: keras.Model) -> list[Any]:
    return [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]


class _NormaliseAndMeasure(keras.layers.Layer):
    """Normalise by the batch, as a layer does in training, and return mean and variance besides."""

    def __init__(self, layer: Any) -> None:
        super().__init__(dtype=layer.dtype_policy)
        self.layer = layer

    def call(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        x = ops.cast(inputs, "float32")
        mean, variance = ops.moments(x, axes=list(range(len(x.shape) - 1)))
        normalised = ops.batch_normalization(
            x, mean, variance, axis=-1, offset=self.layer.beta, scale=self.layer.gamma,
            epsilon=self.layer.epsilon,
        )  # fmt: skip
        return ops.cast(normalised, self.compute_dtype), ops.stack([mean, variance])


def _moments_of(model: keras.Model, layers: Sequence[Any]) -> keras.Model:
    """A network of the same layers that returns means and variances, (2, channels of all ``layers``)."""
    measuring = {layer: _NormaliseAndMeasure(layer) for layer in layers}
    moments: dict[Any, Tensor] = {}

    def call(layer: Any, *args: Any, **kwargs: Any) -> Tensor:
        if not isinstance(layer, _NormaliseAndMeasure):
            return layer(*args, **kwargs)
        normalised, moments[layer.layer] = layer(args[0])
        return normalised

    copy = keras.models.clone_model(
        keras.Model(model.inputs, model.outputs),  # without optimizer and loss
        clone_function=lambda layer: measuring.get(layer, layer),
        call_function=call,
    )
    return keras.Model(copy.inputs, ops.concatenate([moments[layer] for layer in layers], axis=-1))
