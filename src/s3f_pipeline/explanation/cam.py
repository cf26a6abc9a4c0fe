"""Class activation maps: where in its last feature maps a network found what speaks for a class.

``A`` are feature maps (B, h, w, channels) and ``g`` the gradient of the logit of a class by them, of the same
shape. Maps are not normalised: one of zeros says that nothing speaks for the class, and is called empty.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Method = Callable[[Floats, Floats], Floats]


def grad_cam(maps: Floats, gradients: Floats) -> Floats:
    """Grad-CAM (Selvaraju et al., ICCV 2017): ``ReLU(Σ_k α_k A_k)`` with ``α_k = mean_ij g_ijk``.

    Returns:
        Shape (B, h, w), at least 0.
    """
    weights = gradients.mean(axis=(1, 2), keepdims=True)
    return np.maximum((weights * maps).sum(axis=3), 0)


def grad_cam_plus_plus(maps: Floats, gradients: Floats) -> Floats:
    """Grad-CAM++ (Chattopadhay et al., WACV 2018), of exp(logit).

    ``ReLU(Σ_k w_k A_k)``, ``w_k = Σ_ij α_ijk ReLU(g_ijk)``, ``α = g² / (2 g² + Σ_ij A g³)``, and 0 where that
    denominator is; the factor exp(logit), the same for all channels, is left out.

    Returns:
        Shape (B, h, w), at least 0.
    """
    squares = gradients**2
    below = 2 * squares + (maps.sum(axis=(1, 2), keepdims=True) * gradients**3)
    alphas = np.divide(squares, below, out=np.zeros_like(squares), where=below != 0)
    weights = (alphas * np.maximum(gradients, 0)).sum(axis=(1, 2), keepdims=True)
    return np.maximum((weights * maps).sum(axis=3), 0)


METHODS: Mapping[str, Method] = {"grad_cam": grad_cam, "grad_cam_plus_plus": grad_cam_plus_plus}


def is_empty(maps: Floats) -> NDArray[np.bool_]:
    """Whether nothing in a map is above 0, shape (B,) of maps (B, h, w)."""
    return maps.max(axis=(1, 2)) <= 0


def scaled(maps: Floats) -> Floats:
    """Maps (B, h, w) divided by their highest value; empty ones stay zeros."""
    highest = maps.max(axis=(1, 2), keepdims=True)
    return np.divide(maps, highest, out=np.zeros_like(maps), where=highest > 0)
