"""Damaged requests are answered or refused: no crash, no hang, bounded memory."""

import base64
import copy
import json
import random
import resource
import time

import pytest
from dicom_files import dicom
from payloads import encoded, file_of
from served import inputs, post

REQUESTS = 225
MOST_SECONDS = 20
MOST_GROWTH = 2**30
"""Of the memory of this process, in bytes."""
ODD = (None, True, 7, -1e308, 10**400, "", "x", "A" * 100_000, "\ud800", [], [[]], {}, [[0.5]], float("nan"))
FILES = [file_of(".png"), file_of(".jpg"), dicom(), file_of(".png", shape=(16, 16, 1))]


def base_items(rng: random.Random) -> list[dict]:
    array = [[rng.random() for _ in range(16)] for _ in range(16)]
    return [encoded(data) for data in FILES] + [{"array": array}]


def damage_bytes(data: bytes, rng: random.Random) -> bytes:
    content = bytearray(data)
    match rng.randrange(5):
        case 0:
            del content[rng.randrange(len(content)) :]
        case 1:
            for _ in range(rng.randint(1, 20)):
                content[rng.randrange(min(len(content), 400))] = rng.randrange(256)
        case 2:
            for _ in range(rng.randint(1, 50)):
                content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        case 3:
            place = rng.randrange(min(len(content), 400))
            content[place : place + 4] = rng.choice((b"\xff\xff\xff\x7f", bytes(4), b"\x00\x01\x00\x00"))
        case 4:
            place = rng.randrange(len(content))
            content[place:place] = content[: rng.randrange(len(content))]
    return bytes(content)


def damaged_items(seed: int):
    """Items of a request, one of them damaged: its file, its array, its keys, or all of it."""
    rng = random.Random(seed)
    items = [copy.deepcopy(rng.choice(base_items(rng))) for _ in range(rng.randint(1, 3))]
    place = rng.randrange(len(items))
    match rng.randrange(6):
        case 0:
            items[place] = {rng.choice(("image", "array", "img", "")): rng.choice(ODD)}
        case 1:
            items[place] = rng.choice(ODD)
        case 2:
            items[place] = {"array": [[rng.choice(ODD)] * 16 for _ in range(16)]}
        case 3:
            text = base64.b64encode(rng.choice(FILES)).decode()
            at = rng.randrange(len(text))
            items[place] = {"image": text[:at] + rng.choice(("!", "=", "\n", "ä", "")) + text[at + 1 :]}
        case _:
            items[place] = encoded(damage_bytes(rng.choice(FILES), rng))
    return items


def peak_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def check(app, seed: int) -> int:
    """Send a damaged request, or one whose JSON is damaged; returns the status."""
    rng = random.Random(seed)
    items = damaged_items(seed)
    body = inputs(*items) if rng.random() < 0.8 else damage_bytes(inputs(*items), rng)
    began = time.monotonic()
    status, answer = post(app, body)
    assert time.monotonic() - began < MOST_SECONDS, seed
    if status == 200:
        assert all(sum(one["probabilities"].values()) == pytest.approx(1) for one in answer["predictions"]), (
            seed
        )
    else:
        assert status == 400, (seed, status, answer)
        assert len(answer["message"]) <= 200, seed
    return status


def test_damaged_requests_are_answered_or_refused(app, sent):
    assert post(app, inputs({"image": sent}))[0] == 200
    before = peak_memory()
    statuses = [check(app, seed) for seed in range(REQUESTS)]
    assert statuses.count(400) > REQUESTS / 4
    assert statuses.count(200) >= REQUESTS // 25
    assert peak_memory() - before < MOST_GROWTH
    assert post(app, inputs({"image": sent}))[0] == 200


@pytest.mark.long
def test_a_body_of_many_small_things_takes_bounded_memory(app):
    before = peak_memory()
    for content in (b"[]," * 6_000_000 + b"[]", b"0," * 9_000_000 + b"0", b'{"a":0},' * 2_000_000 + b"{}"):
        assert post(app, b'{"inputs": [' + content + b"]}")[0] == 400
    assert post(app, json.dumps({"inputs": ["x" * 19_000_000] + [""] * 64}).encode())[0] == 400
    assert peak_memory() - before < 2 * MOST_GROWTH
