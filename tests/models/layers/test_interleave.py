import keras
import numpy as np
import pytest

from s3f_pipeline.models.layers import Interleave


def test_channels_come_in_turns():
    images = np.arange(2 * 3 * 2 * 8).reshape(2, 3, 2, 8)
    found = Interleave()([images[..., :4], images[..., 4:]])
    np.testing.assert_array_equal(found, images[..., [0, 4, 1, 5, 2, 6, 3, 7]])


def test_symbolic_shape():
    assert Interleave()([keras.Input((5, 7, 3)), keras.Input((5, 7, 3))]).shape == (None, 5, 7, 6)


@pytest.mark.parametrize("shapes", [[(None, 2, 2, 3)], [(None, 2, 2, 3), (None, 2, 2, 4)]])
def test_anything_but_two_alike_is_refused(shapes):
    with pytest.raises(ValueError, match=r"two inputs of the same shape.*Received: input_shape="):
        Interleave().build(shapes)
