"""Breast ultrasound: layers of tissue under speckle, with and without a lesion."""

import cv2
import numpy as np

from s3f_pipeline.acquisition.phantoms.scenes.canvas import blend, blob, develop, soft_mask, texture

SHAPE = (256, 256)
LABELS = ("benign", "malignant", "normal", "normal_benign")


def draw_breast(label: str, rng: np.random.Generator) -> np.ndarray:
    """Draw one ultrasound image, uint8 of shape (256, 256).

    A ``benign`` lesion is a smooth, wide oval with bright tissue below; a ``malignant`` one is jagged and
    tall and throws a shadow; ``normal`` has none, and ``normal_benign`` one in half of the images.
    """
    lesion, malignant = _draw_lesion(label, rng)
    rows = np.linspace(0, 1, SHAPE[0], dtype=np.float32)[:, None]
    layers = cv2.resize(texture(rng, (SHAPE[0], 32), 2.5), SHAPE[::-1], interpolation=cv2.INTER_CUBIC)
    image = rng.uniform(0.36, 0.48) + 0.09 * layers + 0.05 * texture(rng, SHAPE, 12) - 0.2 * rows
    skin = rows + 0.01 * texture(rng, (1, SHAPE[1]), 20)
    image += 0.35 * np.exp(-(((skin - 0.04) / 0.02) ** 2)) + 0.2 * np.exp(-(((skin - 0.2) / 0.015) ** 2))
    below = cv2.GaussianBlur(np.maximum.accumulate(lesion, axis=0), (0, 0), 5)
    image *= 1 + below * (-0.75 if malignant else 0.5)
    image = blend(image, rng.uniform(0.05, 0.12), cv2.GaussianBlur(lesion, (0, 0), 3 if malignant else 1.5))
    speckle = cv2.GaussianBlur(rng.rayleigh(1.0, SHAPE), (0, 0), sigmaX=1.8, sigmaY=0.9)
    return develop(image * speckle / speckle.mean() * rng.uniform(0.85, 1.15), rng, 0.01)


def draw_mask(label: str, rng: np.random.Generator) -> np.ndarray:
    """Outline the lesion of the image that ``draw_breast`` draws with an equal ``rng``.

    Returns:
        uint8 of shape (256, 256): 255 inside, black where there is no lesion.
    """
    lesion, _ = _draw_lesion(label, rng)
    return np.where(lesion > 0.5, 255, 0).astype(np.uint8)


def _draw_lesion(label: str, rng: np.random.Generator) -> tuple[np.ndarray, bool]:
    """Return the lesion, float32 of shape (256, 256) from 0 to 1, and whether it is malignant."""
    is_normal = label == "normal" or (label == "normal_benign" and rng.random() < 0.5)
    malignant = label == "malignant"
    place = np.array([rng.uniform(90, 166), rng.uniform(95, 140)])
    radius = rng.uniform(26, 42)
    axes = (0.85 * radius, 1.1 * radius) if malignant else (1.3 * radius, 0.75 * radius)
    outline = blob(rng, place, axes, 0.14 if malignant else 0.015, lobes=9 if malignant else 2)
    lesion = soft_mask(SHAPE, outline, 1.0)
    return (np.zeros(SHAPE, np.float32) if is_normal else lesion), malignant
