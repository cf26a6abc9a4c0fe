import cv2
import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.images.phash import perceptual_hash


def draw(seed: int, size: int = 128) -> np.ndarray:
    """A picture that no flip or rotation leaves as it is."""
    rng = np.random.default_rng(seed)
    coarse = cv2.GaussianBlur(rng.normal(size=(size, size)).astype(np.float32), (0, 0), 8)
    return np.clip(110 + 500 * coarse, 0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def picture():
    return draw


@pytest.fixture(scope="session")
def cohort():
    """An index and thumbnails from rows of (image_id, label, subject, picture)."""

    def build(*rows: tuple[str, str, str | None, np.ndarray]) -> tuple[pd.DataFrame, np.ndarray]:
        columns = ["image_id", "label", "subject"]
        index = pd.DataFrame([row[:3] for row in rows], columns=columns).astype("string")
        index["phash"] = [perceptual_hash(row[3]) for row in rows]
        return index, np.stack([row[3] for row in rows])

    return build
