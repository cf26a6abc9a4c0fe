"""Limits before MLflow's scoring server, which has none.

It reads bodies of any size, repeats in its errors what was sent, with the trace of the failure, and unpacks
Parquet files. It offers no setting against this, but makes its application after it has loaded the model, in
the same process: there the guard is put in between.
"""

import asyncio
import functools
import json
import logging
import os
import warnings
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from s3f_pipeline.serving.payload import ITEM, LONGEST_REASON, MOST_BYTES

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

SCORING_SERVER = "__pyfunc_model_path__"
"""Environment variable that MLflow's scoring server finds its model by."""
PATH = "/invocations"
JSON = "application/json"
MOST_WAITING = 64
"""Requests that are read or answered at a time; others are told to come again."""
UNREADABLE = f'send JSON: {{"inputs": [...]}}, with items {ITEM}'
logger = logging.getLogger(__name__)


def guard_scoring_server() -> None:
    """Put the guard before the scoring server that this process is about to make, if it is one.

    What image libraries say is silenced then, because it may quote the header of a patient's file.
    """
    if SCORING_SERVER not in os.environ:
        return
    import fastapi
    from starlette.middleware import Middleware

    vars(fastapi)["FastAPI"] = functools.partial(fastapi.FastAPI, middleware=[Middleware(Guard)])
    warnings.simplefilter("ignore")
    logging.getLogger("pydicom").propagate = False


class Guard:
    """ASGI middleware: lets small JSON bodies through, a few at a time, and short reasons back.

    Args:
        app: The application behind it.
    """

    def __init__(self, app: Application) -> None:
        """Wait for requests."""
        self._app = app
        self._turns = asyncio.Semaphore(os.cpu_count() or 1)
        self._waiting = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"] != PATH:
            await self._app(scope, receive, send)
        elif self._waiting >= MOST_WAITING:
            await _answer(send, 429, "too many requests at once; send it again later")
        else:
            self._waiting += 1
            try:
                await self._guard(scope, receive, send)
            finally:
                self._waiting -= 1

    async def _guard(self, scope: Message, receive: Receive, send: Send) -> None:
        content_type = dict(scope["headers"]).get(b"content-type", b"").decode("latin-1")
        body = await _read(receive)
        if body is None:
            await _answer(send, 413, f"the request is larger than {MOST_BYTES // 10**6} MB")
        elif content_type.partition(";")[0].strip().lower() != JSON:
            await _answer(send, 415, f"the content type must be {JSON}")
        else:
            async with self._turns:
                await self._pass_on(scope, body, receive, send)

    async def _pass_on(self, scope: Message, body: bytes, receive: Receive, send: Send) -> None:
        """Let the application answer; of an error only the reasons that are ours get out."""
        unread = [{"type": "http.request", "body": body, "more_body": False}]
        status, error = 200, b""

        async def receive_body() -> Message:
            return unread.pop() if unread else await receive()

        async def send_success(message: Message) -> None:
            nonlocal status, error
            if message["type"] == "http.response.start":
                status = message["status"]
            if status < 400:
                await send(message)
            elif message["type"] == "http.response.body":
                error += message.get("body", b"")

        try:
            await self._app(scope, receive_body, send_success)
        except Exception as failure:  # such as of JSON that is nested too deeply
            logger.warning("A request could not be read (%s)", type(failure).__name__)
            status = 400
        if status >= 400:
            await _answer(send, status, _reason(error) or UNREADABLE)


async def _read(receive: Receive) -> bytes | None:
    """Read a body, ``None`` if it is too large; the rest is read too, so that the answer is listened to."""
    body, is_too_large = bytearray(), False
    while True:
        message = await receive()
        if not is_too_large:
            body += message.get("body", b"")
        if len(body) > MOST_BYTES:
            body, is_too_large = bytearray(), True
        if not message.get("more_body", False):  # of a client that is gone, too
            return None if is_too_large else bytes(body)


def _reason(error: bytes) -> str | None:
    """The reason in an error of the served network; ``None`` of any other, which may repeat the request."""
    if len(error) > 2 * LONGEST_REASON + 100:
        return None
    try:
        content = json.loads(error)
    except ValueError:
        return None
    is_ours = isinstance(content, dict) and set(content) == {"error_code", "message"}
    return content["message"] if is_ours else None


async def _answer(send: Send, status: int, reason: str) -> None:
    code = "BAD_REQUEST" if status < 500 else "INTERNAL_ERROR"
    body = json.dumps({"error_code": code, "message": reason[:LONGEST_REASON]}).encode()
    headers = [(b"content-type", JSON.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
