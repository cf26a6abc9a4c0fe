"""What depends on the Keras backend that runs: FFT, precision, determinism, devices.

Importing this room imports Keras and its backend.
"""

from contextlib import suppress
from typing import Any

from s3f_pipeline.backend.quiet import native_messages_logged
from s3f_pipeline.errors import ConfigError

try:
    with native_messages_logged():
        import keras  # noqa: F401 - imports the backend, which TensorFlow does with many words

        with suppress(ImportError):
            import tensorflow  # noqa: F401 - Keras does so later for any backend: its words come now
except ModuleNotFoundError as error:
    if error.name not in ("tensorflow", "jax"):
        raise
    raise ConfigError(
        f"Keras computes with {error.name} here, which is not installed. Install it (pip install "
        f"'s3f-pipeline[{error.name}]'), or name the one that is: KERAS_BACKEND=jax or tensorflow."
    ) from error

Tensor = Any
"""A tensor, or symbolic tensor, of whichever backend runs."""
