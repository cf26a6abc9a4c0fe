"""Networks as MLflow models.

A network is logged as a pyfunc "model from code" (``served_model.py``) with the ``.keras`` file as its
artifact and this package as its code, so that it loads in a clean process, with any Keras backend, in
safe mode and without pickle.
"""

import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np

PACKAGE = Path(__file__).resolve().parents[1]
REQUIREMENTS = ("keras", "tensorflow", "numpy", "pandas", "scikit-learn", "opencv-python-headless", "click")


def log_model(path: Path, input_shape: tuple[int, ...], outputs: int) -> None:
    """Log a saved network to the open run, with signature and input example.

    Args:
        path: The ``.keras`` file.
        input_shape: (H, W, C) of the input, float32 in [0, 1].
        outputs: Columns of the probabilities.
    """
    import mlflow
    from mlflow.models import ModelSignature
    from mlflow.types import Schema, TensorSpec

    signature = ModelSignature(
        inputs=Schema([TensorSpec(np.dtype(np.float32), (-1, *input_shape), "images")]),
        outputs=Schema([TensorSpec(np.dtype(np.float64), (-1, outputs), "probabilities")]),
    )
    with warnings.catch_warnings(record=True):  # it asks for type hints that tensors do not have
        mlflow.pyfunc.log_model(
            name="model",
            python_model=str(PACKAGE / "tracking" / "served_model.py"),
            artifacts={"network": str(path)},
            code_paths=[str(PACKAGE)],
            signature=signature,
            input_example={"images": np.zeros((1, *input_shape), np.float32)},
            pip_requirements=[f"{name}=={version(name)}" for name in REQUIREMENTS],
        )
