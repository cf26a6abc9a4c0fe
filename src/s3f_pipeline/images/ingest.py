"""One pass over the raw files: decode, resize, hash, store.

Images are decoded in threads (OpenCV, SciPy and hashlib let go of Python's lock) and written as they come,
so that memory does not grow with their number.
"""

import hashlib
import os
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, fields
from itertools import islice
from pathlib import Path
from secrets import token_bytes
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from s3f_pipeline.errors import ImageError
from s3f_pipeline.images.decode import Aspect, Color, Decoded, decode, fit, to_grey
from s3f_pipeline.images.dicom import Window, silent_pydicom
from s3f_pipeline.images.header_ids import HeaderIds, Pseudonyms, pseudonymise
from s3f_pipeline.images.phash import perceptual_hash
from s3f_pipeline.images.row_file import row_file
from s3f_pipeline.images.sources import image_sources
from s3f_pipeline.images.threads import one_thread_per_call
from s3f_pipeline.images.thumbnails import THUMBNAIL_SIZE, halve, thumbnail

BATCH = 4
"""Images that a thread reads at a time; handing over small ones singly takes a tenth of the time."""
AHEAD = 4
"""Batches per thread that may be read before they are stored."""


@dataclass(frozen=True)
class Ingested:
    """What one pass over the raw files yields.

    Attributes:
        index: One row per readable image, in the order of the store.
        pseudonyms: Hashed ids of DICOM headers, the attributes of ``Pseudonyms`` as columns, in the order of
            the index; null where a header has none, and for other files.
        rejected: One row per unreadable file: ``path``, ``reason``.
        images: Path of the finished temporary store, uint8 (N, H, W, C).
        thumbnails: Path of the finished temporary thumbnails, uint8 (N, T, T).
        highest: Highest value in images of more than 8 bits that were read without a window; ``None`` where
            there are none.
        narrow: For each DICOM image that has no window and few grey levels without one, its lowest and
            highest value.
    """

    index: pd.DataFrame
    pseudonyms: pd.DataFrame
    rejected: pd.DataFrame
    images: Path
    thumbnails: Path
    highest: int | None
    narrow: list[Window]


def ingest(
    files: pd.DataFrame,
    folder: Path,
    *,
    image_size: tuple[int, int],
    color: Color,
    images: Path,
    thumbnails: Path,
    max_rejected_share: float,
    aspect: Aspect = "stretch",
    window: Window | None = None,
    workers: int | None = None,
    salt: bytes | None = None,
) -> Ingested:
    """Decode and store every image of a cohort.

    Args:
        files: As ``s3f_pipeline.cohorts.list_files`` lists them.
        folder: The raw folder.
        image_size: (height, width) of the stored images.
        color: ``grey`` or ``rgb``.
        images: Where the temporary store is written; nothing stays there after an error.
        thumbnails: Where the temporary thumbnails are written; likewise.
        max_rejected_share: Share of unreadable files above which this fails.
        aspect: ``stretch`` to the image size, or ``pad``.
        window: Values of 16-bit and DICOM images that become black and white.
        workers: Threads; ``None`` for one per CPU core.
        salt: Under which the ids of DICOM headers are hashed; ``None`` for one that is thrown away, so that
            patients can be counted and never be found again.

    Raises:
        ImageError: If more than ``max_rejected_share`` of the files cannot be read.
        OSError: If the disk has no room for the store.
    """
    reader = Reader(color, image_size, aspect, window, salt or token_bytes())
    row_shape = (*image_size, 1 if color == "grey" else 3)
    kept: list[int] = []
    facts: list[dict[str, Any]] = []
    pseudonyms: list[dict[str, str | None]] = []
    rejected: list[dict[str, str]] = []
    highest: int | None = None
    narrow: list[Window] = []
    rows = _in_parallel(
        reader, image_sources(folder, files["path"]), len(files), workers or os.cpu_count() or 1
    )
    with (
        row_file(images, len(files), row_shape) as append_image,
        row_file(thumbnails, len(files), (THUMBNAIL_SIZE, THUMBNAIL_SIZE)) as append_thumbnail,
    ):
        for number, row in enumerate(rows):
            if isinstance(row, str):
                rejected.append({"path": files["path"].iloc[number], "reason": row})
                continue
            append_image(row.image)
            append_thumbnail(row.thumbnail)
            kept.append(number)
            facts.append(row.facts)
            pseudonyms.append(asdict(row.pseudonyms))
            if row.highest is not None:
                highest = max(row.highest, highest or 0)
            if row.narrow is not None:
                narrow.append(row.narrow)
        if len(rejected) > max_rejected_share * len(files):
            raise ImageError(_too_many(rejected, len(files), folder, max_rejected_share))
        index = pd.concat([files.iloc[kept].reset_index(drop=True), pd.DataFrame(facts)], axis=1)
    return Ingested(
        index,
        pd.DataFrame(pseudonyms, columns=[one.name for one in fields(Pseudonyms)], dtype="string"),
        pd.DataFrame(rejected, columns=["path", "reason"]),
        images,
        thumbnails,
        highest,
        narrow,
    )


@dataclass(frozen=True)
class Reader:
    """Reads one image: pixels for the store, a thumbnail, and what the index says of it.

    Attributes:
        color: ``grey`` or ``rgb``.
        image_size: (height, width) of the stored image.
        aspect: ``stretch`` or ``pad``.
        window: Values of 16-bit and DICOM images that become black and white.
        salt: Under which the ids of DICOM headers are hashed.
    """

    color: Color
    image_size: tuple[int, int]
    aspect: Aspect
    window: Window | None
    salt: bytes = field(repr=False)

    def __call__(self, source: Path | np.ndarray) -> "Row | str":
        """Read an image file, or pixels of a NumPy archive; a text says why it cannot be read."""
        try:
            data = source.read_bytes() if isinstance(source, Path) else source.tobytes()
            decoded = (
                decode(data, self.color, self.window) if isinstance(source, Path) else self._array(source)
            )
        except (ImageError, OSError) as error:
            return str(error)
        grey = to_grey(halve(decoded.pixels))
        facts = {
            "sha256": hashlib.sha256(data).hexdigest(),
            "phash": perceptual_hash(grey),
            "height": decoded.pixels.shape[0],
            "width": decoded.pixels.shape[1],
            "format": decoded.format,
            "mode": decoded.mode,
        }
        stored = fit(decoded.pixels, *self.image_size, self.aspect)
        pseudonyms = pseudonymise(decoded.ids or HeaderIds(), self.salt)
        return Row(facts, pseudonyms, stored, thumbnail(grey), decoded.highest, decoded.narrow)

    def _array(self, pixels: np.ndarray) -> Decoded:
        if pixels.shape[-1] == 3 and self.color == "grey":
            raise ImageError("a colour image, but the cohort's color is grey")
        if pixels.shape[-1] == 1 and self.color == "rgb":
            raise ImageError("a grey image, but the cohort's color is rgb")
        return Decoded(pixels, "NPZ", f"{self.color} 8-bit")


@dataclass(frozen=True)
class Row:
    """What reading one image yields.

    Attributes:
        facts: Columns of the index.
        pseudonyms: Of the ids in the header, where it has any.
        image: uint8 (H, W, C).
        thumbnail: uint8 (T, T).
        highest: As in ``Decoded``.
        narrow: As in ``Decoded``.
    """

    facts: dict[str, Any]
    pseudonyms: Pseudonyms
    image: np.ndarray
    thumbnail: np.ndarray
    highest: int | None
    narrow: Window | None


def _in_parallel(
    read: Callable[[Any], Any], sources: Iterable[Any], count: int, workers: int
) -> Iterator[Any]:
    """Map in order, a bounded number of images ahead of the consumer, with a progress bar."""

    def read_batch(batch: list[Any]) -> list[Any]:
        return [read(source) for source in batch]

    remaining = iter(sources)
    batches = iter(lambda: list(islice(remaining, BATCH)), [])
    pending: deque[Future[list[Any]]] = deque()
    with (
        warnings.catch_warnings(action="ignore"),  # of image libraries; not safe inside threads
        silent_pydicom(),
        one_thread_per_call(),
        ThreadPoolExecutor(workers) as pool,
        tqdm(total=count, desc="Ingestion", unit="image", mininterval=0.5) as progress,
    ):
        pending.extend(pool.submit(read_batch, batch) for batch in islice(batches, AHEAD * workers))
        while pending:
            rows = pending.popleft().result()
            pending.extend(pool.submit(read_batch, batch) for batch in islice(batches, 1))
            yield from rows
            progress.update(len(rows))


def _too_many(rejected: list[dict[str, str]], count: int, folder: Path, allowed: float) -> str:
    examples = "\n".join(f"  {row['path']}: {row['reason']}" for row in rejected[:5])
    return (
        f"{len(rejected)} of {count} files in {folder} cannot be read, more than the allowed share of "
        f"{allowed:g}:\n{examples}\n"
        f"Get these files again, remove them, or allow more with "
        f"--params=ingestion.max_rejected_share=<share>."
    )
