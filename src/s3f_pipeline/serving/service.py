"""A bundle that answers requests."""

from typing import Any

import numpy as np

from s3f_pipeline.bundle.opening import Bundle
from s3f_pipeline.serving.payload import read_inputs

BATCH = 8
"""Images that go through the network at a time."""


class Service:
    """Answers requests with classes and probabilities; may be called in threads.

    Args:
        bundle: Whose network is loaded, and must make of the example what it should.

    Raises:
        ModelError: If the network cannot be loaded.
        BundleError: If it is not what the bundle says.
    """

    def __init__(self, bundle: Bundle) -> None:
        """Load the network."""
        self._says = bundle.preprocessing
        self._network = bundle.network

    def answer(self, items: Any) -> list[dict[str, Any]]:
        """Answer a request.

        Args:
            items: See ``serving.payload``.

        Returns:
            Of each item ``predicted``, the most probable class, and ``probabilities`` of each class.

        Raises:
            PayloadError: If an item is not what it must be.
        """
        inputs = read_inputs(items, self._says.input)
        batches = (inputs[start : start + BATCH] for start in range(0, len(inputs), BATCH))
        return [
            self._answer(row) for batch in batches for row in self._network.of_inputs(batch).probabilities
        ]

    def _answer(self, probabilities: np.ndarray) -> dict[str, Any]:
        classes = self._says.classes
        return {
            "predicted": classes[int(probabilities.argmax())],
            "probabilities": dict(zip(classes, probabilities.tolist(), strict=True)),
        }
