"""Textured fields for cohorts of anybody's own classes."""

import numpy as np

from s3f_pipeline.acquisition.phantoms.scenes.canvas import blend, blob, develop, soft_mask, texture

SHAPE = (128, 128)


def draw_field(number: int, count: int, color: bool, rng: np.random.Generator) -> np.ndarray:
    """Draw tissue with fibres whose direction and distance tell the class.

    Args:
        number: Of the class, from 0.
        count: Of all classes.
        color: Draw in colour, as stained tissue.
        rng: Draws everything else: where the tissue lies, how bright and how noisy it is.

    Returns:
        uint8 of shape (128, 128), or RGB of shape (128, 128, 3).
    """
    angle = np.pi * number / count + rng.normal(0, 0.25 / count)
    wavelength = (9, 14)[number % 2] * rng.uniform(0.93, 1.07)
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    distance = x * np.cos(angle) + y * np.sin(angle) + 1.2 * texture(rng, SHAPE, 10)
    fibres = np.cos(2 * np.pi * distance / wavelength + rng.uniform(0, 2 * np.pi))
    tissue = (rng.uniform(0.45, 0.6) + 0.16 * fibres + 0.05 * texture(rng, SHAPE, 3)).astype(np.float32)
    place = np.array([64, 64]) + rng.normal(0, 8, 2)
    inside = soft_mask(SHAPE, blob(rng, place, (rng.uniform(42, 58), rng.uniform(42, 58)), 0.05), 3)
    if color:
        stain = np.array([0.75, 0.5, 0.75]) + rng.normal(0, 0.05, 3)
        glass = np.full((*SHAPE, 3), 0.93, np.float32)
        return develop(blend(glass, tissue[..., None] * stain * 1.4, inside), rng, 0.02)
    return develop(blend(np.full(SHAPE, 0.06, np.float32), tissue, inside), rng, 0.02)
