"""The images that a page shows, and where networks looked in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s3f_pipeline.images.ingest import Row
from s3f_pipeline.images.sources import image_sources
from s3f_pipeline.prediction.ensemble import Ensemble
from s3f_pipeline.prediction.predict import make_reader
from s3f_pipeline.prediction.sources import ImageList

MOST_SHOWN = 60
Picture = tuple[NDArray[np.uint8], NDArray[np.floating] | None]
"""An input of the network, (H, W, C), and the Grad-CAM of its predicted class, (h, w) in [0, 1]."""


@dataclass(frozen=True)
class Shown:
    """What a page shows.

    Attributes:
        pictures: By row of the table, what most deserves a look first.
        without_maps: Why there is no Grad-CAM; ``None`` where there is.
    """

    pictures: Mapping[int, Picture]
    without_maps: str | None


def pictures_to_show(
    images: ImageList, rows: Sequence[int], table: pd.DataFrame, ensemble: Ensemble, max_pixels: int
) -> Shown:
    """Read again the images that most deserve a look: flagged ones, and those of highest entropy.

    Args:
        images: That were predicted.
        rows: Their positions in the list, by row of the table.
        table: Of predictions.
        ensemble: The networks; the Grad-CAM of several is the mean of theirs.
        max_pixels: Of one file, above which it is not decoded.
    """
    flagged = table["ood"].fillna(False).astype(int) + table["twin"].fillna(False).astype(int)
    order = np.lexsort((-table["entropy"], -flagged))[:MOST_SHOWN]
    chosen = sorted(int(number) for number in order)
    reader = make_reader(ensemble, max_pixels)
    paths = [images.paths[rows[number]] for number in chosen]
    read = map(reader, image_sources(images.folder, paths, max_pixels))
    pixels = {number: row.image for number, row in zip(chosen, read, strict=True) if isinstance(row, Row)}
    if not pixels:  # they are gone by now
        return Shown({}, None)
    pixels = {number: pixels[number] for number in order.tolist() if number in pixels}
    classes = [ensemble.first.classes.index(table["predicted"].iloc[number]) for number in pixels]
    maps = _maps(ensemble, np.stack([*pixels.values()]), np.array(classes))
    if isinstance(maps, str):
        return Shown({number: (image, None) for number, image in pixels.items()}, maps)
    return Shown({number: (pixels[number], cells) for number, cells in zip(pixels, maps, strict=True)}, None)


def _maps(
    ensemble: Ensemble, pixels: NDArray[np.uint8], classes: NDArray[np.int64]
) -> NDArray[np.floating] | str:
    """Grad-CAM of each image, (n, h, w), or why there is none."""
    from s3f_pipeline.explanation.class_maps import class_maps

    found = []
    for member in ensemble.members:
        maps = class_maps(member.load_model(), pixels, classes)
        if isinstance(maps, str):
            return maps
        found.append(maps)
    return np.mean(found, axis=0)
