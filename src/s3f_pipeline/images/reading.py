"""Raw images read in threads, in order: OpenCV, SciPy and hashlib let go of Python's lock."""

import hashlib
import os
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
from tqdm import tqdm

from s3f_pipeline.errors import ImageError
from s3f_pipeline.images.decode import Color, Decoded, decode
from s3f_pipeline.images.dicom import silent_pydicom
from s3f_pipeline.images.encoders import encoder_traces
from s3f_pipeline.images.levels import Window
from s3f_pipeline.images.threads import one_thread_per_call

T = TypeVar("T")
Source = Path | np.ndarray
"""An image file, or pixels of a NumPy archive."""
BATCH = 4
"""Images that a thread reads at a time; handing over small ones singly takes a tenth of the time."""
AHEAD = 4
"""Batches per thread that may be read before they are stored."""


@dataclass(frozen=True)
class RawImage:
    """A raw image.

    Attributes:
        sha256: Hash of the bytes of the file, or of the pixels in a NumPy archive.
        decoded: The image.
        file_bytes: Size of the file; ``None`` in a NumPy archive.
        encoder: As ``encoder_traces`` names it; ``None`` where there is no trace.
    """

    sha256: str
    decoded: Decoded
    file_bytes: int | None = None
    encoder: str | None = None


def read_raw(source: Source, color: Color, window: Window | None, max_pixels: int) -> RawImage:
    """Read and decode one image; arguments as of ``decode``.

    Raises:
        ImageError: If it is none, or cannot be decoded.
        OSError: If the file cannot be read.
        MemoryError: If there is not enough memory.
    """
    if isinstance(source, Path):
        data = source.read_bytes()
        decoded = decode(data, color, window, max_pixels)
        return RawImage(hashlib.sha256(data).hexdigest(), decoded, len(data), encoder_traces(data))
    return RawImage(hashlib.sha256(source.tobytes()).hexdigest(), _of_archive(source, color))


def _of_archive(pixels: np.ndarray, color: Color) -> Decoded:
    if pixels.shape[-1] == 3 and color == "grey":
        raise ImageError("a colour image, but the cohort's color is grey")
    if pixels.shape[-1] == 1 and color == "rgb":
        raise ImageError("a grey image, but the cohort's color is rgb")
    return Decoded(pixels, "NPZ", f"{color} 8-bit")


def result_or_reason(read: Callable[[Source], T], source: Source) -> T | str:
    """Read one image; a text says why it cannot be read.

    Raises:
        ImageError: If memory is too small for it, of which the file is not guilty.
    """
    try:
        return read(source)
    except (ImageError, OSError) as error:
        return str(error)
    except MemoryError as error:
        name = source if isinstance(source, Path) else "an image of a NumPy archive"
        raise ImageError(
            f"Not enough memory to decode {name}. Close other programs, decode fewer images at a time "
            f"(--params=ingestion.workers=1), or refuse large ones (ingestion.max_megapixels)."
        ) from error


def in_parallel(
    read: Callable[[Source], T], sources: Iterable[Source], count: int, workers: int | None, title: str
) -> Iterator[T]:
    """Map in order, a bounded number of images ahead of the consumer, with a progress bar.

    Args:
        read: Called in threads.
        sources: What is read.
        count: Number of sources.
        workers: Threads; ``None`` for one per CPU core.
        title: Of the progress bar.
    """

    def read_batch(batch: list[Source]) -> list[T]:
        return [read(source) for source in batch]

    workers = workers or os.cpu_count() or 1
    remaining = iter(sources)
    batches = iter(lambda: list(islice(remaining, BATCH)), [])
    pending: deque[Future[list[T]]] = deque()
    with (
        warnings.catch_warnings(action="ignore"),  # of image libraries; not safe inside threads
        silent_pydicom(),
        one_thread_per_call(),
        ThreadPoolExecutor(workers) as pool,
        tqdm(total=count, desc=title, unit="image", mininterval=0.5) as progress,
    ):
        pending.extend(pool.submit(read_batch, batch) for batch in islice(batches, AHEAD * workers))
        while pending:
            rows = pending.popleft().result()
            pending.extend(pool.submit(read_batch, batch) for batch in islice(batches, 1))
            yield from rows
            progress.update(len(rows))
