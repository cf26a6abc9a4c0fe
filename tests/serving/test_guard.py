"""Bodies are bounded, and nothing of a failure gets out but short reasons of ours."""

import asyncio
import json

import pytest

from s3f_pipeline.serving import guard as module
from s3f_pipeline.serving.guard import PATH, Guard


class Server:
    """An application behind a guard, which remembers what reaches it."""

    def __init__(self, status=200, answer=b'{"predictions": []}', failure=None):
        self.status, self.answer, self.failure, self.bodies = status, answer, failure, []
        self.guard = Guard(self.app)
        self.at_work = self.most_at_work = 0

    async def app(self, scope, receive, send):
        message = await receive()
        self.bodies.append(message["body"])
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        await asyncio.sleep(0.001)
        self.at_work -= 1
        if self.failure:
            raise self.failure
        await send({"type": "http.response.start", "status": self.status, "headers": []})
        await send({"type": "http.response.body", "body": self.answer})

    async def post(self, *chunks, content_type=b"application/json", path=PATH):
        messages = [
            {"type": "http.request", "body": chunk, "more_body": number < len(chunks)}
            for number, chunk in enumerate(chunks, 1)
        ]
        answers = []

        async def receive():
            return messages.pop(0) if messages else {"type": "http.disconnect"}

        async def send(message):
            answers.append(message)

        scope = {"type": "http", "path": path, "headers": [(b"content-type", content_type)]}
        await self.guard(scope, receive, send)
        return answers[0]["status"], b"".join(answer["body"] for answer in answers[1:])


def ask(server, *chunks, **how):
    return asyncio.run(server.post(*chunks, **how))


def reason(body):
    content = json.loads(body)
    assert set(content) == {"error_code", "message"}
    assert len(content["message"]) <= 200
    return content["message"]


def test_a_request_passes_whole_and_its_answer_comes_back():
    server = Server()
    assert ask(server, b'{"inp', b'uts": []}') == (200, b'{"predictions": []}')
    assert server.bodies == [b'{"inputs": []}']


def test_a_large_body_is_refused_and_not_kept(monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", 10)
    server = Server()
    status, body = ask(server, *[b"12345"] * 3)
    assert (status, server.bodies) == (413, [])
    assert "larger than" in reason(body)
    assert ask(server, b"12345", b"67890")[0] == 200


@pytest.mark.parametrize("content_type", [b"application/vnd.apache.parquet", b"text/csv", b""])
def test_other_content_than_json_is_refused(content_type):
    server = Server()
    status, body = ask(server, b"x", content_type=content_type)
    assert (status, server.bodies) == (415, [])
    assert reason(body) == "the content type must be application/json"
    assert ask(server, b"x", content_type=b"Application/JSON; charset=utf-8")[0] == 200


def test_a_reason_of_ours_gets_out():
    told = json.dumps({"error_code": "BAD_REQUEST", "message": "inputs[0]: the image is empty"}).encode()
    status, body = ask(Server(400, told), b"{}")
    assert (status, reason(body)) == (400, "inputs[0]: the image is empty")


@pytest.mark.parametrize(
    "told",
    [
        {"error_code": "BAD_REQUEST", "message": "Invalid input. secret", "stack_trace": "File ..."},
        {"error_code": "BAD_REQUEST", "message": "secret " * 1000},
        {"error_code": "BAD_REQUEST", "message": "secret", "sqlstate": "22023"},
        ["secret"],
        "secret",
    ],
)
def test_nothing_else_gets_out_of_an_error(told):
    status, body = ask(Server(400, json.dumps(told).encode()), b"{}")
    assert status == 400
    assert "secret" not in reason(body)
    assert "send JSON" in reason(body)


@pytest.mark.parametrize("failure", [RecursionError("secret"), ValueError("secret"), MemoryError()])
def test_a_request_at_which_the_server_fails_is_refused(failure, caplog):
    status, body = ask(Server(failure=failure), b"[" * 1000)
    assert status == 400
    assert "send JSON" in reason(body)
    assert "secret" not in caplog.text


def test_other_pages_are_left_alone():
    server = Server(404, b"nothing here")
    assert ask(server, b"", content_type=b"", path="/ping") == (404, b"nothing here")


def test_few_requests_are_worked_on_at_a_time_and_too_many_are_sent_away(monkeypatch):
    monkeypatch.setattr(module, "MOST_WAITING", 10)
    monkeypatch.setattr(module.os, "cpu_count", lambda: 2)
    server = Server()

    async def crowd(number):
        return [status for status, _ in await asyncio.gather(*(server.post(b"{}") for _ in range(number)))]

    statuses = asyncio.run(crowd(13))
    assert (statuses.count(200), statuses.count(429)) == (10, 3)
    assert server.most_at_work == 2
    assert ask(Server(), b"{}")[0] == 200
