"""A network as an ONNX file, and the ONNX file in onnxruntime."""

import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from s3f_pipeline.errors import ExportError

if TYPE_CHECKING:
    import keras

PACKAGES = ("onnx", "onnxruntime", "tf2onnx")
"""Of the extra ``export``; Keras makes ONNX files with the first and the last."""
BACKEND = "tensorflow"
INPUT, OUTPUT = "images", "probabilities"
LONGEST_REASON = 300
A_LOOP = "its selective scan is a loop whose states the converter leaves without a type"
GROUPS = "TensorFlow hands its convolutions in groups to XLA, from which there is no way to ONNX"
Network = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""From images in [0, 1], (n, H, W, C), to probabilities, (n, classes)."""


def require_converter() -> None:
    """Check that ONNX files can be made here.

    Raises:
        ExportError: If a package is missing, or Keras computes with another backend than TensorFlow.
    """
    if missing := [name for name in PACKAGES if find_spec(name) is None]:
        raise ExportError(
            f"An export needs {', '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not "
            f"installed. Install the extra: pip install 's3f-pipeline[export]'."
        )
    from s3f_pipeline.backend.devices import backend_name

    if backend_name() != BACKEND:
        raise ExportError(
            f"ONNX files are made with TensorFlow, and KERAS_BACKEND is {backend_name()}. Export with "
            f"KERAS_BACKEND={BACKEND}: it takes networks of every backend."
        )


def convert(model: "keras.Model", path: Path) -> Network:
    """Write a network as an ONNX file, and open it; Fourier transforms become products with matrices.

    Args:
        model: Of ``build_model``, in float32. A sigmoid output becomes the probabilities of both classes.
        path: Of the file, whose input is ``images`` and whose output is ``probabilities``; the number of
            images is free.

    Returns:
        The network of the file, which onnxruntime computes.

    Raises:
        ExportError: If the network has an operation that ONNX or onnxruntime has not.
    """
    import keras

    if reason := _known_obstacle(model):
        raise ExportError(f"The network '{model.name}' cannot be exported: {reason}.")
    from s3f_pipeline.backend.fft import transforms_by_matrices
    from s3f_pipeline.backend.quiet import native_messages_logged
    from s3f_pipeline.export.equivalents import convertible

    plain = convertible(model)
    outputs = plain.output
    if outputs.shape[-1] == 1:
        outputs = keras.layers.Concatenate()([1.0 - outputs, outputs])
    network = keras.Model(plain.input, {OUTPUT: outputs}, name=model.name)
    network(np.zeros((1, *model.input_shape[1:]), np.float32))  # Keras exports what has been called alone
    try:
        with native_messages_logged(), warnings.catch_warnings(), transforms_by_matrices():
            warnings.simplefilter("ignore")
            network.export(path, format="onnx", verbose=False)
    except Exception as error:  # of no common class
        raise ExportError(_refusal(model.name, error)) from error
    return open_network(path, model.name)


def open_network(path: Path, name: str) -> Network:
    """Open an ONNX file in onnxruntime, on the CPU.

    Args:
        path: Of the file.
        name: Of the network, for messages.

    Raises:
        ExportError: If onnxruntime cannot run it.
    """
    import onnxruntime

    try:
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    except Exception as error:  # of no common class
        raise ExportError(_refusal(name, error)) from error

    def run(images: NDArray[np.float32]) -> NDArray[np.float32]:
        try:
            (probabilities,) = session.run([OUTPUT], {INPUT: images})
        except Exception as error:  # likewise
            raise ExportError(_refusal(name, error)) from error
        found: NDArray[np.float32] = probabilities
        return found

    return run


def opset_of(path: Path) -> int:
    """Version of the operations that a file is made of."""
    import onnx

    imported = onnx.load(path, load_external_data=False).opset_import
    return next(int(each.version) for each in imported if each.domain in ("", "ai.onnx"))


def _known_obstacle(model: "keras.Model") -> str | None:
    """Why a network cannot be converted, before minutes are spent on it; ``None`` if it may be."""
    import keras

    from s3f_pipeline.models.layers import SelectiveScan2D

    for layer in model.layers:
        if isinstance(layer, SelectiveScan2D):
            return A_LOOP
        if isinstance(layer, keras.layers.Conv2D) and layer.groups not in (1, layer.filters):
            return GROUPS
    return None


def _refusal(name: str, error: Exception) -> str:
    reason = " ".join(str(error).split())[:LONGEST_REASON] or type(error).__name__
    return f"The network '{name}' cannot be exported: onnxruntime cannot compute what it does ({reason})."
