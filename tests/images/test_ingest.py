import os
import shutil
import signal
import subprocess
import sys
import textwrap

import cv2
import numpy as np
import pytest

from s3f_pipeline.cohorts import list_files
from s3f_pipeline.errors import ImageError
from s3f_pipeline.images.ingest import ingest


@pytest.fixture
def folder(tmp_path, phantom_folder):
    return shutil.copytree(phantom_folder, tmp_path / "brisc2025")


@pytest.fixture
def run(tmp_path, folder, brisc):
    def ingest_folder(max_rejected_share=0.2, workers=2):
        return ingest(
            list_files("brisc", folder, brisc.classes),
            folder,
            image_size=(32, 48),
            color="grey",
            store=tmp_path / "store" / "images.npy",
            thumbnails=tmp_path / "store" / "thumbnails.npy",
            max_rejected_share=max_rejected_share,
            workers=workers,
        )

    return ingest_folder


def test_the_store_equals_opencv_row_by_row(run, folder):
    ingested = run()
    images = np.load(ingested.store, mmap_mode="r")
    assert images.shape == (36, 32, 48, 1)
    assert images.dtype == np.uint8
    for number, path in enumerate(ingested.index["path"]):
        pixels = cv2.imread(str(folder / path), cv2.IMREAD_GRAYSCALE)
        expected = cv2.resize(pixels, (48, 32), interpolation=cv2.INTER_AREA)
        np.testing.assert_array_equal(images[number, ..., 0], expected)


def test_the_index_tells_of_each_file(run):
    index = run().index
    assert {"image_id", "label", "subject", "official_split", "sha256", "phash"} <= set(index)
    assert (index["height"] == 256).all()
    assert index["sha256"].str.len().eq(64).all()


def test_the_number_of_workers_changes_nothing(run):
    one = run(workers=1)
    images = np.load(one.store).copy()
    many = run(workers=4)
    np.testing.assert_array_equal(np.load(many.store), images)
    assert many.index.equals(one.index)


def spoil(folder):
    empty, text, cut = sorted(folder.rglob("*.jpg"))[4:30:12]
    empty.write_bytes(b"")
    text.write_text("not an image")
    cut.write_bytes(b"\xff\xd8\xff\xe0")
    return [path.relative_to(folder).as_posix() for path in (empty, text, cut)]


def test_files_that_cannot_be_read_are_left_out_with_their_reason(run, folder):
    spoiled = spoil(folder)
    ingested = run()
    assert sorted(row["path"] for row in ingested.findings.rejected) == sorted(spoiled)
    assert {row["reason"].split(":")[0] for row in ingested.findings.rejected} == {
        "empty file",
        "not an image",
        "truncated",
    }
    images = np.load(ingested.store, mmap_mode="r")
    assert len(images) == len(ingested.index) == 33
    pixels = cv2.imread(str(folder / ingested.index["path"].iloc[-1]), cv2.IMREAD_GRAYSCALE)
    expected = cv2.resize(pixels, (48, 32), interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(images[-1, ..., 0], expected)
    assert len(np.load(ingested.thumbnails, mmap_mode="r")) == 33


def test_too_many_unreadable_files_stop_the_run(run, folder):
    spoil(folder)
    with pytest.raises(ImageError) as caught:
        run(max_rejected_share=0.05)
    for words in ["3 of 36 files", "share of 0.05", "empty file", "ingestion.max_rejected_share"]:
        assert words in caught.value.message


def test_a_process_killed_half_way_leaves_no_store(tmp_path, folder):
    script = textwrap.dedent(
        """
        import os, signal, sys
        from pathlib import Path
        import s3f_pipeline.images.reading as room
        from s3f_pipeline.cohorts import list_files
        from s3f_pipeline.files import temporary_path
        from s3f_pipeline.images.ingest import ingest

        seen = []
        decode = room.decode
        def die_half_way(*arguments):
            seen.append(1)
            if len(seen) == 18:
                os.kill(os.getpid(), signal.SIGKILL)
            return decode(*arguments)
        room.decode = die_half_way
        folder, store = Path(sys.argv[1]), Path(sys.argv[2])
        ingest(
            list_files("brisc", folder, ("glioma", "meningioma", "no_tumor", "pituitary")),
            folder, image_size=(32, 32), color="grey",
            store=temporary_path(store / "images_32x32.npy"),
            thumbnails=temporary_path(store / "thumbnails.npy"),
            max_rejected_share=0.1,
        )
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder), str(tmp_path / "store")],
        env=os.environ,
        capture_output=True,
    )
    assert done.returncode == -signal.SIGKILL
    assert all(path.name.startswith(".") for path in (tmp_path / "store").iterdir())


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("image_size", [(128, 128), (32, 32)])
def test_a_full_disk_is_an_error_and_leaves_nothing(small_disk, folder, brisc, image_size):
    """36 images of 128 x 128 do not fit; those of 32 x 32 do, but not the thumbnails beside them."""
    with pytest.raises(OSError, match="No space left on device"):
        ingest(
            list_files("brisc", folder, brisc.classes),
            folder,
            image_size=image_size,
            color="grey",
            store=small_disk / "images.npy",
            thumbnails=small_disk / "thumbnails.npy",
            max_rejected_share=0,
        )
    assert list(small_disk.iterdir()) == []


def test_memory_does_not_grow_with_the_number_of_images(tmp_path):
    """Resident memory without pages of mapped files, in a process of its own; a store row is 48 kB."""
    script = textwrap.dedent(
        """
        import sys, threading, time
        from pathlib import Path
        import cv2, numpy as np, pandas as pd
        from s3f_pipeline.images.ingest import ingest

        folder, count = Path(sys.argv[1]), int(sys.argv[2])
        image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
        for number in range(count):
            cv2.imwrite(str(folder / f"{number}.png"), image)
        files = pd.DataFrame({"path": [f"{number}.png" for number in range(count)]})

        def resident():
            status = Path("/proc/self/status").read_text().splitlines()
            return sum(int(line.split()[1]) for line in status if line.startswith(("RssAnon", "RssShmem")))

        peak, done = resident(), threading.Event()
        def sample():
            global peak
            while not done.wait(0.005):
                peak = max(peak, resident())
        sampler = threading.Thread(target=sample)
        sampler.start()
        ingest(
            files, folder, image_size=(128, 128), color="rgb", max_rejected_share=0, workers=2,
            store=folder / "images.npy", thumbnails=folder / "thumbnails.npy",
        )
        done.set()
        sampler.join()
        print(peak)
        """
    )
    peaks = {}
    for count in (200, 2000):
        folder = tmp_path / str(count)
        folder.mkdir()
        command = [sys.executable, "-c", script, str(folder), str(count)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        peaks[count] = int(done.stdout)
    store = 1800 * 48
    assert peaks[2000] - peaks[200] < store / 5
