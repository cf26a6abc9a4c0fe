"""How alike two maps are."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter
from scipy.stats import rankdata

Floats = NDArray[np.floating]
WINDOW = 7
STABILISERS = 0.01**2, 0.03**2
"""Of luminance and contrast, for values in [0, 1] (Wang et al. 2004)."""


def ssim(first: Floats, second: Floats) -> float:
    """Structural similarity of two maps with values in [0, 1] (Wang et al., IEEE TIP 2004), at most 1.

    Mean over the places at which a window of 7 x 7, or as much as a smaller map has, lies inside the map.

    Args:
        first: Shape (h, w).
        second: Shape (h, w).
    """
    window = tuple(min(WINDOW, side) for side in first.shape)
    inside = tuple(
        slice(size // 2, side - (size - 1) // 2) for size, side in zip(window, first.shape, strict=True)
    )

    def mean(values: Floats) -> Floats:
        return np.asarray(uniform_filter(np.asarray(values, np.float64), window)[inside])

    a, b = mean(first), mean(second)
    variances = mean(np.square(first)) - a**2, mean(np.square(second)) - b**2
    covariance = mean(np.asarray(first, np.float64) * second) - a * b
    light, contrast = STABILISERS
    above = (2 * a * b + light) * (2 * covariance + contrast)
    below = (a**2 + b**2 + light) * (variances[0] + variances[1] + contrast)
    return float((above / below).mean())


def spearman(first: Floats, second: Floats) -> float:
    """Rank correlation of two maps of one shape, from -1 to 1; 0 where one of them is constant."""
    ranks = [rankdata(each) - (each.size + 1) / 2 for each in (first, second)]
    length = np.sqrt(np.prod([np.square(each).sum() for each in ranks]))
    return float((ranks[0] * ranks[1]).sum() / length) if length > 0 else 0.0
