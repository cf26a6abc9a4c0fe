"""The layers of a network from its configuration, read as data."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

SETTINGS: dict[str, tuple[str, ...]] = {
    "Activation": (),
    "BatchNormalization": ("axis", "epsilon", "center", "scale"),
    "BilinearFusion": (),
    "Concatenate": ("axis",),
    "Conv2D": (
        "filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate", "groups", "use_bias"
    ),
    "Dense": ("units", "use_bias"),
    "DepthwiseConv2D": (
        "kernel_size", "strides", "padding", "depth_multiplier", "data_format", "dilation_rate", "use_bias"
    ),
    "Dropout": (),
    "GlobalAveragePooling2D": ("data_format", "keepdims"),
    "InputLayer": ("batch_shape",),
    "MaxPooling2D": ("pool_size", "strides", "padding", "data_format"),
    "ReLU": ("max_value", "negative_slope", "threshold"),
    "SpectralFilterLayer": ("filters",),
}  # fmt: skip
"""What the published networks are made of, and what decides the outputs of each."""
OF_RELEASE = ("SpectralFilterLayer", "BilinearFusion")
"""Classes that are not Keras' own."""
OURS = {"FusedBatchNormalization": "BatchNormalization", "SpectralFilter": "SpectralFilterLayer"}
"""Classes of this project, by which one of the release they compute."""
MODULES = ("keras", "keras.layers", "keras.initializers", "keras.regularizers", "keras.constraints")
MOST_LAYERS = 256
TENSOR = "__keras_tensor__"
LONGEST = 60


class ForeignError(ValueError):
    """A network that is none of the release; the message is the end of a sentence."""


@dataclass(frozen=True)
class Layer:
    """One layer.

    Attributes:
        name: Of the layer.
        kind: Key of ``SETTINGS``.
        config: What it was made with.
        inputs: Names of the layers before it.
        stored_as: What a file of weights calls it: Keras numbers the layers of each class.
    """

    name: str
    kind: str
    config: Mapping[str, Any]
    inputs: tuple[str, ...]
    stored_as: str


@dataclass(frozen=True)
class Graph:
    """The layers of a network, in the order of its configuration.

    Attributes:
        layers: By name.
        output: Name of the last one.
    """

    layers: Mapping[str, Layer]
    output: str

    @property
    def input(self) -> Layer:
        """Where images enter."""
        return next(layer for layer in self.layers.values() if layer.kind == "InputLayer")

    def count(self, kind: str) -> int:
        """Number of layers of a kind."""
        return sum(layer.kind == kind for layer in self.layers.values())


def require_known(model: Mapping[str, Any]) -> None:
    """Refuse a network that is more than known layers put together.

    Args:
        model: Content of ``config.json``; how it was compiled counts for nothing and is not looked at.

    Raises:
        ForeignError: For another class of network or layer, and for anything of another module.
    """
    if model.get("class_name") not in ("Functional", "Model"):
        _refuse(f"the network is a {_brief(model.get('class_name'))}, and not Functional")
    for layer in _layers(model.get("config")):
        kind, name = layer.get("class_name"), _brief(layer.get("name"))
        if not isinstance(kind, str) or kind not in SETTINGS:
            _refuse(f"its layer {name} is a {_brief(kind)}, which no published network has")
        module = layer.get("module")
        if kind in OF_RELEASE:
            if module is not None:
                _refuse(f"its layer {name} is {kind} of the module {_brief(module)}, and not the release's")
        elif module != "keras.layers":
            _refuse(f"its layer {name} is {kind} of the module {_brief(module)}, and not Keras' own")
        for found in _modules(layer.get("config")):
            if found not in MODULES:
                _refuse(f"its layer {name} names something of the module {_brief(found)}")


def read_graph(config: Any) -> Graph:
    """Read the layers of a functional network, and which comes after which.

    Args:
        config: As ``keras.Model.get_config`` returns it.

    Raises:
        ForeignError: If it is none, or has not one input and one output.
    """
    layers: dict[str, Layer] = {}
    counts: dict[str, int] = {}
    for one in _layers(config):
        kind, name, settings = one["class_name"], one.get("name"), one.get("config")
        kind = OURS.get(kind, kind)
        if not isinstance(name, str) or name in layers or not isinstance(settings, Mapping):
            _refuse(f"it has a layer without a name or settings of its own ({_brief(name)})")
        number = counts[kind] = counts.get(kind, -1) + 1
        stored_as = _snake_case(kind) + (f"_{number}" if number else "")
        layers[name] = Layer(name, kind, settings, _inputs(name, one.get("inbound_nodes")), stored_as)
    outputs = list(_names(config.get("output_layers")))
    if sum(layer.kind == "InputLayer" for layer in layers.values()) != 1 or len(outputs) != 1:
        _refuse("it has not one input and one output")
    if missing := ({*outputs} | {name for layer in layers.values() for name in layer.inputs}) - layers.keys():
        _refuse(f"it has no layer {_brief(min(missing))}, which another one goes on from")
    return Graph(layers, outputs[0])


def _layers(config: Any) -> list[dict[str, Any]]:
    layers = config.get("layers") if isinstance(config, Mapping) else None
    if not isinstance(layers, list) or not all(isinstance(layer, Mapping) for layer in layers):
        _refuse("its configuration lists no layers")
    if len(layers) > MOST_LAYERS:
        _refuse(f"it has {len(layers)} layers")
    return layers


def _inputs(name: str, nodes: Any) -> tuple[str, ...]:
    """The layers before one, in the order in which it takes them."""
    if not isinstance(nodes, list) or len(nodes) > 1 or not all(isinstance(node, Mapping) for node in nodes):
        _refuse(f"its layer {_brief(name)} is not used once")
    if not nodes:
        return ()
    options = nodes[0].get("kwargs") or {}
    if not isinstance(options, Mapping) or any(value not in (None, False) for value in options.values()):
        _refuse(f"its layer {_brief(name)} is called with options")
    return tuple(_tensors(nodes[0].get("args")))


def _tensors(value: Any) -> Iterator[str]:
    """Names of the layers that tensors come from."""
    if isinstance(value, list | tuple):
        for item in value:
            yield from _tensors(item)
    elif isinstance(value, Mapping) and value.get("class_name") == TENSOR:
        yield from _names(_get(value.get("config"), "keras_history"))


def _names(reference: Any) -> Iterator[str]:
    """Names in a reference such as ``["dense", 0, 0]``, or in a list of such."""
    for item in reference if isinstance(reference, list | tuple) else ():
        if isinstance(item, str):
            yield item
        else:
            yield from _names(item)


def _modules(value: Any) -> Iterator[Any]:
    """The modules of all objects that a configuration describes."""
    if isinstance(value, Mapping):
        if "class_name" in value and value.get("module") is not None:
            yield value["module"]
        value = list(value.values())
    for item in value if isinstance(value, list | tuple) else ():
        yield from _modules(item)


def _get(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, Mapping) else None


def _snake_case(name: str) -> str:
    """As Keras makes names of classes: ``DepthwiseConv2D`` is ``depthwise_conv2d``."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _refuse(what: str) -> NoReturn:
    raise ForeignError(what)
