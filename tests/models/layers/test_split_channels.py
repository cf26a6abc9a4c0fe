import keras
import numpy as np
import pytest

from s3f_pipeline.models.layers import SplitChannels


def test_groups_follow_each_other():
    x = np.random.default_rng(0).normal(size=(2, 3, 5, 9)).astype(np.float32)
    groups = SplitChannels([2, 3, 4])(x)
    assert [group.shape[-1] for group in groups] == [2, 3, 4]
    np.testing.assert_array_equal(keras.ops.concatenate(groups, axis=-1), x)


def test_symbolic_shapes():
    shapes = [group.shape for group in SplitChannels([2, 4])(keras.Input((8, 7, 6)))]
    assert shapes == [(None, 8, 7, 2), (None, 8, 7, 4)]


def test_groups_that_are_not_all_channels_are_refused():
    with pytest.raises(ValueError, match=r"of 6 channels for groups of \[2, 4\].*Received: input_shape="):
        SplitChannels([2, 4]).build((None, 8, 8, 7))
