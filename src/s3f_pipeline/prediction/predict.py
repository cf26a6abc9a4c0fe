"""Predicting images as they are read, in constant memory, and going on where an earlier run has stopped."""

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes
from typing import cast

import numpy as np

from s3f_pipeline.errors import PredictionError
from s3f_pipeline.files import sha256_of
from s3f_pipeline.images.decode import Aspect, Color
from s3f_pipeline.images.ingest import Reader, Row
from s3f_pipeline.images.levels import DEFAULT_MAX_PIXELS
from s3f_pipeline.images.reading import Source, in_parallel
from s3f_pipeline.images.sources import image_sources
from s3f_pipeline.prediction.chunks import Chunks
from s3f_pipeline.prediction.ensemble import Arrays, Ensemble
from s3f_pipeline.prediction.sources import ImageList

BATCH = 32
BATCHES_PER_FILE = 8
SHOWN = 5
READING = "1"
"""Raised when what is kept of an image changes."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Predicted:
    """What came out.

    Attributes:
        rows: Positions, in the list of images, of those that could be read.
        outputs: Of these, as ``Ensemble.predict``.
        unreadable: ``path`` and ``reason`` of each of the others.
        reused: Images whose prediction an earlier run had made.
    """

    rows: tuple[int, ...]
    outputs: Arrays
    unreadable: tuple[dict[str, str], ...]
    reused: int


@dataclass(frozen=True)
class Known:
    """An image whose prediction is there already, by the hash of its bytes."""

    sha256: str


@dataclass(frozen=True)
class KnownOrRead:
    """Reads an image unless it is known."""

    reader: Reader
    known: frozenset[str]

    def __call__(self, source: Source) -> Row | Known | str:
        """Hash an image where any are known, and read it if it is none of these."""
        if self.known and isinstance(source, Path):
            try:
                sha256 = sha256_of(source)
            except OSError as error:
                return str(error)
            if sha256 in self.known:
                return Known(sha256)
        return self.reader(source)


def make_reader(ensemble: Ensemble, max_pixels: int = DEFAULT_MAX_PIXELS) -> Reader:
    """Ingestion's own reader, for the input of the networks."""
    shape = ensemble.first.input
    color, aspect = cast(Color, shape.color), cast(Aspect, shape.aspect)
    return Reader(color, shape.image_size, aspect, shape.window, token_bytes(), max_pixels)


def predict_images(
    images: ImageList,
    ensemble: Ensemble,
    folder: Path,
    *,
    max_pixels: int = DEFAULT_MAX_PIXELS,
    workers: int | None = None,
) -> Predicted:
    """Predict images.

    Args:
        images: Which.
        ensemble: By which networks.
        folder: Where predictions are kept for a run that is interrupted.
        max_pixels: Of one file, above which it is not decoded.
        workers: Threads that decode; ``None`` for one per CPU core.

    Raises:
        PredictionError: If no image can be read.
        BundleError: If a network is not what its bundle says.
    """
    ensemble.load()
    chunks = Chunks(folder, hashlib.sha256(f"{READING} {ensemble.key}".encode()).hexdigest())
    read = KnownOrRead(make_reader(ensemble, max_pixels), frozenset(chunks.known))
    sources = image_sources(images.folder, images.paths, max_pixels)
    found = in_parallel(read, sources, len(images.paths), workers, "Prediction")
    rows, hashes, unreadable = [], [], []
    for number, sha256 in enumerate(_predicted(found, ensemble, chunks)):
        if isinstance(sha256, str):
            rows.append(number)
            hashes.append(sha256)
        else:
            unreadable.append({"path": images.paths[number], "reason": sha256.reason})
    if not rows:
        first = "; ".join(f"{each['path']}: {each['reason']}" for each in unreadable[:SHOWN])
        raise PredictionError(f"None of {len(unreadable)} images in {images.folder} can be read ({first}).")
    reused = sum(sha256 in read.known for sha256 in hashes)
    return Predicted(tuple(rows), chunks.of(hashes), tuple(unreadable), reused)


@dataclass(frozen=True)
class Unreadable:
    """Why an image cannot be read."""

    reason: str


def _predicted(
    found: Iterator[Row | Known | str], ensemble: Ensemble, chunks: Chunks
) -> Iterator[str | Unreadable]:
    """Predict what was read, and yield the hash of each image or why it has none, in order."""
    waiting: list[Row] = []
    batches: list[Arrays] = []
    for row in found:
        if isinstance(row, str):
            yield Unreadable(row)
        elif isinstance(row, Known):
            yield row.sha256
        else:
            waiting.append(row)
            if len(waiting) == BATCH:
                batches.append(ensemble.predict(waiting))
                waiting = []
            if len(batches) == BATCHES_PER_FILE:
                chunks.add(_joined(batches))
                batches = []
            yield row.facts["sha256"]
    if waiting:
        batches.append(ensemble.predict(waiting))
    if batches:
        chunks.add(_joined(batches))


def _joined(batches: list[Arrays]) -> Arrays:
    return {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}
