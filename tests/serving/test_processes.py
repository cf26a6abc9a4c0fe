"""A served model in a process of its own, and in an environment that holds only its own requirements."""

import json
import os
import socket
import subprocess
import sys
import time
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
import requests
from payloads import encoded, file_of, png_of
from served import NAME, inputs

pytestmark = pytest.mark.long
CLIENTS, REQUESTS = 16, 160
MOST_GROWTH = 1.5 * 2**30


class Process:
    """``mlflow models serve`` of the champion."""

    def __init__(self, uri: str, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.uri = f"http://127.0.0.1:{port}"
        self.log = (folder / "serve.log").open("w+b")
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        programs = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
        self._process = subprocess.Popen(
            [
                sys.executable, "-m", "mlflow", "models", "serve", "-m", f"models:/{NAME}@champion",
                "--env-manager", "local", "--host", "127.0.0.1", "--port", str(port),
            ],
            cwd=folder, env={**environment, "MLFLOW_TRACKING_URI": uri, "PATH": programs},
            stdout=self.log, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def __enter__(self) -> "Process":
        for _ in range(300):
            try:
                requests.get(f"{self.uri}/ping", timeout=5)
                return self
            except requests.RequestException:
                assert self._process.poll() is None, self.said()
                time.sleep(0.5)
        raise TimeoutError(self.said())

    def __exit__(self, *_: object) -> None:
        for child in self._processes():
            child.terminate()
        self._process.wait()
        self.log.close()

    def _processes(self) -> list[psutil.Process]:
        main = psutil.Process(self._process.pid)
        return [*main.children(recursive=True), main]

    def memory(self) -> int:
        return sum(process.memory_info().rss for process in self._processes())

    def said(self) -> str:
        self.log.seek(0)
        return self.log.read().decode(errors="replace")[-5000:]

    def post(self, body: bytes) -> requests.Response:
        headers = {"content-type": "application/json"}
        return requests.post(f"{self.uri}/invocations", data=body, headers=headers, timeout=120)


def test_the_champion_is_served_to_many_clients_and_survives_bad_ones(logged, bundle, sent, tmp_path):
    good = inputs({"image": sent}, encoded(file_of(".jpg")))
    bad = [
        inputs(encoded(png_of(60_000, 60_000))), inputs({"image": "x" * 10**7}),
        b"[" * 100_000, b"0" * 25_000_000,
        b'{"inputs": [' + b"[]," * 100_000 + b"[]]}",
    ]  # fmt: skip
    bodies = [bad[number % len(bad)] if number % 8 == 0 else good for number in range(REQUESTS)]
    with Process(logged.uri, tmp_path) as served:
        (answer, _) = served.post(good).json()["predictions"]
        assert answer["probabilities"] == pytest.approx(bundle.example.probabilities, abs=1e-5)
        before = served.memory()
        with ThreadPoolExecutor(CLIENTS) as pool:
            answers = list(pool.map(served.post, bodies))
        assert served.memory() - before < MOST_GROWTH
        for body, found in zip(bodies, answers, strict=True):
            assert (found.status_code == 200) == (body is good), (found.status_code, found.text)
            assert found.status_code in (200, 400, 413)
            assert body is good or len(found.json()["message"]) <= 200
        assert "Traceback" not in served.said()


SCRIPT = """
import json, sys, importlib.util
import mlflow
model = mlflow.pyfunc.load_model(sys.argv[1])
print(json.dumps(model.predict([{"image": sys.argv[2]}])[0]["probabilities"]))
print(json.dumps([name for name in ("kedro", "dvc", "faiss") if importlib.util.find_spec(name)]))
import s3f_pipeline
print(s3f_pipeline.__file__)
"""


def test_a_model_loads_where_only_its_requirements_are_installed(logged, bundle, sent, tmp_path):
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env/bin/python"
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    install = [python, "-m", "pip", "install", "--quiet", "-r", f"{logged.path}/requirements.txt"]
    subprocess.run(install, check=True, timeout=1800)
    done = subprocess.run(
        [python, "-c", SCRIPT, logged.path, sent], cwd=tmp_path, env=clean, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    probabilities, others, package = done.stdout.strip().splitlines()[-3:]
    assert json.loads(probabilities) == pytest.approx(bundle.example.probabilities, abs=1e-5)
    assert json.loads(others) == []
    assert Path(package).is_relative_to(logged.path)
