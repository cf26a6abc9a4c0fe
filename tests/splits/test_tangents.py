import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.splits import tangents
from s3f_pipeline.splits.geometry import turned
from s3f_pipeline.splits.tangents import rough_similarities, unexplained_ratios


def fit(whole, part, region=0, orientation=0):
    return pd.DataFrame({"whole": [whole], "part": [part], "region": [region], "orientation": [orientation]})


@pytest.fixture(scope="module")
def ratio(indexed):
    def of(whole, part, region=0, orientation=0):
        thumbnails = indexed({"part": part, "whole": whole})[1]
        return unexplained_ratios(thumbnails, np.arange(2), fit(1, 0, region, orientation))[0]

    return of


@pytest.fixture(scope="module")
def rough(indexed):
    def of(whole, part, region=0, orientation=0):
        thumbnails = indexed({"part": part, "whole": whole})[1]
        return rough_similarities(thumbnails, np.arange(2), fit(1, 0, region, orientation))[0]

    return of


def test_an_image_explains_itself(slice_of_head, ratio):
    assert ratio(slice_of_head(0), slice_of_head(0)) == pytest.approx(0, abs=1e-3)
    turned_head = np.ascontiguousarray(turned(slice_of_head(0), 5))
    assert ratio(slice_of_head(0), turned_head, orientation=5) == pytest.approx(0, abs=0.02)


def test_small_movements_and_contrast_are_forgiven(slice_of_head, distortions, ratio):
    head = slice_of_head(0)
    for kind in ("shift_left", "crop_1", "more_contrast", "offset", "jpeg_40"):
        assert ratio(head, distortions[kind](head)) < 0.8


def test_other_heads_are_not_explained(slice_of_head, ratio):
    assert min(ratio(slice_of_head(0), slice_of_head(head)) for head in range(1, 9)) > 1


def test_an_image_is_roughly_like_itself_however_it_is_turned(slice_of_head, rough):
    head = slice_of_head(0)
    assert rough(head, head) == pytest.approx(1, abs=1e-4)
    assert rough(head, np.ascontiguousarray(turned(head, 5)), orientation=5) > 0.95
    assert rough(head, np.ascontiguousarray(turned(head, 5))) < 0.5


def test_what_has_moved_a_little_is_roughly_alike(slice_of_head, distortions, rough):
    head = slice_of_head(0)
    for kind in ("shift_left", "crop_1", "more_contrast", "offset", "jpeg_40"):
        assert rough(head, distortions[kind](head)) > 0.9


def test_one_other_region_makes_heads_roughly_different(slice_of_head, rough):
    head = slice_of_head(0)
    other = head.copy()
    height, width = head.shape
    rows, columns = slice(height // 3, height // 2), slice(width // 3, width // 2)
    other[rows, columns] = other[rows, columns][::-1] // 2 + 100
    assert rough(head, other) < 0.8
    assert max(rough(slice_of_head(0), slice_of_head(number)) for number in range(1, 9)) < 0.8


def test_fits_of_all_regions_keep_their_places(slice_of_head, indexed, monkeypatch):
    thumbnails = indexed({f"{head}": slice_of_head(head) for head in range(6)})[1]
    rng = np.random.default_rng(0)
    ends = rng.permuted(np.tile(np.arange(6), (40, 1)), axis=1)[:, :2]
    fits = pd.DataFrame(ends, columns=["whole", "part"])
    fits = fits.assign(region=rng.integers(15, size=40), orientation=rng.integers(8, size=40))
    for measure in (unexplained_ratios, rough_similarities):
        alone = [measure(thumbnails, np.arange(6), fits[row : row + 1])[0] for row in range(40)]
        with monkeypatch.context() as smaller:
            smaller.setattr(tangents, "CHUNK", 3)
            smaller.setattr(tangents, "BLOCK", 4)
            np.testing.assert_allclose(measure(thumbnails, np.arange(6), fits), alone, atol=1e-4)
