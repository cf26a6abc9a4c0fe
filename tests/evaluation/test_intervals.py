import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3f_pipeline.errors import EvaluationError
from s3f_pipeline.evaluation.intervals import wilson_interval


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [  # published S3F-Net figures
        (137, 156, 0.818, 0.921),
        (132, 156, 0.781, 0.894),
        (586, 624, 0.918, 0.955),
        (581, 624, 0.909, 0.948),
        (998, 1010, 0.979, 0.993),
        (992, 1010, 0.972, 0.989),
        (1048, 1512, 0.669, 0.716),
    ],
)
def test_published_intervals(successes, n, low, high):
    assert wilson_interval(successes, n) == pytest.approx((low, high), abs=6e-4)


def test_closed_form_without_successes():
    z_squared = 1.959963984540054**2
    low, high = wilson_interval(0, 10)
    assert low == pytest.approx(0, abs=1e-15)
    assert high == pytest.approx(z_squared / (10 + z_squared), rel=1e-12)


@given(data=st.data(), n=st.integers(1, 5000), confidence=st.floats(0.5, 0.999))
def test_contains_the_proportion_and_mirrors(data, n, confidence):
    successes = data.draw(st.integers(0, n))
    low, high = wilson_interval(successes, n, confidence)
    assert 0 <= low <= high <= 1
    assert low - 1e-12 <= successes / n <= high + 1e-12
    mirrored = wilson_interval(n - successes, n, confidence)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-12)


def test_higher_confidence_is_wider():
    low, high = wilson_interval(30, 40, 0.95)
    wider_low, wider_high = wilson_interval(30, 40, 0.99)
    assert wider_low < low < high < wider_high


@pytest.mark.parametrize(
    ("successes", "n", "confidence"), [(0, 0, 0.95), (-1, 5, 0.95), (6, 5, 0.95), (1, 5, 1.0)]
)
def test_refuses_arguments_out_of_range(successes, n, confidence):
    with pytest.raises(EvaluationError, match=f"successes={successes}, n={n}"):
        wilson_interval(successes, n, confidence)
