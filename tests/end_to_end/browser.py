"""Pages as a browser shows them, after their scripts have run."""

import html
import re
import shutil
import socket
import subprocess
import time
from typing import NamedTuple

NAMES = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next(filter(None, map(shutil.which, NAMES)), None)


class Page(NamedTuple):
    """Text of a page, and what it said to the browser's console."""

    text: str
    console: list[str]


def open_page(address: str) -> Page:
    assert BROWSER is not None
    done = subprocess.run(
        [
            BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=15000",
            "--window-size=1400,2000", "--enable-logging=stderr", "--dump-dom", address,
        ],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    seen = re.sub(r"<(script|style).*?</\1>", "", done.stdout, flags=re.DOTALL)
    text = " ".join(html.unescape(re.sub("<[^>]+>", " ", seen)).split())
    return Page(text, [line for line in done.stderr.splitlines() if "CONSOLE" in line])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, seconds: float = 90) -> None:
    """Wait until a server takes connections."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise TimeoutError(f"nothing listens on port {port}")
