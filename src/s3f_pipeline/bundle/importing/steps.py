"""What a network computes, whatever layers it is written down as."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from s3f_pipeline.bundle.importing.layers import SETTINGS, ForeignError, Graph, Layer

WITH_WEIGHTS = ("BatchNormalization", "Conv2D", "Dense", "DepthwiseConv2D", "SpectralFilterLayer")
PAIRS = ("kernel_size", "strides", "pool_size", "dilation_rate")
"""Settings of which one number stands for two equal ones."""
ACTIVATION, LINEAR = "Activation", "linear"
PLAIN_RELU: dict[str, Any] = {"max_value": None, "negative_slope": 0, "threshold": 0}


@dataclass(frozen=True)
class Step:
    """One computation.

    Attributes:
        kind: Of its layer; ``Activation`` wherever one is applied.
        settings: What decides the outputs.
        inputs: Numbers of the steps before it.
        layer: That it belongs to.
    """

    kind: str
    settings: Mapping[str, Any]
    inputs: tuple[int, ...]
    layer: Layer

    def __str__(self) -> str:
        """What messages call it."""
        told = ", ".join(f"{name}={value!r:.40}" for name, value in self.settings.items())
        return f"{self.kind}({told})"

    def equals(self, other: "Step") -> bool:
        """Whether both compute the same."""
        return (self.kind, self.settings, self.inputs) == (other.kind, other.settings, other.inputs)


def matching_layers(theirs: Graph, ours: Graph) -> list[tuple[Layer, Layer]]:
    """Pair the layers that have weights, if two networks compute the same.

    Raises:
        ForeignError: At the first difference.
    """
    found, expected = steps_of(theirs), steps_of(ours)
    for one, other in zip(found, expected, strict=False):
        if not one.equals(other):
            raise ForeignError(f"its layer '{one.layer.name:.60}' is {one}, and ours in its place {other}")
    if len(found) != len(expected):
        raise ForeignError(f"it computes in {len(found)} steps, and ours in {len(expected)}")
    both = zip(found, expected, strict=True)
    return [(one.layer, other.layer) for one, other in both if one.kind in WITH_WEIGHTS]


def steps_of(graph: Graph) -> list[Step]:
    """All that is computed on the way to the output, in an order that depends on nothing else.

    Raises:
        ForeignError: If layers go round in circles.
    """
    walk = _Walk(graph, [], {})
    walk.visit(graph.output)
    return walk.steps


@dataclass(frozen=True)
class _Walk:
    """A way back from the output.

    Attributes:
        graph: That is walked.
        steps: Of layers that are done.
        last: The last step of each layer by its name; ``None`` while the layers before it are done.
    """

    graph: Graph
    steps: list[Step]
    last: dict[str, int | None]

    def visit(self, name: str) -> int:
        """Do a layer after all before it; returns the number of its last step."""
        if name not in self.last:
            self.last[name] = None
            layer = self.graph.layers[name]
            inputs = tuple(self.visit(before) for before in layer.inputs)
            self.last[name] = self._add(layer, inputs)
        found = self.last[name]
        if found is None:
            raise ForeignError(f"its layer '{name:.60}' goes on from itself")
        return found

    def _add(self, layer: Layer, inputs: tuple[int, ...]) -> int:
        if layer.kind == "Dropout" and len(inputs) == 1:  # which does nothing when a network predicts
            return inputs[0]
        settings = {name: _normal(name, layer.config) for name in SETTINGS[layer.kind]}
        kind, activation = layer.kind, layer.config.get("activation", LINEAR)
        if kind == "ReLU" and settings == PLAIN_RELU:
            kind, activation = ACTIVATION, "relu"
        if not isinstance(activation, str):
            raise ForeignError(f"the activation of its layer '{layer.name:.60}' is no name of one")
        if kind != ACTIVATION:
            self.steps.append(Step(kind, settings, inputs, layer))
            inputs = (len(self.steps) - 1,)
        if activation != LINEAR or kind == ACTIVATION:
            self.steps.append(Step(ACTIVATION, {"activation": activation}, inputs, layer))
        return len(self.steps) - 1


def _normal(name: str, config: Mapping[str, Any]) -> Any:
    """A setting in the form in which it is compared."""
    value = config.get(name)
    if name == "strides" and value is None:
        return _normal("pool_size", config)
    if name in PAIRS and isinstance(value, int):
        return (value, value)
    return tuple(value) if isinstance(value, list) else value
