"""Image stores: the pixels of a cohort at one size, with checksums beside them that tell of what they are."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from s3f_pipeline.errors import ImageError
from s3f_pipeline.files import atomic_path, content_hash, publish, sha256_of

AGAIN = "Run the whole pipeline, without --tags."


@dataclass(frozen=True)
class StoreChecksums:
    """What lies beside a store, in a JSON file of the same name.

    Attributes:
        sha256: Hash of the store's bytes.
        raw_images: Hash of the hashes of the raw images, row by row.
    """

    sha256: str
    raw_images: str

    @classmethod
    def of(cls, store: Path, index: pd.DataFrame) -> Self:
        """Look at a store whose row n is the image of row n of an index."""
        return cls(sha256_of(store), _hash_of_raw_images(index))

    @classmethod
    def beside(cls, store: Path) -> Self | None:
        """Read what lies beside a store, ``None`` if there is nothing that can be read."""
        try:
            return cls(**json.loads(checksums_path(store).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def to_bytes(self) -> bytes:
        """Content of the JSON file."""
        return (json.dumps(asdict(self), indent=1) + "\n").encode()


def checksums_path(store: Path) -> Path:
    """Where the checksums of a store lie."""
    return store.with_suffix(".json")


def publish_store(temporary: Path, store: Path, index: pd.DataFrame) -> None:
    """Give a finished temporary store its name, and put its checksums beside it.

    Args:
        temporary: In the folder of the store.
        store: Its path.
        index: One row per row of the store.
    """
    checksums = StoreChecksums.of(temporary, index)
    publish(temporary, store)
    with atomic_path(checksums_path(store)) as beside:
        beside.write_bytes(checksums.to_bytes())


def store_hash(store: Path) -> str:
    """SHA-256 of a store: what lies beside it says so, if the store has not been touched since."""
    checksums = StoreChecksums.beside(store)
    if checksums and checksums_path(store).stat().st_mtime_ns >= store.stat().st_ctime_ns:
        return checksums.sha256
    return content_hash(store)


def check_store(index: pd.DataFrame, images: np.memmap, input_shape: tuple[int, int, int]) -> None:
    """Check that row n of the store is the image of row n of the index.

    Args:
        index: One row per image, as ingestion wrote it.
        images: The store, uint8 (N, H, W, C), memory-mapped.
        input_shape: (H, W, C) that the network takes.

    Raises:
        ImageError: If the store has another shape, was made from other raw images, or has changed.
    """
    store = Path(str(images.filename))
    expected = (len(index), *input_shape)
    if images.shape != expected:
        raise ImageError(
            f"The image store {store} has the shape {images.shape}, expected is {expected}. {AGAIN}"
        )
    checksums = StoreChecksums.beside(store)
    if checksums is None or checksums.sha256 != content_hash(store):
        raise ImageError(f"The image store {store} does not fit the checksums beside it. {AGAIN}")
    if checksums.raw_images != _hash_of_raw_images(index):
        raise ImageError(
            f"The image store {store} was made from other images than the index names, or in another order. "
            f"{AGAIN}"
        )


def enlarged_warning(index: pd.DataFrame, image_size: tuple[int, int]) -> str | None:
    """Say that most images of a cohort are smaller than they are stored, ``None`` if they are not.

    Args:
        index: With the ``height`` and ``width`` of the raw images.
        image_size: (height, width) of the stored images.
    """
    height, width = image_size
    smaller = int(((index["height"] < height) & (index["width"] < width)).sum())
    if 2 * smaller <= len(index):
        return None
    return (
        f"{smaller} of {len(index)} images are smaller than the image size {height}x{width} and were "
        f"enlarged, which adds no detail: get larger ones, or set a smaller image_size"
    )


def _hash_of_raw_images(index: pd.DataFrame) -> str:
    return hashlib.sha256("\n".join(index["sha256"]).encode()).hexdigest()
