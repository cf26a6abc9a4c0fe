"""One pass over the raw files: decode, resize, hash, store.

Images are decoded in threads (OpenCV, SciPy and hashlib let go of Python's lock) and written as they come,
so that memory does not grow with their number.
"""

import hashlib
import os
import warnings
from collections import defaultdict, deque
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
from s3f_pipeline.images.dicom import silent_pydicom
from s3f_pipeline.images.header_ids import HeaderIds, Pseudonyms, pseudonymise
from s3f_pipeline.images.levels import DEFAULT_MAX_PIXELS, Window
from s3f_pipeline.images.masks import Values, grey_values
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
        narrow: For each image of more than 8 bits that has few grey levels without a window, the ends of one
            that would show more.
        remarks: What of files or configuration could not be followed, in words -> paths.
        masks: Paths of images with as few grey values as masks have.
        blank: Paths of images of one single grey.
    """

    index: pd.DataFrame
    pseudonyms: pd.DataFrame
    rejected: pd.DataFrame
    images: Path
    thumbnails: Path
    narrow: list[Window]
    remarks: dict[str, list[str]]
    masks: list[str]
    blank: list[str]


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
    max_pixels: int = DEFAULT_MAX_PIXELS,
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
        max_pixels: Of one file, above which it is not decoded.
        workers: Threads; ``None`` for one per CPU core.
        salt: Under which the ids of DICOM headers are hashed; ``None`` for one that is thrown away, so that
            patients can be counted and never be found again.

    Raises:
        ImageError: If more than ``max_rejected_share`` of the files cannot be read, or memory is too small
            for an image.
        OSError: If the disk has no room for the store.
    """
    reader = Reader(color, image_size, aspect, window, salt or token_bytes(), max_pixels)
    row_shape = (*image_size, 1 if color == "grey" else 3)
    kept: list[int] = []
    facts: list[dict[str, Any]] = []
    pseudonyms: list[dict[str, str | None]] = []
    rejected: list[dict[str, str]] = []
    narrow: list[Window] = []
    remarks: defaultdict[str, list[str]] = defaultdict(list)
    masks, blank = list[str](), list[str]()
    sources = image_sources(folder, files["path"], max_pixels)
    rows = _in_parallel(reader, sources, len(files), workers or os.cpu_count() or 1)
    with (
        row_file(images, len(files), row_shape) as append_image,
        row_file(thumbnails, len(files), (THUMBNAIL_SIZE, THUMBNAIL_SIZE)) as append_thumbnail,
    ):
        for number, row in enumerate(rows):
            path = files["path"].iloc[number]
            if isinstance(row, str):
                rejected.append({"path": path, "reason": row})
                continue
            append_image(row.image)
            append_thumbnail(row.thumbnail)
            kept.append(number)
            facts.append(row.facts)
            pseudonyms.append(asdict(row.pseudonyms))
            if row.narrow is not None:
                narrow.append(row.narrow)
            for remark in row.remarks:
                remarks[remark].append(path)
            if row.values != "many":
                (masks if row.values == "few" else blank).append(path)
        if len(rejected) > max_rejected_share * len(files):
            raise ImageError(_too_many(rejected, len(files), folder, max_rejected_share))
        index = pd.concat([files.iloc[kept].reset_index(drop=True), pd.DataFrame(facts)], axis=1)
    return Ingested(
        index,
        pd.DataFrame(pseudonyms, columns=[one.name for one in fields(Pseudonyms)], dtype="string"),
        pd.DataFrame(rejected, columns=["path", "reason"]),
        images,
        thumbnails,
        narrow,
        dict(remarks),
        masks,
        blank,
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
        max_pixels: Of one file, above which it is not decoded.
    """

    color: Color
    image_size: tuple[int, int]
    aspect: Aspect
    window: Window | None
    salt: bytes = field(repr=False)
    max_pixels: int = DEFAULT_MAX_PIXELS

    def __call__(self, source: Path | np.ndarray) -> "Row | str":
        """Read an image file, or pixels of a NumPy archive; a text says why it cannot be read.

        Raises:
            ImageError: If memory is too small for it, of which the file is not guilty.
        """
        try:
            return self._read(source)
        except (ImageError, OSError) as error:
            return str(error)
        except MemoryError as error:
            name = source if isinstance(source, Path) else "an image of a NumPy archive"
            raise ImageError(
                f"Not enough memory to decode {name}. Close other programs, decode fewer images at a time "
                f"(--params=ingestion.workers=1), or refuse large ones (ingestion.max_megapixels)."
            ) from error

    def _read(self, source: Path | np.ndarray) -> "Row":
        if isinstance(source, Path):
            data = source.read_bytes()
            decoded = decode(data, self.color, self.window, self.max_pixels)
        else:
            data, decoded = source.tobytes(), self._array(source)
        grey = to_grey(halve(decoded.pixels))
        facts = {
            "sha256": hashlib.sha256(data).hexdigest(),
            "phash": perceptual_hash(grey),
            "height": decoded.pixels.shape[0],
            "width": decoded.pixels.shape[1],
            "format": decoded.format,
            "mode": decoded.mode,
        }
        return Row(
            facts,
            pseudonymise(decoded.ids or HeaderIds(), self.salt),
            fit(decoded.pixels, *self.image_size, self.aspect),
            thumbnail(grey),
            decoded.narrow,
            decoded.remarks,
            grey_values(to_grey(decoded.pixels)) if decoded.narrow is None else "many",
        )

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
        narrow: As in ``Decoded``.
        remarks: As in ``Decoded``.
        values: How many grey values it has, crushed ones not counted.
    """

    facts: dict[str, Any]
    pseudonyms: Pseudonyms
    image: np.ndarray
    thumbnail: np.ndarray
    narrow: Window | None
    remarks: tuple[str, ...]
    values: Values


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
