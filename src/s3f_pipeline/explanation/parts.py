"""Where a network is taken apart: branches, feature maps, logits."""

from dataclasses import dataclass

import keras

from s3f_pipeline.backend import Tensor

BRANCHES = {"spatial": "spatial_vector", "spectral": "spectral_vector"}
"""Layers whose outputs are the vectors of the two towers."""
LAST_MAPS = (
    "spatial_stage4_relu",
    "resnet_stage4_block2_relu",
    "medmamba_stage4_block2",
    "stage4_activation",
)
"""The last feature maps in which a place is a place of the image."""
SPECTRAL_FILTERS = ("spectral_filter1", "spectral_filter2")
GLOBAL_MAPS = (
    "Its feature maps come from filters as large as the image: a place in them is no place in the image, so "
    "that a map of them would say nothing about where the network looked."
)
NO_MAPS = "It has no feature maps that are averaged over the image."
NO_BRANCHES = "It has one branch, so that there is nothing to weigh against another one."
NO_FILTERS = "It has no learned filters of image size."


@dataclass(frozen=True)
class Branches:
    """The two towers of a network, and what becomes of their vectors.

    Attributes:
        vectors: From images to the vector of each branch.
        head: From the vectors, in the same order, to logits.
        is_linear: Whether logits are a linear function of the vectors.
    """

    names: tuple[str, ...]
    vectors: keras.Model
    head: keras.Model
    is_linear: bool


def find_branches(model: keras.Model) -> Branches | None:
    """Find the two towers, ``None`` if the network does not have them."""
    named = {layer.name: layer for layer in model.layers}
    if not all(name in named for name in (*BRANCHES.values(), "fusion")):
        return None
    vectors = [named[name].output for name in BRANCHES.values()]
    return Branches(
        tuple(BRANCHES),
        keras.Model(model.input, vectors),
        keras.Model(vectors, logits_of(model)),
        isinstance(named["fusion"], keras.layers.Concatenate)
        and model.get_layer("logits").input is named["fusion"].output,
    )


def logits_of(model: keras.Model) -> Tensor:
    """The logits, symbolic, of shape (B, n); one of a sigmoid head."""
    return model.get_layer("logits").output


def features_of(model: keras.Model) -> keras.Model:
    """From images to the vectors that the logits are a linear function of."""
    return keras.Model(model.input, model.get_layer("logits").input)


@dataclass(frozen=True)
class Maps:
    """The network before and after its last feature maps.

    Attributes:
        layer: Whose output the maps are.
        front: From images to maps, (B, h, w, channels).
        back: From maps, and the images for what does not go through them, to logits.
    """

    layer: str
    front: keras.Model
    back: keras.Model


def find_maps(model: keras.Model) -> Maps | str:
    """Find the last feature maps; a text says why there are none that tell of places.

    Of a network that is not ours they are what its first global average pooling averages.
    """
    named = {layer.name: layer for layer in model.layers}
    layer = next((name for name in LAST_MAPS if name in named), None)
    if layer is None and any(name in named for name in SPECTRAL_FILTERS):
        return GLOBAL_MAPS
    if layer is None:
        pooling = keras.layers.GlobalAveragePooling2D
        averaged = next((each.input for each in model.layers if isinstance(each, pooling)), None)
        layer = next((each.name for each in model.layers if each.output is averaged), None)
    if layer is None:
        return NO_MAPS
    maps = named[layer].output
    back = keras.Model([maps, *model.inputs], logits_of(model))
    return Maps(layer, keras.Model(model.input, maps), back)
