"""What depends on the Keras backend that runs: FFT, precision, determinism, devices."""

from typing import Any

Tensor = Any
"""A tensor, or symbolic tensor, of whichever backend runs."""
