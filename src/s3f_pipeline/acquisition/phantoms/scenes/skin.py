"""Dermoscopy: pigmented lesions on skin, with hairs."""

from collections.abc import Callable

import cv2
import numpy as np

from s3f_pipeline.acquisition.phantoms.scenes.canvas import (
    blend,
    blob,
    develop,
    draw_ellipse,
    soft_mask,
    texture,
)

SHAPE = (150, 200)
Draw = Callable[[np.ndarray, np.ndarray, float, np.random.Generator], np.ndarray]


def draw_skin(label: str, rng: np.random.Generator) -> np.ndarray:
    """Draw one lesion, uint8 RGB of shape (150, 200, 3)."""
    tone = np.array([0.88, 0.66, 0.6]) + rng.normal(0, 0.04, 3)
    image = np.full((*SHAPE, 3), tone, np.float32) + 0.02 * texture(rng, SHAPE, 3)[..., None]
    place = np.array([100, 75]) + rng.normal(0, 8, 2)
    image = LESIONS[label](image, place, rng.uniform(26, 40), rng)
    image = image * _light(rng)[..., None]
    _draw_hairs(image, rng)
    return develop(image, rng, 0.015)


def _nevus(image: np.ndarray, place: np.ndarray, radius: float, rng: np.random.Generator) -> np.ndarray:
    """Even, brown and round."""
    inside = soft_mask(SHAPE, blob(rng, place, (radius, radius * rng.uniform(0.75, 1)), 0.03), 3)
    return blend(image, (0.5, 0.31, 0.22), inside * (0.9 + 0.04 * texture(rng, SHAPE, 2)))


def _melanoma(image: np.ndarray, place: np.ndarray, radius: float, rng: np.random.Generator) -> np.ndarray:
    """Jagged, with patches of brown, black and blue-grey."""
    inside = soft_mask(SHAPE, blob(rng, place, (1.2 * radius, radius), 0.16, lobes=4), 1.5)
    image = blend(image, (0.36, 0.2, 0.15), inside)
    for color in ((0.1, 0.07, 0.08), (0.3, 0.33, 0.42)):
        spot = place + rng.normal(0, radius / 3, 2)
        patch = soft_mask(SHAPE, blob(rng, spot, (radius * 0.5, radius * 0.4), 0.2), 3)
        image = blend(image, color, patch * inside)
    return image


def _basal_cell(image: np.ndarray, place: np.ndarray, radius: float, rng: np.random.Generator) -> np.ndarray:
    """Pearly, with branching vessels and blue-grey dots."""
    inside = soft_mask(SHAPE, blob(rng, place, (radius, radius), 0.08), 5)
    image = blend(image, (0.93, 0.78, 0.77), inside * 0.9)
    for _ in range(6):
        steps = np.cumsum(rng.normal(0, 2, (14, 2)) + rng.normal(0, 2, 2), axis=0)
        cv2.polylines(image, [(place + steps).astype(np.int32)], False, (0.72, 0.15, 0.2), 1, cv2.LINE_AA)
    for spot in place + rng.normal(0, radius / 2.2, (7, 2)):
        draw_ellipse(image, spot, (3, 3), 0, (0.35, 0.37, 0.48))
    return image


def _actinic(image: np.ndarray, place: np.ndarray, radius: float, rng: np.random.Generator) -> np.ndarray:
    """Red, with white scales."""
    inside = soft_mask(SHAPE, blob(rng, place, (1.2 * radius, radius), 0.1), 7)
    image = blend(image, (0.8, 0.38, 0.36), inside)
    scales = (texture(rng, SHAPE, 2.5) > 0.9).astype(np.float32)
    return blend(image, (0.96, 0.9, 0.84), cv2.GaussianBlur(scales, (0, 0), 0.8) * inside)


def _keratosis(image: np.ndarray, place: np.ndarray, radius: float, rng: np.random.Generator) -> np.ndarray:
    """Tan and sharply bounded, with pale and dark pores."""
    inside = soft_mask(SHAPE, blob(rng, place, (1.1 * radius, radius), 0.05, lobes=6), 1)
    image = blend(image, (0.66, 0.53, 0.38), inside)
    pores = texture(rng, SHAPE, 2)
    image = blend(image, (0.3, 0.2, 0.12), inside * (pores > 1.3))
    return blend(image, (0.9, 0.84, 0.66), inside * (pores < -1.4))


def _dermatofibroma(
    image: np.ndarray, place: np.ndarray, radius: float, rng: np.random.Generator
) -> np.ndarray:
    """Light brown, with a white scar in the middle."""
    outline = blob(rng, place, (0.85 * radius, 0.85 * radius), 0.03)
    image = blend(image, (0.62, 0.4, 0.33), soft_mask(SHAPE, outline, 4) * 0.85)
    return blend(image, (0.96, 0.87, 0.84), soft_mask(SHAPE, place + (outline - place) * 0.45, 2.5))


def _vascular(image: np.ndarray, place: np.ndarray, radius: float, rng: np.random.Generator) -> np.ndarray:
    """A cluster of red and purple lakes."""
    for spot in place + rng.normal(0, radius / 2.5, (12, 2)):
        lake = soft_mask(SHAPE, blob(rng, spot, (radius * 0.33, radius * 0.33), 0.05), 1.5)
        image = blend(image, (rng.uniform(0.4, 0.65), 0.05, rng.uniform(0.1, 0.25)), lake)
    return image


LESIONS: dict[str, Draw] = {
    "MEL": _melanoma, "melanoma": _melanoma,
    "NV": _nevus, "melanocytic_nevus": _nevus,
    "BCC": _basal_cell, "basal_cell_carcinoma": _basal_cell,
    "AKIEC": _actinic, "actinic_keratosis": _actinic,
    "BKL": _keratosis, "benign_keratosis": _keratosis,
    "DF": _dermatofibroma, "dermatofibroma": _dermatofibroma,
    "VASC": _vascular, "vascular_lesion": _vascular,
}  # fmt: skip


def _light(rng: np.random.Generator) -> np.ndarray:
    """Light that falls off towards the corners."""
    y, x = np.mgrid[-1 : 1 : SHAPE[0] * 1j, -1 : 1 : SHAPE[1] * 1j]
    distance = np.hypot(x - rng.normal(0, 0.15), y - rng.normal(0, 0.15))
    return rng.uniform(0.9, 1.05) * (1 - rng.uniform(0.08, 0.22) * distance**2)


def _draw_hairs(image: np.ndarray, rng: np.random.Generator) -> None:
    for _ in range(rng.integers(0, 9)):
        start = rng.uniform(0, 1, 2) * SHAPE[::-1]
        steps = np.linspace(0, 1, 12)[:, None] * rng.normal(0, 40, 2)
        bend = np.linspace(0, 1, 12)[:, None] ** 2 * rng.normal(0, 12, 2)
        hair = (start + steps + bend).astype(np.int32)
        cv2.polylines(image, [hair], False, (0.22, 0.13, 0.1), 1, cv2.LINE_AA)
