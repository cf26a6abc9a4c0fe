"""From what an experiment has written to the files of its bundle."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from s3f_pipeline.bundle.card import write_card, write_licence
from s3f_pipeline.bundle.collecting import collect_references
from s3f_pipeline.bundle.contents import CARD, LICENCE, PREPROCESSING
from s3f_pipeline.bundle.example import Example, drawn_pattern
from s3f_pipeline.bundle.network import FeatureNetwork
from s3f_pipeline.bundle.preprocessing import (
    ConformalCutoffs,
    Decisions,
    InputFormat,
    Preprocessing,
    TrainedOn,
)
from s3f_pipeline.results.metrics import Metrics
from s3f_pipeline.results.training import TrainingFacts
from s3f_pipeline.results.uncertainty import SetFigures

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Description:
    """What the configuration says of an experiment.

    Attributes:
        name: Of its pipeline.
        network: Name for ``build_model``.
        input: How raw images become inputs.
        class_titles: Of classes that pages call by another name.
        positive_class: ``None`` for softmax.
        title: Of the cohort.
        licence: Of its images.
        citation: Whom to cite.
        source: Where the images are from.
        card: What is known of patients, images and labels, see ``card.FACTS``.
    """

    name: str
    network: str
    input: InputFormat
    class_titles: Mapping[str, str]
    positive_class: str | None
    title: str
    licence: str
    citation: str
    source: str
    card: Mapping[str, str | None]


@dataclass(frozen=True)
class Pixels:
    """The images of an experiment.

    Attributes:
        images: Image store, uint8 (N, H, W, C).
        thumbnails: uint8 (N, T, T).
        training: Rows of the training images.
        validation: Rows of the validation images.
        modes: Training images by channels and bit depth of their files.
    """

    images: NDArray[np.uint8]
    thumbnails: NDArray[np.uint8]
    training: NDArray[np.int64]
    validation: NDArray[np.int64]
    modes: Mapping[str, int]


def make_bundle(
    model: "keras.Model", pixels: Pixels, described: Description, training: TrainingFacts, metrics: Metrics
) -> dict[str, bytes]:
    """Make the files of a bundle but for the network and the checksums.

    Args:
        model: The trained network.
        pixels: What it was trained and validated on.
        described: By the configuration.
        training: How it was trained.
        metrics: What it comes to, and what was decided on validation.

    Returns:
        Content by path in the folder.
    """
    network = FeatureNetwork(model)
    references, facts = collect_references(
        network, pixels.images, pixels.thumbnails, pixels.training, pixels.validation
    )
    says = Preprocessing(
        name=described.name,
        network=described.network,
        precision=training.precision,
        input=described.input,
        classes=training.classes,
        class_titles=dict(described.class_titles),
        positive_class=described.positive_class,
        decisions=_decisions(metrics),
        references=facts,
        trained_on=_trained_on(described, pixels.modes, training, metrics),
    )
    image = pixels.images[pixels.training[0]] if metrics.synthetic else drawn_pattern(says.input.shape)
    expected = network(image[None]).probabilities[0]
    example = Example(image, dict(zip(says.classes, expected.tolist(), strict=True)))
    return {
        PREPROCESSING: says.to_json(),
        CARD: write_card(says, metrics, described.card).encode(),
        LICENCE: write_licence(says).encode(),
        **references.files(),
        **example.files(),
    }


def _decisions(metrics: Metrics) -> Decisions:
    """What was decided on validation, as the metrics have it."""
    point, sets = metrics.operating_point, metrics.conformal
    return Decisions(
        temperature=metrics.calibration.temperature,
        threshold=point.threshold if point else None,
        conformal=ConformalCutoffs(
            sets.level, _cutoffs(sets.marginal), _cutoffs(sets.by_class), sets.cautions
        )
        if sets
        else None,
    )


def _cutoffs(sets: SetFigures) -> dict[str, float | None]:
    return {name: figures.cutoff for name, figures in sets.per_class.items()}


def _trained_on(
    described: Description, modes: Mapping[str, int], training: TrainingFacts, metrics: Metrics
) -> TrainedOn:
    of_training = ("cohort", "protocol", "variant", "seed", "fold", "splits_hash", "data_hash", "guarantee",
                   "selection_split", "selected_on_test", "git_commit", "versions")  # fmt: skip
    of_cohort = ("title", "licence", "citation", "source")
    return TrainedOn(
        **{name: getattr(training, name) for name in of_training},
        **{name: getattr(described, name) for name in of_cohort},
        synthetic=metrics.synthetic,
        modes=dict(modes),
        imported=_imported(training),
    )


def _imported(training: TrainingFacts) -> str | None:
    """Say where a network is from that was trained elsewhere."""
    if (origin := training.imported) is None:
        return None
    return (
        f"Trained elsewhere: the weights are those of {origin.file} (SHA-256 {origin.sha256}, Keras "
        f"{origin.keras_version}). Its training images may be among the test images here, and what is called "
        f"training images here are those of this project's split."
    )
