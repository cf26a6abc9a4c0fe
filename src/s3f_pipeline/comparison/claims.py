"""Published claims "A is better than B" of which only the accuracies are known."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from s3f_pipeline.bounds import Bounds
from s3f_pipeline.comparison.exact import p_claim_false
from s3f_pipeline.errors import EvaluationError


@dataclass(frozen=True)
class Claim:
    """A published claim that one network is better than another.

    Attributes:
        better: The network that is said to be better.
        other: Than this one.
        accuracy: Of the first, in [0, 1].
        other_accuracy: Of the second.
        test_images: On which both were measured.
        note: Where the figures stand, and how they came about.
    """

    better: str
    other: str
    accuracy: Annotated[float, Bounds(ge=0, le=1)]
    other_accuracy: Annotated[float, Bounds(ge=0, le=1)]
    test_images: Annotated[int, Bounds(gt=0)]
    note: str


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
