"""What the search for twins costs, and how many it finds: CPU seconds, memory, recall.

    python benchmarks/twins.py cost 10000 30000 100000
    S3F_ARCHIVES=<folder> python benchmarks/twins.py recall 200

``cost`` searches drawn pictures that look alike as radiographs do (one anatomy, varied), a fiftieth of which
are turned, re-encoded copies, and prints the exponent of growth between the first and the last size. Memory
is what the process holds at its peak without the pages of the mapped thumbnails. ``recall`` adds to each real
cohort copies of so many images per kind, two thirds of them turned or mirrored, and prints which share is
found, and how many with the right relation. Use a new process for each run.
"""

import os
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable
from math import log
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from s3f_pipeline.images.thumbnails import THUMBNAIL_SIZE, halve, thumbnail
from s3f_pipeline.splits.geometry import ORIENTATIONS, RELATIONS, turned
from s3f_pipeline.splits.groups import connected
from s3f_pipeline.splits.settings import TwinSettings
from s3f_pipeline.splits.twins import find_twins

SETTINGS = TwinSettings(unexplained=6, local_similarity=0.9)
COPIES = 50
COHORTS = {
    "brisc2025": ".jpg",
    "busi": ".png",
    "chest_xray": ".jpeg",
    "ham10000": ".jpg",
}


def draw_thumbnails(path: Path, count: int) -> np.ndarray:
    """Write thumbnails of one anatomy, varied in shape and texture, and return them memory-mapped."""
    rng = np.random.default_rng(0)
    side = THUMBNAIL_SIZE
    anatomy = cv2.resize(
        rng.normal(size=(7, 7)).astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC
    )
    images = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=(count, side, side))
    for number in range(count):
        if number % COPIES == COPIES - 1:
            copy = turned(images[number - COPIES // 2], int(rng.integers(ORIENTATIONS)))
            _, encoded = cv2.imencode(".jpg", np.ascontiguousarray(copy), [cv2.IMWRITE_JPEG_QUALITY, 60])
            images[number] = cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE)
            continue
        own, fine = (rng.normal(size=(size, size)).astype(np.float32) for size in (9, 40))
        parts = [cv2.resize(part, (side, side), interpolation=cv2.INTER_CUBIC) for part in (own, fine)]
        picture = 120 + 38 * anatomy + 22 * parts[0] + 9 * parts[1] + rng.normal(0, 3, (side, side))
        images[number] = np.clip(picture, 0, 255)
    images.flush()
    return np.load(path, mmap_mode="r")


class PeakMemory:
    """Highest memory of this process, without pages of mapped files, while in the context."""

    def __enter__(self) -> "PeakMemory":
        """Begin to look."""
        self.megabytes, self._stopped = 0.0, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop looking."""
        self._stopped.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stopped.wait(0.05):
            for line in Path("/proc/self/status").read_text().splitlines():
                if line.startswith("RssAnon:"):
                    self.megabytes = max(self.megabytes, int(line.split()[1]) / 1024)


def cost(sizes: list[int]) -> None:
    """Print CPU seconds and memory for each number of images."""
    seconds = []
    for count in sizes:
        with tempfile.TemporaryDirectory() as folder:
            thumbnails = draw_thumbnails(Path(folder) / "thumbnails.npy", count)
            ids = [f"image {number:07d}" for number in range(count)]
            index = pd.DataFrame({"image_id": ids, "sha256": ids})
            start = time.process_time()
            with PeakMemory() as peak:
                twins = find_twins(index, thumbnails, SETTINGS)
            seconds.append(time.process_time() - start)
        planted = count // COPIES
        print(
            f"{count:,} images: {seconds[-1]:.0f} CPU s, {peak.megabytes:.0f} MB, "
            f"{len(twins)} pairs of {planted} planted",
            flush=True,
        )
    if len(sizes) > 1:
        growth = log(seconds[-1] / seconds[0]) / log(sizes[-1] / sizes[0])
        print(f"Growth from {sizes[0]:,} to {sizes[-1]:,}: n^{growth:.2f}")


def jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    """Encode and decode."""
    _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE)


def levels(image: np.ndarray, gain: float, offset: float) -> np.ndarray:
    """Change brightness and contrast, clipped."""
    return np.clip(np.rint(image.astype(float) * gain + offset), 0, 255).astype(np.uint8)


def resized(image: np.ndarray, factor: float) -> np.ndarray:
    """Shrink or enlarge."""
    interpolation = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    return cv2.resize(image, None, fx=factor, fy=factor, interpolation=interpolation)


def shifted(image: np.ndarray, right: float, down: float) -> np.ndarray:
    """Shift by 256ths of the sides; what comes into view is black."""
    height, width = image.shape
    move = np.array([[1, 0, right * width / 256], [0, 1, down * height / 256]])
    return cv2.warpAffine(image, move, (width, height))


def cropped(image: np.ndarray, rng: np.random.Generator, low: float, *, square: bool = True) -> np.ndarray:
    """Cut out a part of ``low`` to 1 of the sides, anywhere."""
    shares = rng.uniform(low, 1, 2)
    rows, columns = (
        round(share * length)
        for share, length in zip(shares[[0, 0]] if square else shares, image.shape, strict=True)
    )
    top = rng.integers(image.shape[0] - rows + 1)
    left = rng.integers(image.shape[1] - columns + 1)
    return np.ascontiguousarray(image[top : top + rows, left : left + columns])


KINDS: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    "as it is": lambda image, rng: image,
    "JPEG quality 40": lambda image, rng: jpeg(image, 40),
    "resized by 0.5": lambda image, rng: resized(image, 0.5),
    "resized by 1.5": lambda image, rng: resized(image, 1.5),
    "brightness x 1.1": lambda image, rng: levels(image, 1.1, 0),
    "brightness x 0.9": lambda image, rng: levels(image, 0.9, 0),
    "brightness + 25": lambda image, rng: levels(image, 1, 25),
    "contrast + 10 %": lambda image, rng: levels(image, 1.1, -0.1 * image.mean()),
    "contrast - 10 %": lambda image, rng: levels(image, 0.9, 0.1 * image.mean()),
    "shift by 3 and 3": lambda image, rng: shifted(image, 3, 3),
    "shift by 3 and 1": lambda image, rng: shifted(image, -3, 1),
    "several at once": lambda image, rng: jpeg(resized(levels(shifted(image, 1, -1), 1.05, 3), 0.8), 75),
    "crop of 90 to 100 %": lambda image, rng: cropped(image, rng, 0.9),
    "crop, sides apart": lambda image, rng: cropped(image, rng, 0.9, square=False),
    "crop and JPEG 50": lambda image, rng: jpeg(cropped(image, rng, 0.9), 50),
    "crop and brightness": lambda image, rng: levels(cropped(image, rng, 0.9), 1.05, 10),
}


def recall(archives: Path, per_kind: int) -> None:
    """Print for each cohort and kind which share of the copies is found."""
    rows = {}
    for name, ending in COHORTS.items():
        rng = np.random.default_rng(77)
        with zipfile.ZipFile(archives / f"{name}.zip") as archive:
            names = sorted(n for n in archive.namelist() if n.endswith(ending) and "_mask" not in n)
            images = [cv2.imdecode(np.frombuffer(archive.read(n), np.uint8), 0) for n in names]
        sources = rng.permutation(len(images))[: per_kind * len(KINDS)]
        kinds = [list(KINDS)[place % len(KINDS)] for place in range(len(sources))]
        turns = [int(rng.integers(ORIENTATIONS)) if place % 3 else 0 for place in range(len(sources))]
        copies = [
            KINDS[kind](np.ascontiguousarray(turned(images[source], turn)), rng)
            for source, kind, turn in zip(sources, kinds, turns, strict=True)
        ]
        small = np.stack([thumbnail(halve(image[..., None])[..., 0]) for image in [*images, *copies]])
        ids = [*names, *(f"~copy {place:05d}" for place in range(len(copies)))]
        contents = [str(hash(image.tobytes())) for image in images]
        index = pd.DataFrame({"image_id": ids, "sha256": [*contents, *ids[len(names) :]]})
        twins = find_twins(index, small, SETTINGS)
        part = connected(index, twins)
        found = part[sources] == part[len(names) :]
        told = twins.set_index(["first", "second"])["relation"]
        pairs = [(names[source], copy) for source, copy in zip(sources, ids[len(names) :], strict=True)]
        right = [
            told.get(pair, RELATIONS[turn]) == RELATIONS[turn]
            for pair, turn in zip(pairs, turns, strict=True)
        ]
        table = pd.DataFrame({"kind": kinds, "found": found, "right relation": right})
        shares = table.groupby("kind", sort=False).mean()
        rows[name] = shares["found"]
        print(
            f"{name}: {len(copies)} copies, found {found.mean():.4f}, right relation {np.mean(right):.4f}",
            flush=True,
        )
    print(pd.DataFrame(rows).round(3).to_string())


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["cost", *counts] if counts:
            cost([int(count) for count in counts])
        case ["recall", per_kind]:
            recall(Path(os.environ["S3F_ARCHIVES"]), int(per_kind))
        case _:
            sys.exit(__doc__)
