"""One pass over the raw files: decode, hash, resize, store.

Images are decoded in threads and written as they come, so that memory does not grow with their number.
"""

from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from secrets import token_bytes
from typing import Any

import numpy as np
import pandas as pd

from s3f_pipeline.errors import ImageError
from s3f_pipeline.images.decode import Aspect, Color, fit, to_grey
from s3f_pipeline.images.findings import Findings
from s3f_pipeline.images.header_ids import HeaderIds, Pseudonyms, pseudonymise
from s3f_pipeline.images.levels import DEFAULT_MAX_PIXELS, Window
from s3f_pipeline.images.masks import Values, grey_values
from s3f_pipeline.images.phash import perceptual_hash
from s3f_pipeline.images.reading import Source, in_parallel, read_raw, result_or_reason
from s3f_pipeline.images.row_file import row_file
from s3f_pipeline.images.sources import image_sources
from s3f_pipeline.images.thumbnails import THUMBNAIL_SIZE, halve, thumbnail


@dataclass(frozen=True)
class Ingested:
    """What one pass over the raw files yields; nothing of it depends on the image size but the store.

    Attributes:
        index: One row per readable image, in the order of the store.
        pseudonyms: Hashed ids of DICOM headers, the attributes of ``Pseudonyms`` as columns, in the order of
            the index; null where a header has none, and for other files.
        findings: What a person should know of the files.
        store: Path of the finished temporary image store, uint8 (N, H, W, C).
        thumbnails: Path of the finished temporary thumbnails, uint8 (N, T, T).
    """

    index: pd.DataFrame
    pseudonyms: pd.DataFrame
    findings: Findings
    store: Path
    thumbnails: Path


def ingest(
    files: pd.DataFrame,
    folder: Path,
    *,
    image_size: tuple[int, int],
    color: Color,
    store: Path,
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
        store: Where the temporary image store is written; nothing stays there after an error.
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
    sources = image_sources(folder, files["path"], max_pixels)
    found = _Rows()
    with (
        row_file(store, len(files), (*image_size, 1 if color == "grey" else 3)) as append_image,
        row_file(thumbnails, len(files), (THUMBNAIL_SIZE, THUMBNAIL_SIZE)) as append_thumbnail,
    ):
        rows = in_parallel(reader, sources, len(files), workers, "Ingestion")
        for path, row in zip(files["path"], rows, strict=True):
            found.add(path, row)
            if not isinstance(row, str):
                append_image(row.image)
                append_thumbnail(row.thumbnail)
        rejected = found.findings.rejected
        if len(rejected) > max_rejected_share * len(files):
            raise ImageError(_too_many(rejected, len(files), folder, max_rejected_share))
    return Ingested(found.index(files), found.pseudonyms(), found.findings, store, thumbnails)


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

    def __call__(self, source: Source) -> "Row | str":
        """Read an image; a text says why it cannot be read.

        Raises:
            ImageError: If memory is too small for it, of which the file is not guilty.
        """
        return result_or_reason(self._read, source)

    def _read(self, source: Source) -> "Row":
        raw = read_raw(source, self.color, self.window, self.max_pixels)
        decoded = raw.decoded
        grey = to_grey(halve(decoded.pixels))
        facts = {
            "sha256": raw.sha256,
            "phash": perceptual_hash(grey),
            "height": decoded.pixels.shape[0],
            "width": decoded.pixels.shape[1],
            "format": decoded.format,
            "mode": decoded.mode,
            "file_bytes": raw.file_bytes,
            "encoder": raw.encoder,
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


class _Rows:
    """What has been read so far, but for pixels."""

    def __init__(self) -> None:
        self.findings = Findings()
        self._read = 0
        self._kept: list[int] = []
        self._facts: list[dict[str, Any]] = []
        self._pseudonyms: list[dict[str, str | None]] = []

    def add(self, path: str, row: Row | str) -> None:
        """Take note of the next file, or of why it cannot be read."""
        self._read += 1
        if isinstance(row, str):
            self.findings.rejected.append({"path": path, "reason": row})
            return
        self._kept.append(self._read - 1)
        self._facts.append(row.facts)
        self._pseudonyms.append(asdict(row.pseudonyms))
        if row.narrow is not None:
            self.findings.narrow.append(row.narrow)
        for remark in row.remarks:
            self.findings.remarks.setdefault(remark, []).append(path)
        if row.values != "many":
            (self.findings.masks if row.values == "few" else self.findings.blank).append(path)

    def index(self, files: pd.DataFrame) -> pd.DataFrame:
        """Put beside the listing of the readable files what they are."""
        kept = files.iloc[self._kept].reset_index(drop=True)
        return pd.concat([kept, pd.DataFrame(self._facts)], axis=1)

    def pseudonyms(self) -> pd.DataFrame:
        """One row per readable file."""
        columns = [one.name for one in fields(Pseudonyms)]
        return pd.DataFrame(self._pseudonyms, columns=columns, dtype="string")


def _too_many(rejected: list[dict[str, str]], count: int, folder: Path, allowed: float) -> str:
    examples = "\n".join(f"  {row['path']}: {row['reason']}" for row in rejected[:5])
    return (
        f"{len(rejected)} of {count} files in {folder} cannot be read, more than the allowed share of "
        f"{allowed:g}:\n{examples}\n"
        f"Get these files again, remove them, or allow more with "
        f"--params=ingestion.max_rejected_share=<share>."
    )
