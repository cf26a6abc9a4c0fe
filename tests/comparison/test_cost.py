import pytest

from s3f_pipeline.comparison.cost import multiply_adds
from s3f_pipeline.comparison.pareto import pareto
from s3f_pipeline.models import build_model
from s3f_pipeline.models.summary import summarise


def test_the_spatial_tower_needs_three_billion_at_256_pixels():
    """Independent arithmetic of the published network: 3.34 G multiply-adds at 256 x 256 x 1."""
    layers = summarise(build_model("spatial", (256, 256, 1), 4))
    assert multiply_adds(layers) == pytest.approx(3.34e9, rel=0.01)


def test_a_spectral_filter_by_hand():
    """32 filters of one channel at 64 x 64: 4 real products per complex one, FFTs there and back."""
    layers = [
        {"type": "SpectralFilter", "output_shape": [None, 64, 64, 32], "parameters": 2 * 32 * 64 * 33 + 32}
    ]
    assert multiply_adds(layers) == 4 * 32 * 64 * 33 + round(33 * 1.25 * 64 * 64 * 12)


def test_work_that_cannot_be_told_is_unknown():
    dense = {"type": "Dense", "output_shape": [None, 3], "parameters": 30}
    assert multiply_adds([dense, {"type": "Flatten", "output_shape": [None, 3], "parameters": 0}]) == 30
    assert (
        multiply_adds([dense, {"type": "SelectiveScan2D", "output_shape": [None, 3], "parameters": 9}])
        is None
    )


def test_networks_that_nothing_beats():
    quality = {"small": 0.7, "middle": 0.9, "large": 0.9, "best": 0.95}
    cost = {"small": 1.0, "middle": 5.0, "large": 9.0, "best": 9.0}
    assert pareto(quality, cost) == ["small", "middle", "best"]
    assert pareto({"a": 1.0, "b": 1.0}, {"a": 2.0, "b": 2.0}) == ["a", "b"]
