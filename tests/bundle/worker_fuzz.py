"""Opens changed files in limited memory: ``worker_fuzz.py <file|bundle> <original> <folder> <first> <n>``.

Each case is made of its number alone. Prints one line of JSON. A case that ends otherwise than with a network
or a message of ours, takes too long or runs code ends the process.
"""

import json
import os
import random
import resource
import shutil
import signal
import sys
import time
import zipfile
from pathlib import Path

MEMORY = 2 * 2**30
"""Bytes that cases may take beside what Keras takes anyway."""
SECONDS = 60
JUNK = [
    None, True, 0, -1, 7, 10**9, 2**63, 1e308, "", "x" * 10_000, "Lambda", "os", "relu", [], {}, [None, 1, 2],
    [10**6, 10**6], {"module": "os", "class_name": "system", "config": {"command": "touch run"}},
    {"class_name": "__lambda__", "config": {"value": ["4wAAAAA=", None, None]}},
    {"module": "builtins", "class_name": "function", "config": "eval", "registered_name": "function"},
]  # fmt: skip
RUNS_CODE = (
    "os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess.Popen", "pickle.find_class",
    "socket.connect",
)  # fmt: skip


def refuse_code(event, arguments):
    if event in RUNS_CODE:
        print(f"{event}{arguments}", file=sys.stderr)
        os._exit(3)


def flip(content: bytes, rng: random.Random) -> bytes:
    changed = bytearray(content or b" ")
    for _ in range(rng.choice((1, 3, 30, 300))):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def cut(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.randrange(len(content) + 1)]


def grow(content: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(content) + 1)
    return content[:place] + rng.randbytes(rng.choice((1, 100, 10_000))) + content[place:]


def edit_json(content: bytes, rng: random.Random) -> bytes:
    """Put junk in the place of a few values, wherever they stand."""
    value = json.loads(content)
    for _ in range(rng.choice((1, 1, 2, 5))):
        inside = value
        while True:
            keys = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
            if not keys:
                break
            key = rng.choice(keys)
            if not isinstance(inside[key], dict | list) or rng.random() < 0.1:
                inside[key] = rng.choice(JUNK)
                break
            inside = inside[key]
    return json.dumps(value).encode()


def change(name: str, content: bytes, rng: random.Random) -> bytes:
    hows = [flip, cut, grow, *([edit_json] * 6 if name.endswith(".json") else [])]
    return rng.choice(hows)(content, rng)


def change_keras(path: Path, rng: random.Random) -> None:
    """Change a ``.keras`` file from outside, or a part of it with checksums that fit."""
    if rng.random() < 0.2:
        path.write_bytes(change(path.name, path.read_bytes(), rng))
        return
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    name = rng.choice(["config.json", "config.json", "model.weights.h5", "metadata.json"])
    content[name] = change(name, content[name], rng)
    how = rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    with zipfile.ZipFile(path, "w", how) as archive:
        for each, data in content.items():
            archive.writestr(each, data)


def open_changed_file(original: Path, folder: Path, rng: random.Random | None) -> None:
    from s3f_pipeline.bundle.importing import read_keras_file
    from s3f_pipeline.bundle.importing.network import import_network

    path = Path(shutil.copy(original, folder / "changed.keras"))
    if rng:
        change_keras(path, rng)
    import_network(read_keras_file(path))


def open_changed_bundle(original: Path, folder: Path, rng: random.Random | None) -> None:
    from s3f_pipeline.bundle.opening import open_bundle

    bundle = Path(shutil.copytree(original, folder / "changed"))
    if rng:
        change_bundle(bundle, rng)
    open_bundle(bundle).network  # noqa: B018 - loads it


def change_bundle(bundle: Path, rng: random.Random) -> None:
    """Change one file; checksums fit in most cases, as if whoever did it knew how."""
    from made_bundles import renew

    from s3f_pipeline.bundle.contents import CHECKSUMS

    names = sorted(str(path.relative_to(bundle)) for path in bundle.rglob("*") if path.is_file())
    name = rng.choice([*names, "model.keras", "model.keras", "preprocessing.json"])
    if name == "model.keras":
        change_keras(bundle / name, rng)
    else:
        (bundle / name).write_bytes(change(name, (bundle / name).read_bytes(), rng))
    if name != CHECKSUMS and rng.random() < 0.9:
        renew(bundle, name)


def peak() -> int:
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def limit_memory() -> None:
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, size + MEMORY))


def main(what: str, original: Path, folder: Path, first: int, count: int) -> None:
    from s3f_pipeline.errors import S3FError

    sys.path.insert(0, str(Path(__file__).parent))
    sys.path.insert(0, str(Path(__file__).parents[1] / "results"))
    opens = {"file": open_changed_file, "bundle": open_changed_bundle}[what]
    warm = folder / "warm"
    warm.mkdir()
    opens(original, warm, None)
    limit_memory()
    sys.addaudithook(refuse_code)
    before, slowest, refused, messages = peak(), 0.0, 0, []
    for number in range(first, first + count):
        place = folder / str(number)
        place.mkdir()
        print(number, file=sys.stderr, flush=True)
        signal.alarm(SECONDS)
        start = time.monotonic()
        try:
            opens(original, place, random.Random(number))
        except S3FError as error:
            refused += 1
            messages.append(error.format_message())
        slowest = max(slowest, time.monotonic() - start)
        signal.alarm(0)
        shutil.rmtree(place)
    told = {
        "refused": refused,
        "slowest": slowest,
        "memory": peak() - before,
        "longest": max(map(len, messages)),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
