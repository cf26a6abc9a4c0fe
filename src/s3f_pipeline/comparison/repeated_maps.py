"""Whether maps of two seeds of one network are alike: repeatability (Arun et al., Radiology: AI 2021)."""

from collections.abc import Mapping, Sequence
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from s3f_pipeline.explanation.cam import is_empty
from s3f_pipeline.explanation.similarity import spearman
from s3f_pipeline.results.compared_explanations import AlikeMaps

Maps = Mapping[str, NDArray[np.floating]]


def alike_maps(pairs: Sequence[tuple[Maps, Maps, NDArray[np.bool_]]], seed: int) -> dict[str, AlikeMaps]:
    """State how alike maps of pairs of runs are, beside how alike maps of different images are.

    Args:
        pairs: Of two runs on the same images the maps by method, (n, h, w), and which images both call the
            same, (n,): only of these both maps explain one class.
        seed: Of the pairs of different images: to each image of the one run another one of the other.

    Returns:
        By method that all runs have.
    """
    methods = [
        name for name in (pairs[0][0] if pairs else ()) if all(name in a and name in b for a, b, _ in pairs)
    ]
    return {
        method: _alike([(a[method], b[method], same) for a, b, same in pairs], seed) for method in methods
    }


def _alike(pairs: Sequence[tuple[np.ndarray, np.ndarray, NDArray[np.bool_]]], seed: int) -> AlikeMaps:
    rng = np.random.default_rng(seed)
    same_image: list[float] = []
    other_image: list[float] = []
    for first, second, same_class in pairs:
        kept = same_class & ~is_empty(first) & ~is_empty(second)
        one, two = first[kept], second[kept]
        same_image += [spearman(*maps) for maps in zip(one, two, strict=True)]
        if len(one) > 1:
            others = (np.arange(len(one)) + rng.integers(1, len(one), size=len(one))) % len(one)
            other_image += [spearman(*maps) for maps in zip(one, two[others], strict=True)]
    return AlikeMaps(
        pairs=len(same_image),
        same_image=fmean(same_image) if same_image else None,
        other_image=fmean(other_image) if other_image else None,
    )
