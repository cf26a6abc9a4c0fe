"""Parts of networks, with several inputs and outputs, as compiled functions, and their gradients."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from s3f_pipeline.backend import Tensor

Arrays = Sequence[np.ndarray]
Function = Callable[[Arrays], list[np.ndarray]]
"""From a float32 array per input to a float32 array per output."""
Gradient = Callable[[Arrays, np.ndarray], np.ndarray]
"""From a float32 array per input and a weight of each output, (B, n), to the gradient by the first input."""


def compile_function(model: keras.Model) -> Function:
    """Compile the forward pass of a part of a network in inference mode.

    The function follows the weights: it need not be compiled again when they change.

    Args:
        model: With any number of inputs and outputs.
    """
    match keras.backend.backend():
        case "tensorflow":
            import tensorflow as tf

            run = tf.function(lambda inputs: _outputs(model, inputs), input_signature=[_signature(model)])
            return lambda inputs: [np.asarray(each) for each in run(_tensors(inputs))]
        case "jax":
            import jax

            @jax.jit
            def forward(trainable: list[Tensor], others: list[Tensor], inputs: list[Tensor]) -> list[Tensor]:
                return _stateless(model, trainable, others, inputs)

            return lambda inputs: [np.asarray(each) for each in forward(*_values(model), _tensors(inputs))]
        case _:
            return lambda inputs: [
                ops.convert_to_numpy(each) for each in _outputs(model, [*map(ops.convert_to_tensor, inputs)])
            ]


def compile_gradient(model: keras.Model) -> Gradient:
    """Compile the gradient of a weighted sum of outputs, sum_n w_n y_n, by the first input, image by image.

    Inference mode; the function follows the weights. Only TensorFlow and JAX have it.

    Args:
        model: With one output of shape (B, n), in which each row depends on its own row of the inputs alone.

    Raises:
        NotImplementedError: On another backend.
    """
    match keras.backend.backend():
        case "tensorflow":
            return _tensorflow_gradient(model)
        case "jax":
            return _jax_gradient(model)
        case name:
            raise NotImplementedError(f"Gradients by inputs need TensorFlow or JAX. Received: backend {name}")


def _tensorflow_gradient(model: keras.Model) -> Gradient:
    import tensorflow as tf

    @tf.function(input_signature=[_signature(model), tf.TensorSpec(model.outputs[0].shape, tf.float32)])
    def gradient(inputs: list[Tensor], weights: Tensor) -> Tensor:
        first, *others = inputs
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(first)
            (outputs,) = _outputs(model, [first, *others])
            total = tf.reduce_sum(outputs * weights)
        return tape.gradient(total, first, unconnected_gradients=tf.UnconnectedGradients.ZERO)

    return lambda inputs, weights: np.asarray(gradient(_tensors(inputs), tf.constant(weights, tf.float32)))


def _jax_gradient(model: keras.Model) -> Gradient:
    import jax

    def total(
        first: Tensor, others: list[Tensor], weights: Tensor, trainable: list[Tensor], fixed: list[Tensor]
    ) -> Tensor:
        (outputs,) = _stateless(model, trainable, fixed, [first, *others])
        return (outputs * weights).sum()

    gradient = jax.jit(jax.grad(total))

    def compute(inputs: Arrays, weights: np.ndarray) -> np.ndarray:
        first, *others = _tensors(inputs)
        return np.asarray(gradient(first, others, np.asarray(weights, np.float32), *_values(model)))

    return compute


def _signature(model: keras.Model) -> list[Any]:
    import tensorflow as tf

    return [tf.TensorSpec(each.shape, tf.float32) for each in model.inputs]


def _tensors(inputs: Arrays) -> list[Tensor]:
    return [ops.convert_to_tensor(np.asarray(each, np.float32)) for each in inputs]


def _outputs(model: keras.Model, inputs: list[Tensor]) -> list[Tensor]:
    return _listed(model(inputs[0] if len(inputs) == 1 else inputs, training=False))


def _stateless(
    model: keras.Model, trainable: list[Tensor], others: list[Tensor], inputs: list[Tensor]
) -> list[Tensor]:
    given = inputs[0] if len(inputs) == 1 else inputs
    return _listed(model.stateless_call(trainable, others, given, training=False)[0])


def _listed(outputs: Tensor) -> list[Tensor]:
    listed = outputs if isinstance(outputs, list | tuple) else [outputs]
    return [ops.cast(each, "float32") for each in listed]


def _values(model: keras.Model) -> tuple[list[Tensor], list[Tensor]]:
    """Values of the weights as JAX takes them: those that are trained, and the others."""
    return (
        [variable.value for variable in model.trainable_variables],
        [variable.value for variable in model.non_trainable_variables],
    )
