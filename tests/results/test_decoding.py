from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pytest

from s3f_pipeline.results.decoding import DecodingError, decode


@dataclass(frozen=True)
class Inner:
    share: float
    name: str | None


@dataclass(frozen=True)
class Outer:
    count: int
    inner: Mapping[str, Inner]
    shape: tuple[int, int]
    names: tuple[str, ...] = ()
    anything: Any = None
    choice: Literal["auto"] | bool = "auto"


WHOLE = {"count": 3, "inner": {"x": {"share": 1, "name": None}}, "shape": [2, 5]}


def test_values_are_typed_and_keys_of_later_releases_are_passed_over():
    found = decode(Outer, {**WHOLE, "names": ["a", "b"], "anything": [{}], "later": 1})
    assert found == Outer(3, {"x": Inner(1.0, None)}, (2, 5), ("a", "b"), [{}])
    assert isinstance(found.inner["x"].share, float)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"count": "3"}, "count must be a whole number"),
        ({"count": True}, "count must be a whole number"),
        ({"count": 3.0}, "count must be a whole number"),
        ({"choice": "often"}, "choice must be one of auto"),
        ({"choice": 1}, "choice must be one of auto"),
        ({"inner": []}, "inner must be a group of values"),
        ({"inner": {"x": {"share": 0.5}}}, "inner.x.name is missing"),
        ({"inner": {"x": {"share": None, "name": "n"}}}, "inner.x.share must be a number"),
        ({"inner": {"x": {"share": 0.5, "name": 1}}}, "inner.x.name must be text"),
        ({"shape": [2, 5, 1]}, "shape has 3 values, and must have 2"),
        ({"names": ["a", 2]}, "names.1 must be text"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(changed, words):
    with pytest.raises(DecodingError) as raised:
        decode(Outer, {**WHOLE, **changed})
    assert str(raised.value) == words
