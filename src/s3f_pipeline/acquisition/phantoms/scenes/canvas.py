"""What all scenes are drawn with. Grey values and colours are shares of white, from 0 to 1."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

Value = float | tuple[float, float, float]
"""A grey value, or red, green and blue."""


def draw_ellipse(
    image: np.ndarray,
    centre: Sequence[float] | np.ndarray,
    axes: tuple[float, float],
    angle: float,
    value: Value,
) -> None:
    """Fill an ellipse.

    Args:
        image: float32 of shape (H, W) or (H, W, 3), drawn upon.
        centre: x and y in pixels.
        axes: Half axes in pixels.
        angle: In degrees.
        value: Of the filling.
    """
    box = (tuple(float(x) for x in centre), (2 * float(axes[0]), 2 * float(axes[1])), float(angle))
    cv2.ellipse(image, box, value, thickness=-1)


def draw_outline(image: np.ndarray, outline: np.ndarray, value: Value) -> None:
    """Fill a polygon of shape (points, 2), x and y in pixels."""
    cv2.fillPoly(image, [outline.astype(np.int32)], value)


def blob(
    rng: np.random.Generator,
    centre: Sequence[float] | np.ndarray,
    axes: tuple[float, float],
    roughness: float,
    lobes: int = 3,
) -> np.ndarray:
    """Outline of an ellipse whose radius varies.

    Args:
        rng: Turns the outline and roughens it.
        centre: x and y in pixels.
        axes: Half axes in pixels.
        roughness: Share of the radius by which it varies.
        lobes: Bulges of the outline.

    Returns:
        float64 of shape (60, 2), x and y in pixels.
    """
    turns = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    waves = np.sin(lobes * turns + rng.uniform(0, 2 * np.pi)) + 0.4 * rng.normal(size=turns.size)
    radii = 1 + roughness * waves
    return np.asarray(centre) + np.stack([np.cos(turns), np.sin(turns)], axis=1) * radii[:, None] * axes


def texture(rng: np.random.Generator, shape: tuple[int, int], scale: float) -> np.ndarray:
    """Smooth noise, float32 of shape ``shape``, with deviation 1 and grains of ``scale`` pixels."""
    noise = cv2.GaussianBlur(rng.normal(size=shape).astype(np.float32), (0, 0), scale)
    return noise / noise.std()


def blend(image: np.ndarray, other: Value | np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Lay a value or an image over another where ``mask``, (H, W) from 0 to 1, says so."""
    if image.ndim == 3:
        mask = mask[..., None]
    return image * (1 - mask) + np.asarray(other, np.float32) * mask


def soft_mask(shape: tuple[int, int], outline: np.ndarray, softness: float) -> np.ndarray:
    """The inside of an outline, float32 of shape ``shape`` from 0 to 1, blurred by ``softness`` pixels."""
    mask = np.zeros(shape, np.float32)
    draw_outline(mask, outline, 1.0)
    return cv2.GaussianBlur(mask, (0, 0), softness)


def develop(image: np.ndarray, rng: np.random.Generator, noise: float) -> np.ndarray:
    """Blur a drawing slightly, add noise of deviation ``noise``, and return it as uint8."""
    image = cv2.GaussianBlur(image, (0, 0), 0.8) + rng.normal(0, noise, image.shape)
    return np.clip(image * 255, 0, 255).astype(np.uint8)


def save(path: Path, image: np.ndarray, quality: int = 90) -> None:
    """Write an image, grey or RGB; ``quality`` is that of JPEG files.

    Raises:
        OSError: If it is not written to its last byte; ``cv2.imwrite`` would not tell.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    channels = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    options = [] if path.suffix == ".png" else [cv2.IMWRITE_JPEG_QUALITY, quality]
    _, encoded = cv2.imencode(path.suffix, channels, options)
    path.write_bytes(encoded.tobytes())
