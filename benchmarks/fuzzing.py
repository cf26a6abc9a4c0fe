"""Damage real image files in thousands of ways and read each in a process with little memory.

    python benchmarks/fuzzing.py fullsize_and_dicom.zip --files 5000

Each file is damaged by a rule and a random number that its own number gives, so that ``--first N --files 1``
does it again. It is read as ingestion reads it: in grey or colour, with or without a window. A file may be
read or refused. Counted as faults are any other error, a process that dies, and more than ten seconds.
"""

import argparse
import collections
import json
import queue
import resource
import struct
import subprocess
import sys
import threading
import time
import zipfile
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np

MEMORY = 3 << 30
"""Bytes of address space of the process that reads; the libraries alone take about one of these."""
PATIENCE = 10.0
EXTREMES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
HEADER = 2048
"""Bytes in which half of all damage is done."""
ENCODINGS = (".png", ".tif", ".bmp", ".webp", ".pgm", ".png16", ".tif16", ".tiff", ".jpg")


def originals(archive: Path) -> dict[str, bytes]:
    """Read the images of the archive, and some of them again in other formats."""
    with zipfile.ZipFile(archive) as content:
        files = {
            name: content.read(name)
            for name in sorted(content.namelist())
            if not name.endswith(("/", ".csv", ".md"))
        }
    pictures = [name for name in files if name.endswith((".jpg", ".jpeg"))][:: len(ENCODINGS)]
    for name in pictures:
        grey = cv2.imdecode(np.frombuffer(files[name], np.uint8), cv2.IMREAD_GRAYSCALE)
        grey = cv2.resize(grey, (200, 160), interpolation=cv2.INTER_AREA)
        for ending in ENCODINGS:
            files[name + ending] = encoded(grey, ending)
    return files


def encoded(grey: np.ndarray, ending: str) -> bytes:
    from PIL import Image

    if ending == ".tiff":  # as Pillow writes it: the directory first, deflated
        file = BytesIO()
        Image.fromarray(np.dstack([grey] * 3)).save(file, "TIFF", compression="tiff_deflate")
        return file.getvalue()
    deep = ending.endswith("16")
    values = grey.astype(np.uint16) * 257 if deep else grey
    return cv2.imencode(ending.removesuffix("16"), values)[1].tobytes()


def damaged(files: dict[str, bytes], number: int) -> tuple[str, str, bytes]:
    """Damage the file of a number: its name, what was done, and the bytes."""
    random = np.random.default_rng(number)
    names = sorted(files)
    name = names[int(random.integers(len(names)))]
    data = bytearray(files[name])
    kind = str(random.choice(["flips", "fields", "cut", "spliced", "removed", "repeated", "zeros"]))

    def place(most: int | None = None) -> int:
        within = HEADER if random.random() < 0.5 else len(data)
        return int(random.integers(max(1, min(within, len(data), most or len(data)))))

    if kind == "flips":
        for _ in range(int(random.integers(1, 24))):
            data[place()] ^= 1 << int(random.integers(8))
    elif kind == "fields":
        for _ in range(int(random.integers(1, 8))):
            size, order = random.choice(["B", "H", "I"]), random.choice(["<", ">"])
            packed = struct.pack(f"{order}I", EXTREMES[int(random.integers(len(EXTREMES)))])
            width = struct.calcsize(size)
            at = place()
            data[at : at + width] = packed[:width] if order == "<" else packed[-width:]
    elif kind == "cut":
        del data[place() :]
    elif kind == "spliced":
        other = files[names[int(random.integers(len(names)))]]
        at = place()
        data = data[:at] + bytearray(other[min(at, len(other)) :])
    elif kind == "removed":
        at = place()
        del data[at : at + int(random.integers(1, 512))]
    elif kind == "repeated":
        at, length = place(), int(random.integers(1, 4096))
        data[at:at] = data[at : at + length] * int(random.integers(1, 20))
    else:
        at = place()
        data[at : at + int(random.integers(1, 512))] = bytes(int(random.integers(0, 512)))
    return name, kind, bytes(data)


def read(archive: Path, first: int, last: int) -> None:
    """Read the damaged files of some numbers; one line of JSON before each, and one after it."""
    import tempfile
    import warnings

    from s3f_pipeline.errors import ImageError
    from s3f_pipeline.images.dicom import silent_pydicom
    from s3f_pipeline.images.ingest import Reader

    warnings.simplefilter("ignore")
    files = originals(archive)
    cv2.setNumThreads(1)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with tempfile.TemporaryDirectory() as folder, silent_pydicom():
        path = Path(folder, "file")
        for number in range(first, last):
            name, kind, data = damaged(files, number)
            path.write_bytes(data)
            print(json.dumps({"begun": number, "name": name, "kind": kind}), flush=True)
            window = (0.0, 1000.0) if number % 3 == 0 else None
            reader = Reader("rgb" if number % 2 else "grey", (64, 64), "stretch", window, bytes(32))
            began = time.perf_counter()
            try:
                row = reader(path)
                told = row if isinstance(row, str) else "read"
                fault = None
            except ImageError as error:  # a lack of memory
                told, fault = error.message, "memory"
            except BaseException as error:
                told, fault = f"{type(error).__name__}: {error}", "raw"
            seconds = time.perf_counter() - began
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            done = {"done": number, "told": told, "fault": fault, "seconds": seconds, "peak": peak * 1024}
            print(json.dumps(done), flush=True)


def watched(archive: Path, first: int, count: int) -> list[dict]:
    """Have the files read by processes that are ended when they take too long."""
    outcomes: list[dict] = []
    position = first
    while position < first + count:
        command = [sys.executable, __file__, str(archive), "--read", str(position), str(first + count)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        lines: queue.Queue[str | None] = queue.Queue()

        def pump(stream=process.stdout, lines=lines) -> None:
            for line in stream:
                lines.put(line)
            lines.put(None)

        threading.Thread(target=pump, daemon=True).start()
        current: dict = {}
        while True:
            try:
                line = lines.get(timeout=PATIENCE if current else 120)
            except queue.Empty:
                line, fault = None, "hang"
            else:
                fault = "died"
            if line is None:
                process.kill()
                process.wait()
                if current:
                    outcomes.append(
                        {**current, "told": fault, "fault": fault, "seconds": PATIENCE, "peak": 0}
                    )
                    position = current["begun"] + 1
                elif position < first + count and fault == "died" and process.returncode not in (0, -9):
                    raise SystemExit(f"The reader does not start: {' '.join(command)}")
                break
            told = json.loads(line)
            if "begun" in told:
                current = told
            else:
                outcomes.append({**current, **told})
                current, position = {}, told["done"] + 1
    return outcomes


def report(outcomes: list[dict]) -> dict:
    """Count what became of the files."""
    reasons = collections.Counter(
        "read" if one["told"] == "read" else one["told"].split(":")[0][:60] for one in outcomes
    )
    return {
        "files": len(outcomes),
        "read": reasons["read"],
        "refused": len(outcomes) - reasons["read"] - sum(one["fault"] is not None for one in outcomes),
        "faults": dict(collections.Counter(one["fault"] for one in outcomes if one["fault"])),
        "slowest_seconds": round(max(one["seconds"] for one in outcomes), 2),
        "peak_memory_MiB": max(one["peak"] for one in outcomes) >> 20,
        "reasons": dict(reasons.most_common(25)),
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("archive", type=Path)
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--read", type=int, nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.read:
        read(options.archive, *options.read)
        return 0
    outcomes = watched(options.archive, options.first, options.files)
    for one in outcomes:
        if one["fault"]:
            print(f"{one['fault']}: {one['begun']} {one['name']} ({one['kind']}): {one['told'][:300]}")
    print(json.dumps(report(outcomes), indent=1))
    return int(any(one["fault"] for one in outcomes))


if __name__ == "__main__":
    sys.exit(main())
