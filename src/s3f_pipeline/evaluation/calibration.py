"""Calibration error: how far stated probabilities are from how often they come true.

ECE is the expected calibration error, sum over bins of |mean of (came true - probability)| times the bin's
share of the images (Naeini, Cooper, Hauskrecht, AAAI 2015). With few images it is above 0 even of a perfectly
calibrated network, which is why the value expected then stands beside it.
"""

import numpy as np
from numpy.typing import NDArray

MASS_BINS = 15
WIDTH_BINS = 10
SIMULATIONS = 200
SIMULATED_IMAGES = 2_000_000


def mass_bins(probabilities: NDArray[np.float64], bins: int = MASS_BINS) -> NDArray[np.int64]:
    """Number of the bin of each probability, where bins hold equally many, shape (n,).

    Equal probabilities share a bin, that of the middle of their ranks; so the order of images plays no part.

    Args:
        probabilities: In [0, 1], shape (n,), n >= 1.
        bins: How many there may be; with ties or few images some are empty.
    """
    _, position, counts = np.unique(probabilities, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - counts / 2
    return (bins * middle / counts.sum()).astype(np.int64)[position]


def width_bins(probabilities: NDArray[np.float64], bins: int = WIDTH_BINS) -> NDArray[np.int64]:
    """Number of the bin of each probability, where bins are equally wide: [l, u), the last one [l, 1]."""
    return np.minimum((probabilities * bins).astype(np.int64), bins - 1)


def binned_error(bins: NDArray[np.int64], gaps: NDArray[np.float64]) -> float:
    """Expected calibration error.

    Args:
        bins: Number of each image's bin, shape (n,).
        gaps: 1 or 0 for came true or not, less the probability, shape (n,).
    """
    return float(np.abs(np.bincount(bins, gaps)).sum() / len(gaps))


def top_label_gaps(
    labels: NDArray[np.int64], probabilities: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Confidence of each image, and 1 or 0 for right or wrong less the confidence, each of shape (n,).

    Args:
        labels: Class numbers, shape (n,).
        probabilities: Of each class, shape (n, classes).
    """
    confidences = probabilities.max(axis=1)
    return confidences, (probabilities.argmax(axis=1) == labels) - confidences


def top_label_ece(
    labels: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    *,
    bins: int = MASS_BINS,
    equal_mass: bool = True,
) -> float:
    """Expected calibration error of the probability of the predicted class, in [0, 1].

    Args:
        labels: Class numbers, shape (n,), n >= 1.
        probabilities: Of each class, shape (n, classes).
        bins: How many.
        equal_mass: Whether they hold equally many images, or are equally wide.
    """
    confidences, gaps = top_label_gaps(labels, probabilities)
    return binned_error((mass_bins if equal_mass else width_bins)(confidences, bins), gaps)


def classwise_ece(
    labels: NDArray[np.int64], probabilities: NDArray[np.float64], *, bins: int = MASS_BINS
) -> NDArray[np.float64]:
    """Expected calibration error of the probability of each class, shape (classes,), in equal-mass bins.

    The classwise ECE of a network is their mean (Kull et al., NeurIPS 2019). Arguments as ``top_label_ece``.
    """
    return np.array(
        [
            binned_error(mass_bins(of_class, bins), (labels == number) - of_class)
            for number, of_class in enumerate(probabilities.T)
        ]
    )


def simulated_gaps(
    probabilities: NDArray[np.float64],
    bins: NDArray[np.int64],
    units: NDArray[np.int64],
    *,
    simulations: int = SIMULATIONS,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Sums of the gaps in each bin as chance alone makes them, if every probability were true.

    Args:
        probabilities: That something comes true, shape (n,), n >= 1.
        bins: Number of each image's bin, shape (n,).
        units: Number of what each image shares its luck with, shape (n,): one number per image for
            independent images, its group for images that come true together as far as they can.
        simulations: How often outcomes are drawn.
        seed: Of the draws.

    Returns:
        Shape (simulations, bins).
    """
    rng = np.random.default_rng(seed)
    luck = (rng.random(units.max() + 1)[units] for _ in range(simulations))
    return np.array([np.bincount(bins, (drawn < probabilities) - probabilities) for drawn in luck])


def expected_error(
    probabilities: NDArray[np.float64], bins: NDArray[np.int64], units: NDArray[np.int64], *, seed: int = 0
) -> float:
    """Expected calibration error of true probabilities: what chance alone makes of it with so few images.

    Arguments as ``simulated_gaps``, of whose draws this is the mean; of many images fewer draws will do.
    """
    simulations = int(np.clip(SIMULATED_IMAGES // len(bins), 20, SIMULATIONS))
    gaps = simulated_gaps(probabilities, bins, units, simulations=simulations, seed=seed)
    return float(np.abs(gaps).sum(axis=1).mean() / len(bins))
