"""How weights begin where a network follows code that was written for PyTorch."""

from keras import initializers


def kaiming_normal(mode: str = "fan_out") -> initializers.Initializer:
    """Normal with a variance of 2 / fan; ``fan_out`` of a depthwise kernel is what Keras calls ``fan_in``."""
    return initializers.VarianceScaling(2.0, mode, "untruncated_normal")


def pytorch_uniform(inputs: int) -> initializers.Initializer:
    """What PyTorch does unless told otherwise, to kernels and biases: uniform within ± ``inputs`` ** -0.5."""
    return initializers.RandomUniform(-(inputs**-0.5), inputs**-0.5)
