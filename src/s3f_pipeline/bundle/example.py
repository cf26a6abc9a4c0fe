"""One input and what the network makes of it, by which anyone can check that a bundle works where they are.

The image of a patient is not copied: a bundle is made to be handed on, which the licences of many cohorts
forbid for their images, and the check needs no anatomy. Phantoms show nobody, so one of them is taken; of
real cohorts a test pattern is drawn.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from s3f_pipeline.errors import BundleError

IMAGE, PROBABILITIES = "example/image.png", "example/probabilities.json"
TOLERANCE = 1e-3
COARSE_TOLERANCE = 0.05
"""Where the network computes in 16 bits, which processors round differently."""


@dataclass(frozen=True)
class Example:
    """An input of the network.

    Attributes:
        image: uint8 of shape (H, W, C), C is 1 or 3 (RGB).
        probabilities: Of each class, by name.
    """

    image: NDArray[np.uint8]
    probabilities: dict[str, float]

    def files(self) -> dict[str, bytes]:
        """The files that hold it: the image as PNG, at the size of the input."""
        stored = cv2.cvtColor(self.image, cv2.COLOR_RGB2BGR) if self.image.shape[-1] == 3 else self.image
        return {
            IMAGE: cv2.imencode(".png", stored)[1].tobytes(),
            PROBABILITIES: (json.dumps(self.probabilities, indent=1, ensure_ascii=False) + "\n").encode(),
        }

    def difference(self, probabilities: Sequence[float]) -> float:
        """Largest difference from what was expected, by class."""
        return float(np.abs(np.subtract(list(self.probabilities.values()), probabilities)).max())

    @classmethod
    def read(cls, folder: Path, classes: Sequence[str], shape: tuple[int, int, int]) -> "Example":
        """Read the example of a bundle.

        Raises:
            BundleError: If it is damaged, or of another network.
        """
        flag = cv2.IMREAD_GRAYSCALE if shape[2] == 1 else cv2.IMREAD_COLOR_RGB
        pixels = cv2.imread(str(folder / IMAGE), flag)
        image = None if pixels is None else pixels.reshape(*pixels.shape[:2], -1)
        if image is None or image.shape != shape:
            found = "cannot be read" if image is None else f"has the shape {image.shape}, expected is {shape}"
            raise BundleError(f"{folder / IMAGE} {found}. Get the bundle again.")
        path = folder / PROBABILITIES
        try:
            expected = json.loads(path.read_bytes())
            numbers = {name: float(value) for name, value in expected.items()}
        except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
            raise BundleError(f"{path} is damaged. Get the bundle again.") from error
        if list(numbers) != list(classes):
            raise BundleError(
                f"{path} has the classes {', '.join(map(str, numbers))}, and preprocessing.json has "
                f"{', '.join(classes)}. Get the bundle again."
            )
        return cls(image, numbers)


def drawn_pattern(shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Draw waves that grow finer from left to right, and brighter from top to bottom, uint8 (H, W, C)."""
    height, width, channels = shape
    across, down = np.linspace(0, 1, width), np.linspace(0, 1, height)[:, None]
    waves = 0.5 + 0.5 * np.sin(2 * np.pi * (2 + 14 * across) * across) * np.cos(2 * np.pi * 3 * down)
    sides = [waves * down, waves * (1 - down), waves * across][:channels]
    return np.asarray(np.rint(255 * np.stack(sides, axis=-1)), np.uint8)


def tolerance(precision: str) -> float:
    """By how much probabilities may differ elsewhere, by Keras' policy."""
    return COARSE_TOLERANCE if "16" in precision else TOLERANCE
