import pytest

from s3f_pipeline.durations import duration
from s3f_pipeline.reporting.formats import FILTERS


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0 s"),
        (59.7, "60 s"),
        (89.4, "89 s"),
        (754.2, "13 min"),
        (5399, "1 h 30 min"),
        (7380, "2 h 3 min"),
    ],
)
def test_it_is_as_exact_as_a_person_would_be(seconds, text):
    assert duration(seconds) == text


def test_log_and_report_say_it_alike():
    assert FILTERS["duration"] is duration
