"""Ingestion against a plain loop: images per second, and peak memory, in one run.

The plain loop is what the published notebooks do: read with OpenCV, resize with INTER_AREA, float32 in
[0, 1] into a list, stack, shuffle. OpenCV's own threads are off on both sides; ours uses two workers. Rates
are medians of five interleaved rounds with a warm page cache; memory is the peak of each side's own
process, without the pages of mapped files.

    python benchmarks/ingestion.py
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import cv2
import numpy as np
import pandas as pd

from s3f_pipeline.images.ingest import ingest

ROUNDS = 5
WORKERS = 2
KILOBYTE = 1024


def draw_radiographs(folder: Path, count: int, heights: tuple[int, int], widths: tuple[int, int]) -> None:
    """Write radiograph-like JPEG files of random sizes: smooth anatomy, ribs, noise."""
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True)
    for number in range(count):
        height, width = (int(rng.integers(low, high + 1)) for low, high in (heights, widths))
        coarse = rng.normal(size=(12, 12)).astype(np.float32)
        anatomy = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        ribs = np.sin(np.linspace(0, rng.uniform(30, 60), height, dtype=np.float32))[:, None]
        noise = cv2.GaussianBlur(rng.normal(size=(height, width)).astype(np.float32), (0, 0), 1.2)
        image = 120 + 40 * anatomy + 12 * ribs + 18 * noise
        pixels = np.clip(image, 0, 255).astype(np.uint8)
        _, encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 90])
        (folder / f"{number:05d}.jpg").write_bytes(encoded.tobytes())


def plain_loop(folder: Path, size: tuple[int, int]) -> np.ndarray:
    """Read a folder as a notebook does."""
    images = []
    for path in sorted(folder.iterdir()):
        pixels = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        resized = cv2.resize(pixels, size[::-1], interpolation=cv2.INTER_AREA)
        images.append(resized.astype(np.float32) / 255.0)
    stacked = np.stack(images)
    return stacked[np.random.default_rng(0).permutation(len(stacked))]


def ours(folder: Path, size: tuple[int, int], store: Path) -> Path:
    """Read a folder as the pipeline does: also hashes, thumbnails and an index."""
    names = sorted(path.name for path in folder.iterdir())
    files = pd.DataFrame({"path": names, "image_id": names, "label": "one"})
    return ingest(
        files,
        folder,
        image_size=size,
        color="grey",
        store=store / "images.npy",
        thumbnails=store / "thumbnails.npy",
        max_rejected_share=0.0,
        workers=WORKERS,
    ).store


def seconds(work: Callable[[], object]) -> float:
    """Time one call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def compare_rates(title: str, folder: Path, size: tuple[int, int], target: float) -> None:
    """Print images per second of both sides, and their ratio."""
    count = len(list(folder.iterdir()))
    plain, own = [], []
    with tempfile.TemporaryDirectory() as store:
        ours(folder, size, Path(store))
        for _ in range(ROUNDS):
            plain.append(seconds(lambda: plain_loop(folder, size)))
            own.append(seconds(lambda: ours(folder, size, Path(store))))
    ratio = median(plain) / median(own)
    print(
        f"{title}: plain {count / median(plain):.0f} images/s, ours {count / median(own):.0f} images/s, "
        f"ratio {ratio:.2f} (at least {target})"
    )


@contextmanager
def peak_memory():
    """Sample the resident memory of this process, mapped files left out; yields a list of bytes."""
    peaks, done = [0], threading.Event()

    def sample() -> None:
        while not done.is_set():
            status = Path("/proc/self/status").read_text()
            fields = dict(line.split(":", 1) for line in status.splitlines())
            resident = sum(int(fields[name].split()[0]) for name in ("RssAnon", "RssShmem"))
            peaks[0] = max(peaks[0], resident * KILOBYTE)
            time.sleep(0.01)

    sampler = threading.Thread(target=sample)
    sampler.start()
    try:
        yield peaks
    finally:
        done.set()
        sampler.join()


def measure_memory(side: str, folder: Path, size: tuple[int, int]) -> None:
    """Print the peak memory of one side, in bytes; runs in a process of its own."""
    with tempfile.TemporaryDirectory() as store, peak_memory() as peaks:
        if side == "plain":
            plain_loop(folder, size)
        else:
            ours(folder, size, Path(store))
    print(peaks[0])


def compare_memory(folder: Path, size: tuple[int, int]) -> None:
    """Print the peak memory of both sides, and their ratio."""
    peaks = {}
    for side in ("plain", "ours"):
        command = [sys.executable, __file__, side, str(folder), *map(str, size)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        peaks[side] = int(done.stdout.splitlines()[-1])
    print(
        f"peak memory, {len(list(folder.iterdir()))} images of {size[0]}x{size[1]}: plain "
        f"{peaks['plain'] / 1e6:.0f} MB, ours {peaks['ours'] / 1e6:.0f} MB, "
        f"ratio 1/{peaks['plain'] / peaks['ours']:.1f} (at most 1/8)"
    )


def main() -> None:
    """Run all comparisons."""
    cv2.setNumThreads(1)
    print(f"{os.cpu_count()} cores, OpenCV {cv2.__version__}, load before the start {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        draw_radiographs(folder / "slices", 1000, (512, 512), (512, 512))
        compare_rates("512x512 JPEG to 256x256", folder / "slices", (256, 256), 1.8)
        draw_radiographs(folder / "radiographs", 150, (700, 2000), (1000, 2500))
        compare_rates("full-size radiographs to 384x512", folder / "radiographs", (384, 512), 2.3)
        draw_radiographs(folder / "many", 5000, (256, 256), (256, 256))
        compare_memory(folder / "many", (256, 256))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        side, folder, height, width = sys.argv[1:]
        measure_memory(side, Path(folder), (int(height), int(width)))
    else:
        main()
