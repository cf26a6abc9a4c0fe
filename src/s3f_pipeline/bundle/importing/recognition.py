"""Which published network a file holds, told by its layers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from s3f_pipeline.bundle.importing.layers import ForeignError, Graph, read_graph, require_known
from s3f_pipeline.bundle.keras_file import GET_AGAIN, KerasFile
from s3f_pipeline.errors import WeightsError

LARGEST_SIDE = 4096
CHANNELS = (1, 3)
MOST_OUTPUTS = 1000
FUSIONS = {"BilinearFusion": "bilinear", "Concatenate": "concat"}
FILTER = "SpectralFilterLayer"


@dataclass(frozen=True)
class Recognised:
    """A published network.

    Attributes:
        network: Name for ``build_model``.
        input_shape: Height, width, channels of its images.
        outputs: Units of its head.
        graph: Its layers.
    """

    network: str
    input_shape: tuple[int, int, int]
    outputs: int
    graph: Graph


def recognise(file: KerasFile) -> Recognised:
    """Tell which network a file holds, from the number of its spectral filters and its fusion.

    Whether each layer is that of this network is for ``import_network``, which needs Keras.

    Raises:
        WeightsError: If it has layers that no published network has, or takes or gives what none does.
    """
    with foreign_explained(file):
        require_known(file.config)
        graph = read_graph(file.config["config"])
        filters = graph.count(FILTER)
        fusions = [name for kind, name in FUSIONS.items() if graph.count(kind)]
        if filters > 2 or len(fusions) > 1 or (fusions and not filters):
            raise ForeignError(f"it has {filters} spectral filters, and for fusions {fusions}")
        tower = fusions[0] if fusions else "spectral"
        network = f"{tower}_sn{filters}" if filters else "spatial"
        return Recognised(network, _input_shape(graph), _outputs(graph), graph)


@contextmanager
def foreign_explained(file: KerasFile) -> Iterator[None]:
    """Turn what is foreign in a network into a message that names the file.

    Raises:
        WeightsError: In place of ``ForeignError``.
    """
    try:
        yield
    except (ForeignError, RecursionError) as error:
        what = str(error) if isinstance(error, ForeignError) else "its configuration is nested too deeply"
        raise WeightsError(
            f"{file.path} holds no network of the S³F-Net release: {what}. {GET_AGAIN}"
        ) from error


def _input_shape(graph: Graph) -> tuple[int, int, int]:
    match graph.input.config.get("batch_shape"):
        case [None, int(height), int(width), int(channels)] if (
            0 < height <= LARGEST_SIDE and 0 < width <= LARGEST_SIDE and channels in CHANNELS
        ):
            return height, width, channels
        case other:
            raise ForeignError(f"it takes images of the shape {other!r:.60}")


def _outputs(graph: Graph) -> int:
    """Units of the last dense layer on the way to the output."""
    layer = graph.layers[graph.output]
    while layer.kind == "Activation" and len(layer.inputs) == 1:
        layer = graph.layers[layer.inputs[0]]
    match layer.config.get("units"):
        case int(units) if layer.kind == "Dense" and 0 < units <= MOST_OUTPUTS:
            return units
        case other:
            raise ForeignError(f"its last layer is {layer.kind} with {other!r:.60} outputs")
