"""Masks among images: known by few grey values, and by names that stand side by side."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from itertools import combinations
from pathlib import PurePosixPath
from typing import Literal

import cv2
import numpy as np

FEW_VALUES = 4
"""Grey values that a mask has at most."""
NEAR = 8
"""Grey levels by which compression moves the two values of a mask."""
MOST = 0.98
"""Share of a mask's pixels that have nearly one of its two values."""
SAMPLED = 64
"""Rows, and columns, that are looked at first."""
MOST_SAMPLED = 0.9
"""The share that these must have for the whole image to be looked at."""
APART = 64
"""Grey levels between these two at least."""
SUFFIX = re.compile(
    r"[ _.-]+(masks?|seg|segmentation|labels?|annotation|gt|groundtruth|roi|contours?)([ _.-]?\d+)?$",
    re.IGNORECASE,
)
"""What names of masks end in."""
SAME_NAMES = 0.9
"""Share of the names of a folder that the folder beside it has too, if one holds the masks of the other."""
LEAST_NAMES = 10
"""Names that two folders have in common at least, for that to be no chance."""
MOST_NAMED = 3


Values = Literal["one", "few", "many"]


def grey_values(grey: np.ndarray) -> Values:
    """Tell how many grey values an image has: one, as few as a mask, or more.

    Args:
        grey: uint8 of shape (H, W).
    """
    step = max(1, min(grey.shape) // SAMPLED)
    sampled = _count(grey[::step, ::step], MOST_SAMPLED)  # settles it for nearly all images
    return sampled if sampled == "many" or step == 1 else _count(grey, MOST)


def _count(grey: np.ndarray, most: float) -> Values:
    counts = cv2.calcHist([np.ascontiguousarray(grey)], [0], None, [256], [0, 256]).ravel()
    used = np.flatnonzero(counts)
    if len(used) <= FEW_VALUES:
        return "few" if len(used) > 1 else "one"
    near = counts[: used[0] + NEAR + 1].sum() + counts[used[-1] - NEAR :].sum()
    return "few" if used[-1] - used[0] >= APART and near >= most * counts.sum() else "many"


def mask_warnings(labels: Mapping[str, str], masks: Collection[str]) -> list[str]:
    """Name what looks like masks among the images.

    Args:
        labels: Of all images, by their paths, which have forward slashes.
        masks: Paths of those with few grey values.
    """
    warnings = []
    advice = "If they are masks, move them out of the class folders, or list the images in a table"
    if masks:
        warnings.append(
            f"{len(masks)} images have nearly two grey values, as masks have: {_by_folder(masks)}. {advice}"
        )
    if pairs := [*_beside(labels), *_folders_beside(labels)]:
        more = f" and {len(pairs) - MOST_NAMED} more" if len(pairs) > MOST_NAMED else ""
        warnings.append(
            f"Images of the same name lie side by side, as images and their masks do: "
            f"{'; '.join(pairs[:MOST_NAMED])}{more}. {advice}"
        )
    return warnings


def _by_folder(paths: Iterable[str]) -> str:
    names: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted(paths):
        names[str(PurePosixPath(path).parent)].append(path)
    told = [f"{len(files)} in {folder}" for folder, files in names.items()]
    more = f" and {len(told) - MOST_NAMED} more folders" if len(told) > MOST_NAMED else ""
    return ", ".join(told[:MOST_NAMED]) + more


def _beside(paths: Iterable[str]) -> list[str]:
    """Images of a folder whose names differ by the ending of a mask, or of the file."""
    named: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for path in sorted(paths):
        file = PurePosixPath(path)
        named[str(file.parent), SUFFIX.sub("", file.stem).casefold()].append(path)
    return [" and ".join(files[:2]) for files in named.values() if len(files) > 1]


def _folders_beside(labels: Mapping[str, str]) -> list[str]:
    """Two folders of one class and folder, alone there, that have nearly the same names of images."""
    stems: defaultdict[PurePosixPath, set[str]] = defaultdict(set)
    siblings: defaultdict[tuple[str, PurePosixPath], set[PurePosixPath]] = defaultdict(set)
    for path, label in labels.items():
        file = PurePosixPath(path)
        stems[file.parent].add(SUFFIX.sub("", file.stem).casefold())
        siblings[label, file.parent.parent].add(file.parent)
    return [
        f"{one} and {other} ({len(stems[one] & stems[other])} names)"
        for folders in siblings.values()
        if len(folders) == 2
        for one, other in combinations(sorted(folders), 2)
        if _are_pairs(one, other, stems)
    ]


def _are_pairs(one: PurePosixPath, other: PurePosixPath, stems: Mapping[PurePosixPath, set[str]]) -> bool:
    common = len(stems[one] & stems[other])
    return common >= max(LEAST_NAMES, SAME_NAMES * min(len(stems[one]), len(stems[other])))
