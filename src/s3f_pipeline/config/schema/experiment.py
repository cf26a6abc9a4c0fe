"""One experiment."""

from typing import Any, Literal

from pydantic import NonNegativeInt, PositiveInt

from s3f_pipeline.config.schema.fields import Block, ImageSize, Protocol, Seed
from s3f_pipeline.recipe import TrainingSettings


class ExperimentConfig(Block):
    """Everything that a trained network depends on: cohort x protocol x variant x seed.

    Attributes:
        cohort: Name of the cohort.
        protocol: How data is split and the epoch chosen.
        variant: Name of the variant.
        network: Name for ``build_model``.
        options: Further options of ``build_model``.
        classes: Class names in the order of the outputs.
        positive_class: What a sigmoid output stands for, ``None`` for softmax.
        image_size: (height, width) in pixels.
        channels: 1 for grey, 3 for RGB.
        selection_split: The split on which the epoch is chosen.
        training: How the network is trained.
        seed: Of weights, dropout and batch order.
        fold: Of the cross-validation, ``None`` outside of one.
    """

    cohort: str
    protocol: Protocol
    variant: str
    network: str
    options: dict[str, Any]
    classes: tuple[str, ...]
    positive_class: str | None
    image_size: ImageSize
    channels: PositiveInt
    selection_split: Literal["validation", "test"]
    training: TrainingSettings
    seed: Seed
    fold: NonNegativeInt | None

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of the network's input."""
        return (*self.image_size, self.channels)

    @property
    def outputs(self) -> int:
        """Units of the head: 1 for a sigmoid, else the number of classes."""
        return 1 if self.positive_class else len(self.classes)

    @property
    def leaks_by_design(self) -> bool:
        """Whether groups may stand on two sides, because the protocol is about splits that leak."""
        return self.protocol in ("published", "leaking")

    @property
    def selected_on_test(self) -> bool:
        """Whether the published protocol chose the epoch on the test set."""
        return self.selection_split == "test"


class ExperimentLabels(Block):
    """What reports call an experiment, and say about it; no result depends on it.

    Attributes:
        network_title: Name of the network.
        network_note: What a reader must know about it.
        protocol_title: Name of the protocol, with whose it is.
        class_titles: Of classes that pages and plots call by another name than tables.
    """

    network_title: str
    network_note: str
    protocol_title: str
    class_titles: dict[str, str]
