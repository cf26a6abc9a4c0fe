import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


@dataclass
class Served:
    """What the server has, and how it misbehaves.

    Attributes:
        files: Content by path.
        ranges: Whether ranges are supported.
        drops: After how many bytes each of the next answers is cut off.
        errors: Status codes of the next answers.
        tag: Entity tag of all files.
        obeys_if_range: Whether a range of a file that has changed meanwhile is refused.
        shift: By how many bytes another piece is sent than was asked for.
        lost: How many bytes each answer lacks of the length that it announces.
        asked: Ranges that were asked for, ``None`` where none was.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    ranges: bool = True
    drops: list[int] = field(default_factory=list)
    errors: list[int] = field(default_factory=list)
    tag: str | None = '"one"'
    obeys_if_range: bool = True
    shift: int = 0
    lost: int = 0
    asked: list[str | None] = field(default_factory=list)
    url: str = ""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        served = self.server.served
        served.asked.append(self.headers.get("Range"))
        data = served.files.get(self.path)
        if served.errors or data is None:
            self.send_error(served.errors.pop(0) if served.errors else 404)
            return
        start = 0
        asked = self.headers.get("Range")
        same = self.headers.get("If-Range") == served.tag or not served.obeys_if_range
        if served.ranges and asked and same:
            start = int(asked.removeprefix("bytes=").rstrip("-")) + served.shift
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - start))
        if served.tag:
            self.send_header("ETag", served.tag)
        self.end_headers()
        if served.drops:
            self.wfile.write(data[start : start + served.drops.pop(0)])
            self.close_connection = True
        else:
            self.wfile.write(data[start : len(data) - served.lost])
            self.close_connection = bool(served.lost)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def served():
    """A server on this machine that can drop connections, refuse, and lie."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.served = Served(url=f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.served
    server.shutdown()
    thread.join()
    server.server_close()
