"""The room that training a network takes, from the shapes of its layers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

BYTES = 4
"""Of a float32."""
COPIES = 8
"""Of the parameters: weights, gradients, two moments of Adam, the kept epoch, and three of the last state."""


@dataclass(frozen=True)
class Room:
    """What training needs room for.

    Attributes:
        disk: Bytes of the files that stay.
        memory: Bytes of weights, gradients, optimizer state, copies and activations, on each device.
    """

    disk: int
    memory: int


def room_needed(layers: Sequence[Mapping[str, Any]], *, batch_size: int, devices: int) -> Room:
    """Estimate the room that training needs, without computing anything.

    Args:
        layers: ``output_shape`` (batch first) and ``parameters`` of each layer, as ``summarise`` lists them.
        batch_size: Images per step, over all devices.
        devices: Over which batches are spread.
    """
    parameters = sum(layer["parameters"] for layer in layers)
    activations = sum(prod(layer["output_shape"][1:]) for layer in layers)
    share = max(1, batch_size // devices)
    return Room(BYTES * parameters, BYTES * (COPIES * parameters + 2 * share * activations))
