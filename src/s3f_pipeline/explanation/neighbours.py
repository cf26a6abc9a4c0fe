"""Training images that look to the network like a test image."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def nearest(
    features: NDArray[np.float32], training: NDArray[np.float32], most: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find the nearest training images in the space of the features that the logits are computed from.

    Args:
        features: Of the images that are asked about, shape (n, features).
        training: Of training images, shape (m, features).
        most: Neighbours of each.

    Returns:
        Places among the training images, nearest first, and Euclidean distances, both (n, min(most, m)).
    """
    first, second = features.astype(np.float64), training.astype(np.float64)
    distances = np.sqrt(((first[:, None, :] - second[None, :, :]) ** 2).sum(axis=2))
    places = np.argsort(distances, axis=1, kind="stable")[:, :most]
    return places, np.take_along_axis(distances, places, axis=1)


def neighbours_block(
    places: NDArray[np.int64], distances: NDArray[np.float64], training: pd.DataFrame
) -> list[dict[str, Any]]:
    """Name the neighbours of one image.

    Args:
        places: Among the training images, nearest first.
        distances: To them.
        training: ``image_id``, ``label`` and ``group`` of the training images.

    Returns:
        ``image_id``, ``label``, ``group`` (or ``None``) and ``distance`` of each.
    """
    named = training.iloc[places]
    return [
        {"image_id": str(image), "label": str(label), "group": _text(group), "distance": float(distance)}
        for image, label, group, distance in zip(
            named["image_id"], named["label"], named["group"], distances, strict=True
        )
    ]


def _text(value: Any) -> str | None:
    return None if pd.isna(value) else str(value)
