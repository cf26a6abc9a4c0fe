"""Images of a cohort in the report: examples of every class, and the errors that a network was surest of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import pandas as pd

from s3f_pipeline.evaluation.predictions import class_probabilities

EXAMPLES = 4
"""Of each class, at most."""
MOST_ERRORS = 12
LARGEST_SIDE = 192
"""Pixels; larger images are shown smaller."""
JPEG_QUALITY = 88


@dataclass(frozen=True)
class ClassExamples:
    """Training images of one class.

    Attributes:
        label: Class name.
        image_ids: Of the images.
        pictures: JPEG files.
    """

    label: str
    image_ids: tuple[str, ...]
    pictures: tuple[bytes, ...]


@dataclass(frozen=True)
class ShownError:
    """A test image that got a wrong name.

    Attributes:
        image_id: Of the image.
        group: Of the images that it belongs to.
        label: Its class.
        predicted: What the network named.
        probability: Of that class, as predicted.
        picture: JPEG file.
    """

    image_id: str
    group: str
    label: str
    predicted: str
    probability: float
    picture: bytes


@dataclass(frozen=True)
class Gallery:
    """Images that a report shows; ``all_errors`` is how many errors there are to choose from."""

    examples: tuple[ClassExamples, ...]
    errors: tuple[ShownError, ...]
    all_errors: int


def choose_gallery(
    index: pd.DataFrame,
    images: np.ndarray,
    splits: pd.DataFrame,
    predictions: pd.DataFrame,
    classes: Sequence[str],
) -> Gallery:
    """Choose what is shown, by fixed rules, and encode it.

    Args:
        index: With ``image_id`` and ``label``, in the order of the images.
        images: uint8 (N, H, W, C).
        splits: With ``image_id``, ``group`` and ``split``.
        predictions: Of the test images, as ``check_predictions`` wants them.
        classes: Class names of the cohort.

    Returns:
        Of each class training images at even distances in the order of their ids, of different groups where
        there are such; and the wrong test images whose named class has the highest probability, one of a
        group.
    """
    rows = dict(zip(index["image_id"], range(len(index)), strict=True))
    training = splits[splits["split"] == "train"].merge(index[["image_id", "label"]], on="image_id")
    examples = []
    for label in classes:
        of_class = training[training["label"] == label].sort_values("image_id").drop_duplicates("group")
        chosen = [str(name) for name in of_class["image_id"].iloc[_spread(len(of_class), EXAMPLES)]]
        pictures = tuple(_jpeg(images[rows[name]]) for name in chosen)
        examples.append(ClassExamples(label, tuple(chosen), pictures))
    wrong = _errors(predictions, classes)
    shown = wrong.drop_duplicates("group").head(MOST_ERRORS)
    errors = tuple(_shown(row, images[rows[row["image_id"]]]) for row in shown.to_dict("records"))
    return Gallery(tuple(examples), errors, len(wrong))


def _errors(predictions: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """Wrong predictions, the surest first."""
    surest = class_probabilities(predictions, classes).max(axis=1)
    ranked = predictions.assign(probability=surest)[predictions["label"] != predictions["predicted"]]
    return ranked.sort_values(["probability", "image_id"], ascending=[False, True])


def _spread(number: int, most: int) -> list[int]:
    """Places at even distances among a number of things."""
    return (
        [int((place + 0.5) * number / most) for place in range(most)] if number > most else [*range(number)]
    )


def _shown(row: dict[Any, Any], image: np.ndarray) -> ShownError:
    texts = {name: str(row[name]) for name in ("image_id", "group", "label", "predicted")}
    return ShownError(**texts, probability=float(row["probability"]), picture=_jpeg(image))


def _jpeg(image: np.ndarray) -> bytes:
    pixels = np.asarray(image)
    height, width = pixels.shape[:2]
    if (shrink := max(height, width) / LARGEST_SIDE) > 1:
        size = max(1, round(width / shrink)), max(1, round(height / shrink))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    channels = pixels[:, :, ::-1] if pixels.ndim == 3 and pixels.shape[2] == 3 else pixels
    encoded = cv2.imencode(".jpg", np.ascontiguousarray(channels), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return bytes(encoded[1])
