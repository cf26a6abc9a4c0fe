import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.splits.likeness import SIZE, likeness_features, twin_codes


def test_products_are_correlations_of_small_copies():
    thumbnails = np.random.default_rng(0).integers(0, 256, (3, 128, 128), np.uint8)
    features = likeness_features(thumbnails)
    assert features.shape == (3, SIZE * SIZE)
    assert features.dtype == np.float32
    small = thumbnails.reshape(3, SIZE, 4, SIZE, 4).mean(axis=(2, 4)).reshape(3, -1)
    np.testing.assert_allclose(features @ features.T, np.corrcoef(small), atol=0.01)


def test_brightness_and_contrast_do_not_matter():
    image = np.random.default_rng(0).integers(0, 100, (128, 128), np.uint8)
    first, second = likeness_features(np.stack([image, 2 * image + 20]))
    assert first @ second == pytest.approx(1, abs=1e-3)


def test_a_blank_image_is_like_none():
    features = likeness_features(np.full((2, 128, 128), 7, np.uint8))
    assert not features.any()


def test_images_without_twins_are_twins_of_none():
    codes = twin_codes(pd.Series(["a", None, "a", None], dtype="string"), 4)
    assert codes[0] == codes[2]
    assert len(set(codes)) == 3
    assert len(set(twin_codes(None, 4))) == 4
