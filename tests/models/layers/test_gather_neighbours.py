import keras
import numpy as np
import pytest

from s3f_pipeline.models.layers import GatherNeighbours


@pytest.mark.parametrize("size", [(4, 6), (5, 6), (4, 3), (1, 1)])
def test_four_neighbours_become_channels(size):
    images = np.random.default_rng(0).normal(size=(2, *size, 3)).astype(np.float32)
    padded = np.pad(images, ((0, 0), (0, size[0] % 2), (0, size[1] % 2), (0, 0)))
    corners = [padded[:, y::2, x::2] for y, x in ((0, 0), (1, 0), (0, 1), (1, 1))]
    layer = GatherNeighbours()
    np.testing.assert_array_equal(layer(images), np.concatenate(corners, axis=-1))
    assert layer(keras.Input((*size, 3))).shape[1:] == layer(images).shape[1:]
