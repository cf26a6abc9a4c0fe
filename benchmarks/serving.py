"""How many requests a served model answers, against the forward pass alone.

``mlflow models serve`` serves an untrained network; 16 clients on the same machine send 2,000 requests, each
with one JPEG file of 512 x 512 in base64. The forward pass is that of the same network on single images that
lie in memory. A request that fails ends the measurement.

    python benchmarks/serving.py
"""

import base64
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import requests
from prediction_of_files import CASES, make_ensemble, write_files

CLIENTS, REQUESTS = 16, 2000
WARM_UP = 32
PATIENCE = 120
"""Seconds in which the server must be up."""


def write_served_bundle(variant: str, size: int, folder: Path) -> Path:
    """Write a bundle of an untrained network."""
    from s3f_pipeline.models import build_model  # noqa: I001 - imports TensorFlow without its chatter
    from s3f_pipeline.bundle.contents import CARD, LICENCE, MODEL, PREPROCESSING, write_bundle
    from s3f_pipeline.bundle.example import Example
    from s3f_pipeline.bundle.network import FeatureNetwork

    (made,) = make_ensemble(variant, size).members
    model = build_model(variant, made.preprocessing.input.shape, len(made.preprocessing.classes))
    model.save(folder / MODEL)
    expected = FeatureNetwork(model)(made.example.image[None]).probabilities[0].tolist()
    example = Example(made.example.image, dict(zip(made.preprocessing.classes, expected, strict=True)))
    files = {PREPROCESSING: made.preprocessing.to_json(), CARD: b"", LICENCE: b""}
    write_bundle(folder / "bundle", folder / MODEL, files | made.references.files() | example.files())
    return folder / "bundle"


def log(bundle: Path, folder: Path) -> str:
    """Log a bundle to a store of its own; returns where the model lies."""
    from mlflow import MlflowClient

    from s3f_pipeline.bundle.opening import open_bundle
    from s3f_pipeline.tracking.model import log_model

    client = MlflowClient(f"sqlite:///{folder}/mlflow.db")
    experiment = client.create_experiment("serving", (folder / "mlartifacts").as_uri())
    model = log_model(client, client.create_run(experiment).info.run_id, open_bundle(bundle))
    return str(model.artifact_location)


@contextmanager
def served(model: str, folder: Path) -> Iterator[tuple[str, psutil.Process]]:
    """Serve a model; yields the address, and the first of its processes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    where = ["--env-manager", "local", "--host", "127.0.0.1", "--port", str(port)]
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", model, *where]
    paths = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    with (folder / "serve.log").open("wb") as said:
        process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, "PATH": paths}, stdout=said, stderr=said
        )
    try:
        _wait(f"http://127.0.0.1:{port}/ping", process)
        yield f"http://127.0.0.1:{port}/invocations", psutil.Process(process.pid)
    finally:
        for child in psutil.Process(process.pid).children(recursive=True):
            child.terminate()
        process.terminate()
        process.wait()


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            requests.get(address, timeout=5)
            return
        except requests.RequestException:
            time.sleep(0.2)
    raise TimeoutError("the server is not up; see its log")


def ask(address: str, bodies: list[bytes], number: int) -> np.ndarray:
    """Send a number of requests by all clients; returns the seconds of each.

    Raises:
        HTTPError: If one fails.
    """
    own = threading.local()

    def send(place: int) -> float:
        if not hasattr(own, "session"):
            own.session = requests.Session()
        began = time.perf_counter()
        headers = {"content-type": "application/json"}
        answer = own.session.post(address, data=bodies[place % len(bodies)], headers=headers, timeout=60)
        answer.raise_for_status()
        assert len(answer.json()["predictions"]) == 1
        return time.perf_counter() - began

    with ThreadPoolExecutor(CLIENTS) as pool:
        return np.array(list(pool.map(send, range(number))))


def forward_alone(bundle: Path) -> float:
    """Images per second of the forward pass on single images."""
    from s3f_pipeline.bundle.opening import open_bundle

    opened = open_bundle(bundle)
    image = opened.example.image[None]
    for _ in range(WARM_UP):
        opened.network(image)
    began, number = time.perf_counter(), 0
    while (taken := time.perf_counter() - began) < 10:
        opened.network(image)
        number += 1
    return number / taken


def measure(variant: str, size: int, bodies: list[bytes]) -> None:
    """Measure one network, and print a line."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bundle = write_served_bundle(variant, size, folder)
        alone = forward_alone(bundle)
        with served(log(bundle, folder), folder) as (address, process):
            ask(address, bodies, WARM_UP)
            began = time.perf_counter()
            seconds = ask(address, bodies, REQUESTS)
            taken = time.perf_counter() - began
            processes = [process, *process.children(recursive=True)]
            memory = sum(each.memory_info().rss for each in processes) / 2**20
    median, late = np.percentile(seconds, [50, 95]) * 1000
    print(
        f"{variant:13} {size:3}: forward pass alone {alone:.0f} images/s, served {REQUESTS / taken:.0f} "
        f"requests/s ({REQUESTS / taken / alone:.2f} of it), median {median:.0f} ms, p95 {late:.0f} ms, "
        f"server {memory:.0f} MiB, no failure; load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def main() -> None:
    """Run all cases."""
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {CLIENTS} clients, {REQUESTS} requests")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_files(folder)
        files = [path.read_bytes() for path in sorted(folder.iterdir())]
    bodies = [json.dumps({"inputs": [{"image": base64.b64encode(data).decode()}]}).encode() for data in files]
    for case in CASES:
        measure(*case, bodies)


if __name__ == "__main__":
    main()
