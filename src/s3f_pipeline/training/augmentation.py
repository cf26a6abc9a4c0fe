"""Random variation of training images, on the CPU and from a given generator, so that it can be repeated."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from s3f_pipeline.recipe import Augmentation

ASPECTS = (3 / 4, 4 / 3)
"""Range of a crop's width to height, relative to the image's own (as Inception's crops)."""
TRIES = 10
"""Crops that are drawn until one fits into the image."""


def vary(
    augmentation: Augmentation,
    image: np.ndarray,
    rng: np.random.Generator,
    draw_other: Callable[[], np.ndarray],
) -> np.ndarray:
    """Vary one image.

    Args:
        augmentation: How much.
        image: float32 of shape (H, W, C) in [0, 1].
        rng: What chance is drawn from.
        draw_other: Draws another training image, of the same shape.

    Returns:
        float32 of the same shape, in [0, 1].
    """
    if augmentation.spectral_mixing:
        image = mix_amplitudes(image, draw_other(), rng.uniform(0, augmentation.spectral_mixing))
    if augmentation.crop < 1:
        image = _random_crop(image, augmentation.crop, rng)
    if augmentation.flip != "none" and rng.random() < 0.5:
        image = image[:, ::-1]
    if augmentation.flip == "both" and rng.random() < 0.5:
        image = image[::-1]
    if augmentation.rotation or augmentation.shift:
        image = _move(
            image,
            rng.uniform(-augmentation.rotation, augmentation.rotation),
            rng.uniform(-augmentation.shift, augmentation.shift, 2),
        )
    if augmentation.brightness:
        image = image * np.float32(1 + rng.uniform(-augmentation.brightness, augmentation.brightness))
    if augmentation.contrast:
        factor = np.float32(1 + rng.uniform(-augmentation.contrast, augmentation.contrast))
        image = (image - image.mean()) * factor + image.mean()
    return np.clip(image, 0, 1).astype(np.float32)


def mix_amplitudes(image: np.ndarray, other: np.ndarray, share: float) -> np.ndarray:
    """Replace a share of the amplitude spectrum of an image by another's, and keep the phases.

    Args:
        image: float32 of shape (H, W, C).
        other: Of the same shape.
        share: In [0, 1].

    Returns:
        float of shape (H, W, C); values can leave [0, 1].
    """
    spectrum, others = (np.fft.rfft2(each, axes=(0, 1)) for each in (image, other))
    amplitude = np.abs(spectrum)
    mixed = (1 - share) * amplitude + share * np.abs(others)
    phase = np.divide(spectrum, amplitude, out=np.ones_like(spectrum), where=amplitude > 0)
    return np.fft.irfft2(mixed * phase, s=image.shape[:2], axes=(0, 1))


def swapped_classes(classes: Sequence[str]) -> list[str]:
    """List the classes whose mirrored images look like those of another class, such as ``lung_left``."""
    return [name for name in classes if "left" in name and name.replace("left", "right") in classes]


def _random_crop(image: np.ndarray, least: float, rng: np.random.Generator) -> np.ndarray:
    height, width, channels = image.shape
    for _ in range(TRIES):
        area, aspect = rng.uniform(least, 1), np.exp(rng.uniform(*np.log(ASPECTS)))
        rows, columns = round(height * np.sqrt(area / aspect)), round(width * np.sqrt(area * aspect))
        if 0 < rows <= height and 0 < columns <= width:
            top, left = rng.integers(height - rows + 1), rng.integers(width - columns + 1)
            crop = np.ascontiguousarray(image[top : top + rows, left : left + columns])
            resized = cv2.resize(crop, (width, height), interpolation=cv2.INTER_LINEAR)
            return resized.reshape(height, width, channels)
    return image


def _move(image: np.ndarray, angle: float, shift: np.ndarray) -> np.ndarray:
    """Turn an image around its centre and shift it; what comes in from outside is its mirror image."""
    height, width, channels = image.shape
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, 1)
    matrix[:, 2] += shift * (width, height)
    moved = cv2.warpAffine(
        np.ascontiguousarray(image), matrix, (width, height), borderMode=cv2.BORDER_REFLECT_101
    )
    return moved.reshape(height, width, channels)
