import base64

import pytest

from s3f_pipeline.reporting import formats


def test_count_has_thousands_separators():
    assert [formats.count(n) for n in (0, 999, 3443592)] == ["0", "999", "3,443,592"]


def test_percent_has_one_decimal():
    assert formats.percent(0.81249) == "81.2\N{NO-BREAK SPACE}%"


def test_score_has_four_decimals_or_a_dash():
    assert [formats.score(value) for value in (1.0, 0.98765, None)] == ["1.0000", "0.9877", "—"]


@pytest.mark.parametrize(("names", "text"), [("a", "a"), ("ab", "a and b"), ("abc", "a, b and c")])
def test_listing(names, text):
    assert formats.listing(names) == text


def test_shape_leaves_the_batch_axis_out():
    assert formats.shape([None, 64, 65, 1]) == "64 × 65 × 1"


@pytest.mark.parametrize(
    ("picture", "kind"), [(b"\x89PNG", "png"), (b"\xff\xd8x", "jpeg"), (b"<?xml", "svg+xml")]
)
def test_the_address_of_a_picture_holds_its_bytes(picture, kind):
    head, data = formats.picture_uri(picture).split(",")
    assert head == f"data:image/{kind};base64"
    assert base64.b64decode(data) == picture


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "1st"),
        (2, "2nd"),
        (3, "3rd"),
        (4, "4th"),
        (11, "11th"),
        (12, "12th"),
        (21, "21st"),
        (113, "113th"),
    ],
)
def test_ordinal(number, words):
    assert formats.ordinal(number) == words
