import fcntl
import os
import pty
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from s3f_pipeline.config.loader import PROJECT

SMALL_DEMO = """
image_size: 32
phantoms:
  images_per_class: {train: 24, test: 8}
  seed: 0
training:
  epochs: 2
explanation: {images: 4, training_images: 8, pictures: 0}
"""


class Project:
    """A copy of the project, so that tests use it as a user would without touching the user's data."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("conf", "src", "notebooks"):
            ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", ".ipynb_checkpoints")
            shutil.copytree(PROJECT / name, root / name, ignore=ignored)
        for name in ("pyproject.toml", "dvc.yaml", ".telemetry"):
            shutil.copy(PROJECT / name, root / name)
        (root / "conf/demo/parameters.yml").write_text(SMALL_DEMO)
        self.demo = root / "data/demo"
        self.run_folder = Path("brisc/patient_safe/bilinear/seed-0")

    def environment(self, **more: str) -> dict[str, str]:
        others = ("S3F_ARCHIVES", "MLFLOW_TRACKING_URI", "PYTHONDONTWRITEBYTECODE")
        kept = {k: v for k, v in os.environ.items() if k not in others}
        ours = {"PYTHONPATH": str(self.root / "src"), "MLFLOW_DISABLE_TELEMETRY": "true", "S3F_OFFLINE": "1"}
        return {**kept, **ours, **more}

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "kedro", *arguments],
            cwd=self.root,
            env=self.environment(**more),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    @contextmanager
    def started(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """Start a command, and make sure that it does not outlive the test."""
        process = self.start(*arguments)
        try:
            yield process
        finally:
            process.kill()

    def python(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.root,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def kedro(self, *arguments: str, succeeds: bool = True, **more: str) -> str:
        process = self.start(*arguments, **more)
        output, _ = process.communicate(timeout=600)
        assert (process.returncode == 0) == succeeds, output
        return output

    def running(self, pid: int) -> list[tuple[str]]:
        """MLflow runs that a process has left open."""
        database = self.demo / "mlflow.db"
        if not database.exists():
            return []
        with closing(sqlite3.connect(database)) as store:
            if not store.execute("SELECT 1 FROM sqlite_master WHERE name = 'tags'").fetchall():
                return []
            return store.execute(
                "SELECT run_uuid FROM runs JOIN tags USING (run_uuid) "
                f"WHERE status = 'RUNNING' AND key = 'process' AND tags.value LIKE '% {pid} %'"
            ).fetchall()


class InTerminal:
    """A command of Kedro's that runs in a terminal of its own."""

    def __init__(self, project: Project, *arguments: str) -> None:
        self._project = project
        self._logs_before = set(project.demo.glob("logs/*.log"))
        self._terminal: int | None
        self._terminal, slave = pty.openpty()
        self.shown = b""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kedro", *arguments],
            cwd=project.root,
            env=project.environment() | {"PYTHONFAULTHANDLER": "1"},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)

    def __enter__(self) -> "InTerminal":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self._close()

    def wait(self, seconds: float) -> None:
        """Read what is shown, for so long or until the command has ended."""
        end = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < end:
            if self._terminal is None:
                time.sleep(0.05)
            elif select.select([self._terminal], [], [], 0.05)[0]:
                with suppress(OSError):
                    self.shown += os.read(self._terminal, 65536)

    def kill(self, number: signal.Signals, seconds: float = 90) -> int:
        """End the command, by closing its terminal in place of SIGHUP, and return its exit code.

        Raises:
            AssertionError: If it does not end; what every thread was doing is in the message.
        """
        if number == signal.SIGHUP:
            self._close()
        else:
            self.process.send_signal(number)
        self.wait(seconds)
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGABRT)
            self.wait(10)
            raise AssertionError(f"{number.name} has not ended the command: {self.shown.decode()[-8000:]}")
        return self.process.returncode

    def text(self) -> str:
        """The log file, empty before there is one."""
        made = sorted(set(self._project.demo.glob("logs/*.log")) - self._logs_before)
        return made[-1].read_text() if made else ""

    def _close(self) -> None:
        if self._terminal is not None:
            os.close(self._terminal)
            self._terminal = None
