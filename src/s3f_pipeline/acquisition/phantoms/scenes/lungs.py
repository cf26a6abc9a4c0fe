"""Children's chest radiographs, with and without pneumonia."""

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

SHAPE = (256, 320)
PNEUMONIA = {"NORMAL": False, "PNEUMONIA": True, "normal": False, "pneumonia": True}


def draw_chest(label: str, rng: np.random.Generator) -> np.ndarray:
    """Draw one radiograph, uint8 of shape (256, 320); pneumonia clouds one or both lungs."""
    centre = np.array([160, 132]) + rng.normal(0, 8, 2)
    size = rng.uniform(0.85, 1.1)
    image = np.full(SHAPE, 0.05, np.float32)
    trunk = soft_mask(SHAPE, blob(rng, centre + (0, 40), (135 * size, 175 * size), 0.01), 7)
    image = blend(image, rng.uniform(0.5, 0.62) + 0.04 * texture(rng, SHAPE, 14), trunk)
    lungs = _lungs(centre, size, rng)
    image -= rng.uniform(0.24, 0.32) * cv2.GaussianBlur(lungs, (0, 0), 5)
    image += rng.uniform(0.06, 0.1) * _ribs(centre, size, rng) * trunk
    image += 0.26 * _middle(centre, size, rng)
    vessels = 0.045 * texture(rng, SHAPE, 5) + 0.04 * texture(rng, SHAPE, 12)
    image += vessels * cv2.GaussianBlur(lungs, (0, 0), 3)
    if PNEUMONIA[label]:
        image = _cloud(image, lungs, centre, size, rng)
    tilt = cv2.getRotationMatrix2D((SHAPE[1] / 2, SHAPE[0] / 2), rng.normal(0, 3), 1)
    image = cv2.warpAffine(image.astype(np.float32), tilt, SHAPE[::-1], borderMode=cv2.BORDER_REPLICATE)
    return develop(image * rng.uniform(0.85, 1.1), rng, 0.015)


def _lungs(centre: np.ndarray, size: float, rng: np.random.Generator) -> np.ndarray:
    lungs = np.zeros(SHAPE, np.float32)
    height = rng.uniform(68, 88) * size
    for side in (-1, 1):
        place = centre + np.array([side * rng.uniform(52, 60) * size, rng.normal(0, 5)])
        axes = (rng.uniform(34, 44) * size, height * rng.uniform(0.93, 1.07))
        draw_ellipse(lungs, place, axes, side * rng.uniform(4, 14), 1.0)
    return lungs


def _ribs(centre: np.ndarray, size: float, rng: np.random.Generator) -> np.ndarray:
    ribs = np.zeros(SHAPE, np.float32)
    slope, spacing, start = rng.uniform(4, 22), rng.uniform(19, 27), rng.uniform(-100, -78)
    for number in range(9):
        height = centre[1] + (start + spacing * number) * size
        for side in (-1, 1):
            middle = (round(centre[0] + side * 50 * size), round(height))
            axes = (round(58 * size), round(rng.uniform(18, 28) * size))
            cv2.ellipse(ribs, middle, axes, side * slope, 180, 360, 1.0, thickness=int(rng.integers(3, 7)))
    return cv2.GaussianBlur(ribs, (0, 0), 1.2)


def _middle(centre: np.ndarray, size: float, rng: np.random.Generator) -> np.ndarray:
    """Spine, heart and diaphragm."""
    middle = np.zeros(SHAPE, np.float32)
    draw_ellipse(middle, centre, (rng.uniform(9, 13) * size, 190 * size), 0, 0.8)
    heart = centre + np.array([rng.uniform(10, 24), rng.uniform(28, 42)]) * size
    draw_ellipse(middle, heart, (rng.uniform(30, 44) * size, rng.uniform(36, 52) * size), -35, 0.9)
    for side in (-1, 1):
        dome = centre + np.array([side * 62, rng.uniform(102, 124)]) * size
        draw_ellipse(middle, dome, (64 * size, 42 * size), 0, 0.9)
    return cv2.GaussianBlur(middle, (0, 0), 4)


def _cloud(
    image: np.ndarray, lungs: np.ndarray, centre: np.ndarray, size: float, rng: np.random.Generator
) -> np.ndarray:
    """Lay two to four patches of consolidation over the lungs."""
    for _ in range(rng.integers(2, 5)):
        side = rng.choice([-1, 1])
        place = centre + np.array([side * rng.uniform(45, 68), rng.uniform(-45, 60)]) * size
        patch = soft_mask(SHAPE, blob(rng, place, (rng.uniform(18, 32), rng.uniform(20, 40)), 0.15), 8)
        patchy = np.clip(0.75 + 0.25 * texture(rng, SHAPE, 5), 0, 1) * patch * lungs
        image = blend(image, rng.uniform(0.58, 0.7), patchy * 0.85)
    return image
