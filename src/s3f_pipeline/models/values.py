"""Whether weights have values."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import keras

_HAVE_VALUES = ContextVar("have_values", default=True)


@contextmanager
def without_weights() -> Iterator[None]:
    """Networks built inside the block have shapes, but weights without values; Keras' session is forgotten.

    That takes a fraction of a second, where the values of SN2 at 256 x 256 would take half a gigabyte.
    """
    outside = _HAVE_VALUES.set(False)
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
    finally:
        _HAVE_VALUES.reset(outside)
        keras.utils.clear_session(free_memory=False)  # else weights would go on waiting for their values


def weights_have_values() -> bool:
    """Whether a network that is built now is given values for its weights."""
    return _HAVE_VALUES.get()
