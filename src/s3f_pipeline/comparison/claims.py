"""Published claims "A is better than B" of which only the accuracies are known."""

import numpy as np

from s3f_pipeline.comparison.exact import p_claim_false
from s3f_pipeline.errors import EvaluationError


def p_claim_false_range(accuracy: float, other_accuracy: float, images: int) -> tuple[float, float]:
    """Lowest and highest probability that a published claim is false.

    How often the two networks were wrong on the same images is not published, so every congruence is tried
    that the accuracies admit. Images are taken as independent, and an epoch picked on the test set is not
    counted: what is found is the least doubt.

    Args:
        accuracy: Of the network that is said to be better, in [0, 1]; as a mean over runs it need not be a
            whole number of images.
        other_accuracy: Of the other one.
        images: In the test set.

    Returns:
        The range, each end in [0, 1].

    Raises:
        EvaluationError: If an accuracy is outside [0, 1], or there are no images.

    Example:
        >>> low, high = p_claim_false_range(0.9876, 0.9827, 1010)
        >>> f"{low:.3f} to {high:.2f}"
        '0.016 to 0.18'
    """
    if not (0 <= accuracy <= 1 and 0 <= other_accuracy <= 1 and images >= 1):
        raise EvaluationError(
            f"No claim can be judged from accuracies {accuracy} and {other_accuracy} on {images} images: "
            f"they must lie in [0, 1], on at least one image."
        )
    right, other_right = _count(accuracy, images), _count(other_accuracy, images)
    lead = right - other_right
    least, most = max(0.0, -lead), min(other_right, images - right)
    found = [p_claim_false(second + lead, second) for second in np.append(np.arange(least, most), most)]
    return min(found), max(found)


def _count(accuracy: float, images: int) -> float:
    """Images that a rounded accuracy means: the nearest whole or half number."""
    return round(2 * accuracy * images) / 2
