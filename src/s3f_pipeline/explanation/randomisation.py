"""Sanity check of maps: they must change when the network forgets what it has learned.

Cascading randomisation (Adebayo et al., NeurIPS 2018): from the logits downwards ever more layers get the
weights, and statistics, that their own initialisers draw. A map that stays as it was shows the image and not
the network (on radiographs: Arun et al., Radiology: AI 2021; all eight methods that they tried failed at
least one of their tests).
"""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from s3f_pipeline.explanation.cam import is_empty, scaled
from s3f_pipeline.explanation.similarity import spearman, ssim

DEPTHS = 6
PAIRS = 50


def randomised(model: keras.Model, seed: int) -> keras.Model:
    """A copy of a network with weights as its own initialisers draw them; batch statistics as they begin."""
    keras.utils.set_random_seed(seed)
    return keras.models.clone_model(model)


def cascade(trained: keras.Model, fresh: keras.Model) -> Iterator[tuple[int, str]]:
    """Give a fresh copy of a network its trained weights back, the lowest layers first.

    Args:
        trained: The network; it stays as it is.
        fresh: As ``randomised`` returns it; its weights change.

    Yields:
        How many layers with weights, counted from the logits, still are random, and the name of the lowest of
        them; first all, last the logits alone, at most ``DEPTHS`` in all.
    """
    layers = [layer for layer in trained.layers if layer.weights]
    depths = np.unique(np.linspace(1, len(layers), DEPTHS).round().astype(int))[::-1]
    restored = 0
    for depth in depths:
        for layer in layers[restored : len(layers) - depth]:
            fresh.get_layer(layer.name).set_weights(layer.get_weights())
        restored = len(layers) - depth
        yield int(depth), layers[restored].name


def depth_block(
    depth: int, layer: str, before: NDArray[np.floating], after: NDArray[np.floating]
) -> dict[str, Any]:
    """Say how alike maps are before and after.

    Args:
        depth: Layers with weights that are random.
        layer: The lowest of them.
        before: Maps of the network, (B, h, w); empty ones do not count.
        after: Maps of the random one.

    Returns:
        ``layers``, ``lowest_layer``, and means over the images: ``ssim`` of the maps scaled to [0, 1],
        ``spearman``; ``None`` where all maps are empty.
    """
    full = ~is_empty(before)
    pairs = list(zip(scaled(before[full]), scaled(after[full]), strict=True))
    return {
        "layers": depth,
        "lowest_layer": layer,
        "ssim": float(np.mean([ssim(*pair) for pair in pairs])) if pairs else None,
        "spearman": float(np.mean([spearman(*pair) for pair in pairs])) if pairs else None,
    }


def baseline_ssim(maps: NDArray[np.floating], seed: int) -> float | None:
    """Mean similarity of maps of 50 random pairs of different images; ``None`` with fewer than two maps.

    Args:
        maps: Of different images, (B, h, w); empty ones do not count.
        seed: Of the pairs.
    """
    maps = maps[~is_empty(maps)]
    if len(maps) < 2:
        return None
    rng = np.random.default_rng(seed)
    first = rng.integers(len(maps), size=PAIRS)
    second = (first + rng.integers(1, len(maps), size=PAIRS)) % len(maps)
    values = scaled(maps)
    return float(np.mean([ssim(values[a], values[b]) for a, b in zip(first, second, strict=True)]))


def passes(depths: list[dict[str, Any]], baseline: float | None) -> bool | None:
    """Whether maps of the wholly random network are less like the trained one's than those of two images.

    Args:
        depths: As ``depth_block`` makes them.
        baseline: As ``baseline_ssim``; without it there is no verdict, ``None``.
    """
    deepest = max(depths, key=lambda each: each["layers"])["ssim"]
    return None if baseline is None or deepest is None else bool(deepest < baseline)
