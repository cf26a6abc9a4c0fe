"""The forward pass of a network, compiled once."""

from collections.abc import Callable

import keras
import numpy as np

from s3f_pipeline.backend import Tensor


def compile_forward(model: keras.Model) -> Callable[[np.ndarray], np.ndarray]:
    """Compile the forward pass in inference mode; without the bookkeeping of ``Model.predict``.

    The function follows the weights: it need not be compiled again when they change.

    Args:
        model: A network with one input and one output.

    Returns:
        From float32 images (B, H, W, C) to outputs (B, n), for any B; JAX compiles once for each B.
    """
    match keras.backend.backend():
        case "tensorflow":
            return _tensorflow_forward(model)
        case "jax":
            return _jax_forward(model)
        case _:
            return lambda batch: keras.ops.convert_to_numpy(model(batch, training=False))


def _tensorflow_forward(model: keras.Model) -> Callable[[np.ndarray], np.ndarray]:
    import tensorflow as tf

    signature = [tf.TensorSpec(model.input_shape, tf.float32)]

    @tf.function(input_signature=signature)
    def forward(batch: Tensor) -> Tensor:
        return model(batch, training=False)

    return lambda batch: forward(tf.convert_to_tensor(batch)).numpy()


def _jax_forward(model: keras.Model) -> Callable[[np.ndarray], np.ndarray]:
    import jax

    @jax.jit
    def forward(trainable: list[Tensor], others: list[Tensor], batch: Tensor) -> Tensor:
        return model.stateless_call(trainable, others, batch, training=False)[0]

    def predict(batch: np.ndarray) -> np.ndarray:
        trainable = [_local(variable) for variable in model.trainable_variables]
        others = [_local(variable) for variable in model.non_trainable_variables]
        return np.asarray(forward(trainable, others, batch))

    return predict


def _local(variable: Tensor) -> Tensor:
    """Value of a variable on one device of this process; each of its devices holds a copy."""
    return variable.value.addressable_data(0)
