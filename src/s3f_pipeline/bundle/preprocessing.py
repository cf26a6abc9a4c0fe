"""``preprocessing.json``: from a raw image to what a network takes, and from its outputs to decisions."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar, Never, Self

from s3f_pipeline.errors import BundleError
from s3f_pipeline.results.decoding import DecodingError, decode
from s3f_pipeline.results.metrics import Guarantee

VERSION_KEY = "schema_version"
AREA = "area"
COLORS = ("grey", "rgb")
ASPECTS = ("stretch", "pad")
LARGEST_SIDE = 4096


@dataclass(frozen=True)
class InputFormat:
    """How a raw image becomes the input of the network: values in [0, 1], the pixels divided by 255.

    Attributes:
        color: ``grey`` or ``rgb``.
        image_size: (height, width) in pixels.
        aspect: ``stretch`` to the image size, or ``pad`` with black.
        window: Values of images of more than 8 bits that become black and white; ``None``: the window of the
            DICOM file, else the whole range of the bit depth.
        resampling: Always ``area``.
    """

    color: str
    image_size: tuple[int, int]
    aspect: str
    window: tuple[float, float] | None
    resampling: str = AREA

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, channels)."""
        return (*self.image_size, 1 if self.color == "grey" else 3)


@dataclass(frozen=True)
class ConformalCutoffs:
    """Sets of classes that hold the true one at a promised rate, see ``evaluation.conformal``.

    Attributes:
        level: Promised rate.
        marginal: Highest 1 - p of a class in the set, by class; ``None``: it is in every set.
        by_class: Likewise, where the promise is of each class.
        cautions: What speaks against the promise.
    """

    level: float
    marginal: Mapping[str, float | None]
    by_class: Mapping[str, float | None]
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decisions:
    """What was decided on the validation images; ``None`` where there were none.

    Attributes:
        temperature: Of the calibrated probabilities, see ``evaluation.temperature``.
        threshold: Probability of the positive class from which on an image is called positive.
        conformal: Of the probabilities as predicted.
    """

    temperature: float | None
    threshold: float | None
    conformal: ConformalCutoffs | None


@dataclass(frozen=True)
class ReferenceFacts:
    """With what new images are compared, see ``bundle.references`` and ``bundle.likeness``.

    Attributes:
        training_images: Of the training split.
        images: Of these, whose feature vectors are kept.
        features: Length of a feature vector.
        neighbours: The distance to which nearest of them is the out-of-distribution score.
        flagged_from: Score above which an image is flagged; ``None``: too few validation images.
        flagged_share: Share of images like the validation images that is flagged at most.
        twin_bits: Bits by which the hash of an image may differ from that of a training image to be flagged
            as its twin; ``None``: the hashes of these images do not tell twins from others.
        twin_share: Share of validation images that is flagged so.
        grey_levels: Share of the pixels of training images in each of equally wide bands of grey.
        grey_distance: Of the validation images from the training images, in grey levels.
    """

    training_images: int
    images: int
    features: int
    neighbours: int
    flagged_from: float | None
    flagged_share: float
    twin_bits: int | None
    twin_share: float | None
    grey_levels: tuple[float, ...]
    grey_distance: float | None


@dataclass(frozen=True)
class TrainedOn:
    """Which run of which experiment it was.

    Attributes:
        cohort: Name.
        title: Of the cohort.
        guarantee: What the split keeps apart.
        selection_split: Which split chose the epoch.
        synthetic: Whether the images are phantoms.
        modes: Training images by channels and bit depth of their files, such as ``grey 8-bit``.
        licence: Of the images.
        citation: Whom to cite.
        source: Where the images are from.
        git_commit: Of the code.
        versions: Of packages.
        imported: Where the network is from, if it was trained elsewhere; a sentence.
    """

    cohort: str
    title: str
    protocol: str
    variant: str
    seed: int
    fold: int | None
    splits_hash: str
    data_hash: str
    guarantee: Guarantee
    selection_split: str
    selected_on_test: bool
    synthetic: bool
    modes: Mapping[str, int]
    licence: str
    citation: str
    source: str
    git_commit: str
    versions: Mapping[str, str]
    imported: str | None = None


@dataclass(frozen=True)
class Preprocessing:
    """Content of ``preprocessing.json``.

    Attributes:
        VERSION: Of the fields.
        name: Of the experiment, such as ``brisc_bilinear``.
        network: Name for ``build_model``.
        precision: Keras' policy.
        input: From a raw image to the input.
        classes: In the order of the outputs.
        class_titles: Of classes that pages call by another name.
        positive_class: What a sigmoid output stands for, ``None`` for softmax.
        decisions: From probabilities to decisions.
        references: What new images are compared with.
        trained_on: Where the network is from.
    """

    VERSION: ClassVar[int] = 1

    name: str
    network: str
    precision: str
    input: InputFormat
    classes: tuple[str, ...]
    class_titles: Mapping[str, str]
    positive_class: str | None
    decisions: Decisions
    references: ReferenceFacts
    trained_on: TrainedOn

    @property
    def outputs(self) -> int:
        """Units of the head: 1 for a sigmoid, else the number of classes."""
        return 1 if self.positive_class else len(self.classes)

    def to_json(self) -> bytes:
        """Content of the file."""
        content = {VERSION_KEY: self.VERSION, **asdict(self)}
        return (json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the file.

        Raises:
            BundleError: If it is missing, damaged, of a version that cannot be read, or contradicts itself.
        """
        try:
            content = json.loads(path.read_bytes(), parse_constant=_refuse_constant)
        except OSError as error:
            raise BundleError(f"{path} cannot be read: {error.strerror}. Get the bundle again.") from error
        except (ValueError, RecursionError) as error:
            raise BundleError(f"{path} is damaged: it is no JSON. Get the bundle again.") from error
        version = content.get(VERSION_KEY) if isinstance(content, dict) else None
        if version != cls.VERSION:
            newer = isinstance(version, int) and version > cls.VERSION
            how = "Install the release that wrote it" if newer else "Get a bundle of this release"
            raise BundleError(
                f"{path} has schema version {version}, and this release reads {cls.VERSION}. {how}."
            )
        try:
            found: Self = decode(cls, content)
        except DecodingError as error:
            raise BundleError(f"{path} is damaged: {error}. Get the bundle again.") from error
        if problem := found.problem():
            raise BundleError(f"{path} contradicts itself: {problem}. Get the bundle again.")
        return found

    def problem(self) -> str | None:
        """Say what cannot be, ``None`` if nothing."""
        shape, decisions = self.input, self.decisions
        height, width = shape.image_size
        sets = [decisions.conformal.marginal, decisions.conformal.by_class] if decisions.conformal else []
        checks: dict[str, bool] = {
            f"color is '{shape.color}'": shape.color in COLORS,
            f"aspect is '{shape.aspect}'": shape.aspect in ASPECTS,
            f"resampling is '{shape.resampling}'": shape.resampling == AREA,
            f"image_size is {height}x{width}": 0 < height <= LARGEST_SIDE and 0 < width <= LARGEST_SIDE,
            "classes are fewer than two, or named twice": len(set(self.classes)) == len(self.classes) >= 2,
            "positive_class is not the second of two classes": self.positive_class is None
            or (len(self.classes) == 2 and self.positive_class == self.classes[1]),
            "conformal sets are of other classes": all(set(one) == set(self.classes) for one in sets),
            f"temperature is {decisions.temperature}": (decisions.temperature or 1.0) > 0,
            f"threshold is {decisions.threshold}": 0 <= (decisions.threshold or 0.0) <= 1,
            "grey_levels are none": len(self.references.grey_levels) > 0,
        }
        return next((problem for problem, holds in checks.items() if not holds), None)


def _refuse_constant(name: str) -> Never:
    raise ValueError(name)
