"""Deletion and insertion: does the probability follow the places that a map marks?

Cells of the map are taken out of the image, or put in, the most marked first (Petsiuk et al., BMVC 2018).
What is out is the mean colour of the image. A random order of the same cells says what any erasing does.
"""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
STEPS = 6
RANDOM_ORDERS = 2
FRACTIONS = tuple(step / STEPS for step in range(STEPS + 1))


def ranks_of(cells: Floats) -> NDArray[np.int64]:
    """Rank of each cell of a map (h, w), 0 the most marked; equal ones in reading order."""
    order = np.argsort(-cells.ravel(), kind="stable")
    ranks = np.empty(cells.size, np.int64)
    ranks[order] = np.arange(cells.size)
    return ranks.reshape(cells.shape)


def erased(image: NDArray[np.float32], ranks: NDArray[np.int64]) -> NDArray[np.float32]:
    """Deletion, then insertion, of an image at the inner fractions.

    Args:
        image: Shape (H, W, C).
        ranks: As ``ranks_of`` returns them.

    Returns:
        Shape (2 (STEPS - 1), H, W, C): first with ever more cells out, then with ever more cells in.
    """
    size = image.shape[1], image.shape[0]
    at = cv2.resize(ranks.astype(np.float32), size, interpolation=cv2.INTER_NEAREST)[:, :, None]
    mean = image.mean(axis=(0, 1), dtype=np.float64).astype(np.float32)
    first = [at < fraction * ranks.size for fraction in FRACTIONS[1:-1]]
    deleted = [np.where(marked, mean, image) for marked in first]
    inserted = [np.where(marked, image, mean) for marked in first]
    return np.stack([*deleted, *inserted])


def curves(
    image: NDArray[np.float32],
    cells: dict[str, Floats],
    probability: Callable[[NDArray[np.float32]], NDArray[np.float64]],
    seed: int,
) -> dict[str, NDArray[np.float64]]:
    """Probability of the explained class as cells go out, and come in.

    Args:
        image: Shape (H, W, C).
        cells: Maps (h, w) by method, all of one shape.
        probability: From images to the probability of the class that the maps explain, shape (B,).
        seed: Of the random orders.

    Returns:
        By method, and ``random`` (mean over the orders): shape (2, STEPS + 1), deletion and insertion at
        ``FRACTIONS``.
    """
    shape = next(iter(cells.values())).shape
    rng = np.random.default_rng(seed)
    orders = {name: [ranks_of(each)] for name, each in cells.items()}
    orders["random"] = [ranks_of(rng.random(shape)) for _ in range(RANDOM_ORDERS)]
    empty = np.broadcast_to(image.mean(axis=(0, 1), dtype=np.float64).astype(np.float32), image.shape)
    whole, nothing = probability(np.stack([image, empty]))
    return {
        name: np.mean(
            [_with_ends(probability(erased(image, ranks)), whole, nothing) for ranks in each], axis=0
        )
        for name, each in orders.items()
    }


def passes_per_image(methods: int) -> int:
    """How many images go through the network for one image."""
    return 2 + (methods + RANDOM_ORDERS) * 2 * (STEPS - 1)


def erasing_block(by_image: list[dict[str, NDArray[np.float64]]], method: str) -> dict[str, Any] | None:
    """Mean curves of one method beside those of random orders.

    Args:
        by_image: As ``curves`` returns them, of the images whose map is not empty.
        method: Name of the method.

    Returns:
        ``None`` without images, else ``images``, ``fractions``, and of ``deletion`` and ``insertion`` the
        curves ``map`` and ``random`` with the areas under them, ``map_area`` and ``random_area``;
        ``better_than_random``: the probability falls faster and rises faster than in random order, by mean
        area.
    """
    if not by_image:
        return None
    found: dict[str, Any] = {"images": len(by_image), "fractions": list(FRACTIONS)}
    for number, kind in enumerate(("deletion", "insertion")):
        own, random = (
            np.mean([each[name][number] for each in by_image], axis=0) for name in (method, "random")
        )
        found[kind] = {
            "map": own.tolist(),
            "random": random.tolist(),
            "map_area": float(np.trapezoid(own, FRACTIONS)),
            "random_area": float(np.trapezoid(random, FRACTIONS)),
        }
    deletion, insertion = found["deletion"], found["insertion"]
    found["better_than_random"] = bool(
        deletion["map_area"] < deletion["random_area"] and insertion["map_area"] > insertion["random_area"]
    )
    return found


def _with_ends(inner: NDArray[np.float64], whole: float, nothing: float) -> NDArray[np.float64]:
    deleted, inserted = np.split(inner, 2)
    return np.stack([[whole, *deleted, nothing], [nothing, *inserted, whole]])
