"""Grad-CAM of a handful of images, for who shows them."""

import keras
import numpy as np
from numpy.typing import NDArray

from s3f_pipeline.explanation.cam import scaled
from s3f_pipeline.explanation.parts import Maps, find_maps
from s3f_pipeline.explanation.passes import Store
from s3f_pipeline.explanation.place import Mapper

BATCH = 16


def class_maps(
    model: keras.Model, images: NDArray[np.uint8], classes: NDArray[np.int64]
) -> NDArray[np.floating] | str:
    """Say where in its last feature maps a network found what speaks for a class.

    Args:
        model: With a layer ``logits``.
        images: uint8 of shape (n, H, W, C), at least one.
        classes: Class number that is explained of each, shape (n,).

    Returns:
        Shape (n, h, w), the highest value of each 1 unless nothing speaks for the class; a text says why the
        network has no such maps.
    """
    parts = find_maps(model)
    if not isinstance(parts, Maps):
        return parts
    store = Store(images, BATCH, advance=lambda _: None)
    return scaled(Mapper(parts).maps(store, np.arange(len(images)), classes)["grad_cam"])
