"""Images without a band of frequencies: what is left keeps its phase, and the image its mean."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from s3f_pipeline.explanation.radial import octaves, radial_frequency

Kind = Literal["low_pass", "high_pass", "band_stop"]


@dataclass(frozen=True)
class Band:
    """What is taken out: frequencies above ``low`` and up to ``high`` cycles per image.

    Attributes:
        kind: On which curve it is.
        low: 0 takes out all but the mean, from below.
        high: ``inf`` takes out all up to the highest frequency.
    """

    kind: Kind
    low: float
    high: float


def bands_of(height: int, width: int) -> list[Band]:
    """Bands whose borders are powers of two: the same for all networks, and at any resolution.

    Low-pass and high-pass at each border, and each octave between two of them stopped.
    """
    borders = octaves(height, width)
    stops = zip([0.0, *borders], [*borders, np.inf], strict=True)
    return [
        *(Band("low_pass", border, np.inf) for border in borders),
        *(Band("high_pass", 0.0, border) for border in borders),
        *(Band("band_stop", low, high) for low, high in stops),
    ]


def spectra_of(images: NDArray[np.float32]) -> NDArray[np.complexfloating]:
    """Half spectra of images (B, H, W, C), by channel, shape (B, H, W // 2 + 1, C)."""
    return np.fft.rfft2(images, axes=(1, 2))


def without_band(spectra: NDArray[np.complexfloating], width: int, band: Band) -> NDArray[np.float32]:
    """Take a band out of images.

    Args:
        spectra: As ``spectra_of`` returns them.
        width: Of the images, W.
        band: What is taken out.

    Returns:
        float32 of shape (B, H, W, C); values may leave [0, 1], as clipping would add frequencies.
    """
    height = spectra.shape[1]
    frequency = radial_frequency(height, width)
    kept = (frequency <= band.low) | (frequency > band.high) | (frequency == 0)
    left = np.where(kept[None, :, :, None], spectra, 0)
    return np.fft.irfft2(left, s=(height, width), axes=(1, 2)).astype(np.float32)
