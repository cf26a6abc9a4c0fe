"""A logged bundle, and requests to MLflow's scoring server."""

import asyncio
import json
from pathlib import Path
from typing import Any

from mlflow import MlflowClient

from s3f_pipeline.bundle.opening import Bundle
from s3f_pipeline.tracking.model import log_model
from s3f_pipeline.tracking.registry import CHAMPION, place, register

NAME = "c_v"


class Logged:
    """A bundle in a store of its own, as the champion of the model ``c_v``.

    Attributes:
        uri: Of the store.
        path: Of the folder of the logged model.
    """

    def __init__(self, folder: Path, bundle: Bundle) -> None:
        self.uri = f"sqlite:///{folder}/mlflow.db"
        client = MlflowClient(self.uri)
        run = client.create_run(
            client.create_experiment("c", (folder / "mlartifacts/c").as_uri())
        ).info.run_id
        model = log_model(client, run, bundle)
        register(client, NAME, model, tags={}, description="")
        place(client, NAME, bundle.checksum, CHAMPION, "a test")
        self.path = model.artifact_location.removeprefix("file://")


def post(app: Any, body: bytes, content_type: str = "application/json") -> tuple[int, Any]:
    """Send a request to an ASGI application; returns status and content of the answer."""
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/invocations", "raw_path": b"/invocations", "query_string": b"", "root_path": "",
        "headers": [(b"content-type", content_type.encode())], "client": ("c", 1), "server": ("s", 2),
    }  # fmt: skip
    sent = [{"type": "http.request", "body": body, "more_body": False}]
    answers: list[dict[str, Any]] = []

    async def ask() -> None:
        over = asyncio.Event()

        async def receive() -> dict[str, Any]:
            if sent:
                return sent.pop()
            await over.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            answers.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                over.set()

        await app(scope, receive, send)

    asyncio.run(ask())
    return answers[0]["status"], json.loads(b"".join(answer.get("body", b"") for answer in answers[1:]))


def inputs(*items: Any) -> bytes:
    return json.dumps({"inputs": list(items)}).encode()
