import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.splits.geometry import turned
from s3f_pipeline.splits.tangents import unexplained_ratios


@pytest.fixture(scope="module")
def ratio(indexed):
    def of(whole, part, region=0, orientation=0):
        _, thumbnails = indexed({"whole": whole, "part": part})
        fits = pd.DataFrame({"whole": [0], "part": [1], "region": [region], "orientation": [orientation]})
        return unexplained_ratios(thumbnails, np.arange(2), fits)[0]

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
