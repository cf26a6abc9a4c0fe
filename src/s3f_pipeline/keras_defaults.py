"""With what Keras computes where the environment does not say."""

import os


def set_keras_defaults() -> None:
    """Name the backend and its kernels; call before Keras is imported."""
    os.environ.setdefault(
        "KERAS_BACKEND", "tensorflow"
    )  # else a file in the home folder, keras.json, decides
    os.environ.setdefault(
        "TF_ENABLE_ONEDNN_OPTS", "1"
    )  # else TensorFlow leaves it off where AVX512 is missing
