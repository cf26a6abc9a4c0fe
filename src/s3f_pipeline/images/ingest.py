"""One pass over the raw files: decode, resize, hash, store.

Files are decoded in threads (OpenCV and hashlib let go of Python's lock) and written straight into
memory-mapped files, so that memory does not grow with the number of images.
"""

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from s3f_pipeline.errors import ImageError
from s3f_pipeline.images.decode import Color, decode, resize, to_grey
from s3f_pipeline.images.phash import perceptual_hash
from s3f_pipeline.images.threads import one_thread_per_call
from s3f_pipeline.images.thumbnails import THUMBNAIL_SIZE, thumbnail

CHUNK = 256


@dataclass(frozen=True)
class Ingested:
    """What one pass over the raw files yields.

    Attributes:
        index: One row per readable image, in the order of the store.
        rejected: One row per unreadable file: ``path``, ``reason``.
        images: Path of the finished temporary store, uint8 (N, H, W, C).
        thumbnails: Path of the finished temporary thumbnails, uint8 (N, T, T).
    """

    index: pd.DataFrame
    rejected: pd.DataFrame
    images: Path
    thumbnails: Path


def ingest(
    files: pd.DataFrame,
    folder: Path,
    *,
    image_size: tuple[int, int],
    color: Color,
    images: Path,
    thumbnails: Path,
    max_rejected_share: float,
    workers: int | None = None,
) -> Ingested:
    """Decode and store every file of a cohort.

    Args:
        files: As ``s3f_pipeline.cohorts.list_files`` lists them.
        folder: The raw folder.
        image_size: (height, width) of the stored images.
        color: ``grey`` or ``rgb``.
        images: Where the temporary store is written.
        thumbnails: Where the temporary thumbnails are written.
        max_rejected_share: Share of unreadable files above which this fails.
        workers: Threads; ``None`` for one per CPU core.

    Raises:
        ImageError: If more than ``max_rejected_share`` of the files cannot be read.
    """
    height, width = image_size
    channels = 1 if color == "grey" else 3
    count = len(files)
    images.parent.mkdir(parents=True, exist_ok=True)
    thumbnails.parent.mkdir(parents=True, exist_ok=True)
    store = _create(images, (count, height, width, channels))
    small = _create(thumbnails, (count, THUMBNAIL_SIZE, THUMBNAIL_SIZE))

    def read(path: str) -> tuple[dict[str, Any], np.ndarray, np.ndarray] | str:
        try:
            data = (folder / path).read_bytes()
            pixels = decode(data, color)
        except (ImageError, OSError) as error:
            return str(error)
        grey = to_grey(pixels)
        facts = {
            "sha256": hashlib.sha256(data).hexdigest(),
            "phash": perceptual_hash(grey),
            "height": pixels.shape[0],
            "width": pixels.shape[1],
        }
        return facts, resize(pixels, height, width), thumbnail(grey)

    kept: list[int] = []
    facts: list[dict[str, Any]] = []
    rejected: list[dict[str, str]] = []
    for number, outcome in enumerate(_in_parallel(read, list(files["path"]), workers)):
        if isinstance(outcome, str):
            rejected.append({"path": files["path"].iloc[number], "reason": outcome})
            continue
        row, store[len(kept)], small[len(kept)] = outcome
        kept.append(number)
        facts.append(row)
    if len(rejected) > max_rejected_share * count:
        raise ImageError(_too_many(rejected, count, folder, max_rejected_share))
    index = pd.concat([files.iloc[kept].reset_index(drop=True), pd.DataFrame(facts)], axis=1)
    _close(store, images, len(kept))
    _close(small, thumbnails, len(kept))
    return Ingested(index, pd.DataFrame(rejected, columns=["path", "reason"]), images, thumbnails)


def _in_parallel(read: Any, paths: list[str], workers: int | None) -> Iterator[Any]:
    """Map in order, a bounded number of images ahead of the consumer, with a progress bar."""
    with (
        one_thread_per_call(),
        ThreadPoolExecutor(workers or os.cpu_count()) as pool,
        tqdm(total=len(paths), desc="Ingestion", unit="image", mininterval=0.5) as progress,
    ):
        for start in range(0, len(paths), CHUNK):
            for outcome in pool.map(read, paths[start : start + CHUNK]):
                yield outcome
                progress.update()


def _create(path: Path, shape: tuple[int, ...]) -> np.memmap:
    return np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)


def _close(store: np.memmap, path: Path, count: int) -> None:
    """Flush, and cut off the rows that rejected files left unused at the end."""
    full = store.shape
    store.flush()
    if count < full[0]:
        shorter = path.with_name(f"{path.name}.shorter")
        cut = _create(shorter, (count, *full[1:]))
        for start in range(0, count, CHUNK):
            cut[start : start + CHUNK] = store[start : min(start + CHUNK, count)]
        cut.flush()
        shorter.replace(path)


def _too_many(rejected: list[dict[str, str]], count: int, folder: Path, allowed: float) -> str:
    examples = "\n".join(f"  {row['path']}: {row['reason']}" for row in rejected[:5])
    return (
        f"{len(rejected)} of {count} files in {folder} cannot be read, more than the allowed share of "
        f"{allowed:g}:\n{examples}\n"
        f"Get these files again, remove them, or allow more with "
        f"--params=ingestion.max_rejected_share=<share>."
    )
