import keras
import pytest

from s3f_pipeline.models.spectranet import spectranet_sn1, spectranet_sn2

NORM = "FusedBatchNormalization"
SEPARABLE = ["DepthwiseConv2D", NORM, "ReLU", "Conv2D", NORM, "ReLU"]
FILTER = ["SpectralFilter", NORM, "ReLU"]
FUNNEL = ["GlobalAveragePooling2D", *["Dense", "BatchNormalization", "Dropout"] * 2]
SN1 = [*FILTER, *SEPARABLE, "MaxPooling2D", *SEPARABLE, "MaxPooling2D", *FUNNEL]
SN2 = [*FILTER, *FILTER, *SEPARABLE, "MaxPooling2D", *FUNNEL]


@pytest.mark.parametrize(
    ("spectranet", "types", "filters", "channels"),
    [(spectranet_sn1, SN1, [32], [64, 128]), (spectranet_sn2, SN2, [32, 64], [128])],
)
def test_layers_are_the_published_ones_in_the_published_order(spectranet, types, filters, channels):
    images = keras.Input((16, 16, 1))
    layers = keras.Model(images, spectranet(images)).layers[1:]
    assert [type(layer).__name__ for layer in layers] == types

    def of_type(name):
        return [layer for layer in layers if type(layer).__name__ == name]

    assert [layer.filters for layer in of_type("SpectralFilter")] == filters
    assert [(layer.filters, layer.kernel_size) for layer in of_type("Conv2D")] == [
        (n, (1, 1)) for n in channels
    ]
    for layer in of_type("DepthwiseConv2D"):
        assert (layer.kernel_size, layer.padding) == ((3, 3), "same")
    for layer in of_type("DepthwiseConv2D") + of_type("Conv2D"):
        assert layer.activation is keras.activations.linear
        assert not layer.use_bias
    relu = keras.activations.relu
    assert [(layer.units, layer.activation) for layer in of_type("Dense")] == [(16, relu), (4, relu)]
    assert [layer.rate for layer in of_type("Dropout")] == [0.1875, 0.3125]
