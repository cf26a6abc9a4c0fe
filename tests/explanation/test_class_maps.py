import keras
import numpy as np
import pytest

from s3f_pipeline.explanation.class_maps import class_maps
from s3f_pipeline.explanation.parts import GLOBAL_MAPS
from s3f_pipeline.models import build_model

IMAGES = np.random.default_rng(0).integers(0, 256, (20, 32, 32, 1), np.uint8)


@pytest.mark.parametrize("outputs", [1, 3])
def test_each_image_has_a_map_of_its_class(outputs):
    keras.utils.set_random_seed(0)
    model = build_model("spatial", (32, 32, 1), outputs)
    maps = class_maps(model, IMAGES, np.zeros(20, np.int64))
    assert maps.shape == (20, *model.get_layer("spatial_stage4_relu").output.shape[1:3])
    assert set(np.round(maps.max(axis=(1, 2)), 6)) <= {0.0, 1.0}
    assert maps.min() >= 0
    assert not np.array_equal(maps, class_maps(model, IMAGES, np.ones(20, np.int64)))


def test_a_network_whose_places_are_none_says_so():
    model = build_model("spectral", (32, 32, 1), 2)
    assert class_maps(model, IMAGES, np.zeros(20, np.int64)) == GLOBAL_MAPS
