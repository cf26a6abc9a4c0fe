"""The images on which an exported network is compared with the trained one."""

import logging
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from s3f_pipeline.bundle.opening import Bundle
from s3f_pipeline.errors import ImageError, ResultsError
from s3f_pipeline.export.comparison import ImagesToCompare
from s3f_pipeline.images.store import check_store
from s3f_pipeline.results import FinishedRun, RunId, find_runs
from s3f_pipeline.results.runs import warn_of_damage

WANTED = 100
COARSEST, SEED = 4, 0
logger = logging.getLogger(__name__)


def images_to_compare(bundle: Bundle, root: Path, store: Path) -> ImagesToCompare:
    """Take test images of the experiment, and others of its cohort where these are few; no label is read.

    Where the experiment is not in this data root, or its images have changed, the bundle's example is taken,
    with drawn images.

    Args:
        bundle: Whose network is exported.
        root: The data root.
        store: Image store of the bundle's cohort, at the size of its input.
    """
    run = _run_of(bundle, root)
    if run is not None:
        try:
            return _of_run(run, bundle, store)
        except (ResultsError, ImageError, OSError, ValueError) as error:
            logger.warning("Images of %s cannot be taken for the comparison: %s", run.id.title, error)
    return ImagesToCompare(
        np.concatenate(
            [bundle.example.image[None], drawn_images(bundle.preprocessing.input.shape, WANTED - 1)]
        ),
        f"the example of the bundle and {WANTED - 1} drawn images",
    )


def drawn_images(shape: tuple[int, int, int], count: int) -> NDArray[np.uint8]:
    """Draw spots as large as a quarter of the image down to single pixels, uint8 (count, H, W, C)."""
    height, width, channels = shape
    rng = np.random.default_rng(SEED)
    sides = np.geomspace(COARSEST, max(COARSEST, height, width), count).round().astype(int)
    drawn = [
        cv2.resize(rng.integers(0, 256, (side, side, channels), np.uint8), (width, height)) for side in sides
    ]
    return np.stack(drawn).reshape(count, *shape)


def _run_of(bundle: Bundle, root: Path) -> FinishedRun | None:
    trained = bundle.preprocessing.trained_on
    wanted = RunId(trained.cohort, trained.protocol, trained.variant, trained.seed, trained.fold)
    runs = find_runs(
        root, cohort=wanted.cohort, protocol=wanted.protocol, variant=wanted.variant, damaged=warn_of_damage
    )
    return next((run for run in runs if run.id == wanted), None)


def _of_run(run: FinishedRun, bundle: Bundle, store: Path) -> ImagesToCompare:
    """Take images from the store.

    Raises:
        ResultsError: If index or split have changed since.
        ImageError: If the store does not fit the index.
    """
    index, splits = run.index(), run.splits()
    images = np.load(store, mmap_mode="r")
    check_store(index, images, bundle.preprocessing.input.shape)
    side = splits.set_index("image_id")["split"].reindex(index["image_id"])
    test = _evenly(np.flatnonzero(side == "test"), WANTED)
    others = _evenly(np.flatnonzero(side != "test"), WANTED - len(test))
    rows = np.concatenate([test, others])
    told = f"{len(test)} test images" + (f" and {len(others)} others" if len(others) else "")
    return ImagesToCompare(np.asarray(images[np.sort(rows)]), f"{told} of {run.id.cohort}")


def _evenly(rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """At most so many of the rows, as far from each other as can be."""
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).astype(int)]
