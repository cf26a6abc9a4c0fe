"""Everything of an explanation that is drawn: lines as SVG files, images as PNG files, by name."""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from matplotlib import colormaps
from numpy.typing import NDArray

from s3f_pipeline.reporting.explanation_plots import (
    plot_checks,
    plot_filters,
    plot_influence,
    plot_kernels,
    plot_removal,
    plot_saliency,
    plot_shares,
)
from s3f_pipeline.reporting.style import figure_to_png, figure_to_svg
from s3f_pipeline.results.explanation import Explanation

GAP = 4
"""White pixels between pictures of a strip."""
STRENGTH = 0.6
"""Of the colour where a map is highest."""
Pixels = NDArray[np.uint8]


def draw_explanation(
    found: Explanation, arrays: Mapping[str, np.ndarray], titles: Mapping[str, str]
) -> dict[str, bytes]:
    """Draw an explanation.

    Args:
        found: The figures.
        arrays: As ``explanation.explain`` returns them.
        titles: What pictures call each class, in the order of their numbers.

    Returns:
        ``removal.svg``, ``saliency.svg``, and where they apply ``shares.svg``, ``influence.svg``,
        ``filters.svg``, ``checks.svg`` and ``kernels.png``; and the files that the shown images name: an
        image beside its maps, and its neighbours.
    """
    figures = {
        "removal": plot_removal(found.frequency.removal),
        "saliency": plot_saliency(found.frequency.saliency, titles),
    }
    if found.branches:
        names = found.branches.names
        figures["shares"] = plot_shares(arrays["shares"], arrays["labels"], list(titles.values()), names)
        if "permuted" in found.branches.influence.methods:
            figures["influence"] = plot_influence(found.branches, titles)
    if found.frequency.filters:
        figures["filters"] = plot_filters(found.frequency.filters)
    if found.place:
        figures["checks"] = plot_checks(found.place.methods)
    drawn = {f"{name}.svg": figure_to_svg(figure) for name, figure in figures.items()}
    if found.frequency.filters:
        kernels = plot_kernels(arrays.get("initial_kernels"), arrays["learned_kernels"])
        drawn["kernels.png"] = figure_to_png(kernels)
    return drawn | _strips(found, arrays)


def _strips(found: Explanation, arrays: Mapping[str, np.ndarray]) -> dict[str, bytes]:
    maps = [arrays[f"map_{name}"] for name in found.place.methods] if found.place else []
    pictures = {}
    for number, shown in enumerate(found.shown):
        image = arrays["shown"][number]
        pictures[shown.file] = strip([image, *(overlay(image, of_method[number]) for of_method in maps)])
    named = [shown.neighbours_file for shown in found.shown if shown.neighbours_file]
    return pictures | {name: strip(arrays["neighbours"][number]) for number, name in enumerate(named)}


def overlay(image: Pixels, cells: NDArray[np.floating]) -> Pixels:
    """Colour an image where a map is high; an empty map leaves it as it is.

    Args:
        image: uint8 (H, W, 1) or (H, W, 3).
        cells: (h, w) in [0, 1].

    Returns:
        uint8 (H, W, 3).
    """
    size = image.shape[1], image.shape[0]
    enlarged = cv2.resize(np.asarray(cells, np.float32), size, interpolation=cv2.INTER_LINEAR)
    colours = 255 * colormaps["viridis"](enlarged)[:, :, :3]
    weight = STRENGTH * enlarged[:, :, None]
    return np.asarray(np.round((1 - weight) * _rgb(image) + weight * colours), np.uint8)


def strip(images: Sequence[Pixels] | np.ndarray) -> bytes:
    """PNG of images of one size side by side."""
    gap = np.full((images[0].shape[0], GAP, 3), 255, np.uint8)
    parts = [part for image in images for part in (gap, _rgb(image))][1:]
    return _encode(np.concatenate(parts, axis=1))


def shrunk(png: bytes, width: int) -> bytes:
    """A PNG of at most a width, in pixels."""
    image = np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR_RGB), np.uint8)
    if image.shape[1] <= width:
        return png
    height = max(1, round(image.shape[0] * width / image.shape[1]))
    return _encode(np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8))


def _encode(image: Pixels) -> bytes:
    return bytes(cv2.imencode(".png", np.ascontiguousarray(image[:, :, ::-1]))[1])


def _rgb(image: Pixels) -> Pixels:
    return np.broadcast_to(image, (*image.shape[:2], 3))
