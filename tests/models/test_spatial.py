import keras

from s3f_pipeline.models.spatial import spatial_tower


def test_layers_are_the_published_ones_in_the_published_order():
    images = keras.Input((32, 32, 1))
    layers = iter(keras.Model(images, spatial_tower(images)).layers[1:])
    for channels, rate in [(32, 0.2), (64, 0.3), (128, 0.4), (256, 0.4)]:
        first, second, norm, relu, pool, dropout = (next(layers) for _ in range(6))
        for convolution in (first, second):
            assert isinstance(convolution, keras.layers.Conv2D)
            assert (convolution.filters, convolution.kernel_size) == (channels, (3, 3))
            assert (convolution.padding, convolution.use_bias) == ("same", True)
        assert first.activation is keras.activations.relu
        assert second.activation is keras.activations.linear
        assert isinstance(norm, keras.layers.BatchNormalization)
        assert isinstance(relu, keras.layers.ReLU)
        assert isinstance(pool, keras.layers.MaxPooling2D)
        assert pool.pool_size == (2, 2)
        assert dropout.rate == rate
    average, dense, norm, dropout = layers
    assert isinstance(average, keras.layers.GlobalAveragePooling2D)
    assert (dense.units, dense.activation) == (512, keras.activations.relu)
    assert isinstance(norm, keras.layers.BatchNormalization)
    assert dropout.rate == 0.5
