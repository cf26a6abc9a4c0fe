"""From logits to the class that is explained."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def log_probabilities(logits: NDArray[np.floating]) -> Floats:
    """Log-probability of each class, of logits (n, classes), or (n, 1) of a sigmoid head.

    Returns:
        Shape (n, classes), at least two.
    """
    values = np.asarray(logits, np.float64)
    if values.shape[1] == 1:
        return -np.logaddexp(0, np.concatenate([values, -values], axis=1))
    return values - np.logaddexp.reduce(values, axis=1, keepdims=True)


def directions(classes: NDArray[np.int64], outputs: int) -> NDArray[np.float32]:
    """Weights of the outputs whose sum is the logit of a class, shape (n, outputs).

    The logit and not its softmax or sigmoid, whose gradients vanish where the network is sure; of the
    negative class of a sigmoid head it is the logit with the other sign.

    Args:
        classes: Class number of each image, shape (n,).
        outputs: Units of the head.
    """
    if outputs == 1:
        return np.where(classes == 1, 1, -1).astype(np.float32)[:, None]
    return np.eye(outputs, dtype=np.float32)[classes]
