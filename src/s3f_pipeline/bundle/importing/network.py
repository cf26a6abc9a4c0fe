"""A published network as one of ours."""

import keras

from s3f_pipeline.bundle.importing.layers import Layer, read_graph
from s3f_pipeline.bundle.importing.recognition import foreign_explained, recognise
from s3f_pipeline.bundle.importing.steps import matching_layers
from s3f_pipeline.bundle.importing.tensors import LAYERS, Wanted, read_tensors
from s3f_pipeline.bundle.keras_file import KerasFile
from s3f_pipeline.models import build_model


def import_network(file: KerasFile) -> keras.Model:
    """Build our network of the kind that a file holds, with the file's weights.

    Returns:
        What ``build_model`` makes; its outputs are those of the published classes.

    Raises:
        WeightsError: If the network computes anything else, or its weights are not those of ours.
    """
    recognised = recognise(file)
    model = build_model(recognised.network, recognised.input_shape, recognised.outputs)
    with foreign_explained(file):
        pairs = matching_layers(recognised.graph, read_graph(model.get_config()))
    variables = {
        f"{LAYERS}/{theirs.stored_as}/vars/{number}": (theirs, variable)
        for theirs, ours in pairs
        for number, variable in enumerate(model.get_layer(ours.name).weights)
    }
    wanted = {path: _wanted(layer, variable) for path, (layer, variable) in variables.items()}
    for path, values in read_tensors(file, wanted).items():
        variables[path][1].assign(values)
    return model


def _wanted(layer: Layer, variable: keras.Variable) -> Wanted:
    return Wanted(tuple(variable.shape), f"{variable.name} of '{layer.name:.60}'")
