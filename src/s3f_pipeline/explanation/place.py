"""Where in an image a network looked, and whether the maps that say so can be trusted."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from s3f_pipeline.backend.functions import Function, Gradient, compile_function, compile_gradient
from s3f_pipeline.explanation.cam import METHODS, is_empty
from s3f_pipeline.explanation.erasing import curves, erasing_block
from s3f_pipeline.explanation.frequency import GRADIENT_BATCH, Predict
from s3f_pipeline.explanation.logits import directions
from s3f_pipeline.explanation.parts import Maps, find_maps
from s3f_pipeline.explanation.passes import Store
from s3f_pipeline.explanation.randomisation import (
    DEPTHS,
    baseline_ssim,
    cascade,
    depth_block,
    passes,
    randomised,
)

ByMethod = dict[str, NDArray[np.floating]]


@dataclass(frozen=True)
class Mapper:
    """Computes maps of a network.

    Attributes:
        parts: The network before and after its last feature maps.
    """

    parts: Maps

    @cached_property
    def _front(self) -> Function:
        return compile_function(self.parts.front)

    @cached_property
    def _gradient(self) -> Gradient:
        return compile_gradient(self.parts.back)

    def maps(self, store: Store, rows: NDArray[np.int64], classes: NDArray[np.int64]) -> ByMethod:
        """Compute the maps of images for one class each.

        Args:
            store: Images.
            rows: Which of them, shape (n,).
            classes: Class number that is explained, shape (n,).

        Returns:
            By method, shape (n, h, w).
        """
        outputs = self.parts.back.output_shape[-1]
        found: dict[str, list[NDArray[np.floating]]] = {name: [] for name in METHODS}
        for places, batch in store.batches(rows, GRADIENT_BATCH):
            (maps,) = self._front([batch])
            gradients = self._gradient([maps, batch], directions(classes[places], outputs))
            for name, method in METHODS.items():
                found[name].append(method(maps, gradients))
        return {name: np.concatenate(each) for name, each in found.items()}


@dataclass(frozen=True)
class Explained:
    """Images and the class that is explained of each.

    Attributes:
        rows: Of the store, shape (n,).
        classes: Class numbers, those that the network predicts.
    """

    rows: NDArray[np.int64]
    classes: NDArray[np.int64]


def randomisation_block(
    model: keras.Model, store: Store, shown: Explained, before: ByMethod, others: ByMethod, seed: int
) -> dict[str, Any]:
    """Randomise a network layer by layer, and hold its maps against those before.

    Args:
        model: The network; it stays as it is.
        store: Images.
        shown: Those whose maps are compared.
        before: Their maps.
        others: Maps of other images, for the baseline.
        seed: Of weights and pairs.

    Returns:
        By method ``depths`` (see ``depth_block``), ``baseline_ssim`` (see there) and ``passes``.
    """
    fresh = randomised(model, seed)
    parts = find_maps(fresh)
    assert isinstance(parts, Maps)  # it is a copy of a network that has maps
    mapper = Mapper(parts)
    depths: dict[str, list[dict[str, Any]]] = {name: [] for name in METHODS}
    for depth, layer in cascade(model, fresh):
        after = mapper.maps(store, shown.rows, shown.classes)
        for name in METHODS:
            depths[name].insert(0, depth_block(depth, layer, before[name], after[name]))
    block = {}
    for name in METHODS:
        baseline = baseline_ssim(others[name], seed)
        block[name] = {
            "depths": depths[name],
            "baseline_ssim": baseline,
            "passes": passes(depths[name], baseline),
        }
    return block


def erasing_blocks(
    store: Store, shown: Explained, cells: ByMethod, predict: Predict, seed: int
) -> dict[str, Any]:
    """Delete and insert what maps mark, see ``erasing``.

    Args:
        store: Images.
        shown: Those that are erased.
        cells: Their maps.
        predict: From images to the probability of each class.
        seed: Of the random orders.

    Returns:
        By method, as ``erasing_block``; images whose map is empty are left out.
    """
    by_image = []
    for number, (row, explained) in enumerate(zip(shown.rows, shown.classes, strict=True)):
        image = store.images[row].astype(np.float32) / 255

        def probability(images: NDArray[np.float32], explained: int = explained) -> NDArray[np.float64]:
            starts = range(0, len(images), store.batch_size)
            found = [predict(images[first : first + store.batch_size])[:, explained] for first in starts]
            store.advance(len(images))
            return np.concatenate(found)

        of_image = {name: each[number] for name, each in cells.items()}
        by_image.append(curves(image, of_image, probability, seed + number))
    return {
        name: erasing_block(
            [each for each, left_out in zip(by_image, is_empty(cells[name]), strict=True) if not left_out],
            name,
        )
        for name in METHODS
    }


def place_block(
    layer: str, cells: ByMethod, randomisation: dict[str, Any], erasing: dict[str, Any]
) -> dict[str, Any]:
    """Put together what maps are worth.

    Returns:
        ``layer``, ``map_shape``, and by method ``randomisation``, ``erasing``, ``empty`` (maps of shown
        images that are) and ``trusted``: passes both tests; ``None`` where one has no verdict.
    """
    return {
        "layer": layer,
        "map_shape": list(next(iter(cells.values())).shape[1:]),
        "methods": {
            name: {
                "randomisation": randomisation[name],
                "erasing": erasing[name],
                "empty": int(is_empty(cells[name]).sum()),
                "trusted": _trusted(randomisation[name]["passes"], erasing[name]),
            }
            for name in METHODS
        },
    }


def _trusted(passes_randomisation: bool | None, erasing: dict[str, Any] | None) -> bool | None:
    if passes_randomisation is None or erasing is None:
        return None
    return bool(passes_randomisation and erasing["better_than_random"])


def randomisation_passes() -> int:
    """How often each shown image goes through the network, at most."""
    return DEPTHS
