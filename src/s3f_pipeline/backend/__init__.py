"""What depends on the Keras backend that runs: FFT, precision, determinism, devices.

Importing this room imports Keras and its backend.
"""

from typing import Any

from s3f_pipeline.backend.quiet import native_messages_logged

with native_messages_logged():
    import keras  # noqa: F401 - imports the backend, which TensorFlow does with many words

Tensor = Any
"""A tensor, or symbolic tensor, of whichever backend runs."""
