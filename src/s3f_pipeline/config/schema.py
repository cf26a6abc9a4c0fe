"""The configuration, typed: what each key is, and what it may be.

Values live in ``conf/``; the models have no defaults of their own except where leaving a key out is
part of its meaning.
"""

import re
from collections.abc import Mapping
from itertools import product
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    create_model,
    field_validator,
    model_validator,
)

Protocol = Literal["patient_safe", "published"]
PROTOCOLS: tuple[Protocol, ...] = ("patient_safe", "published")
RESERVED_ENDINGS = ("_published", "_acquire", "_audit", "_compare")
Guarantee = Literal["patient", "lesion", "near_duplicate", "none"]


def parse_image_size(value: Any) -> Any:
    """Read ``64``, ``"384x512"`` (height x width) or ``[384, 512]`` as ``(height, width)``.

    Raises:
        ValueError: If the text is none of these.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return (value, value)
    if isinstance(value, str):
        match = re.fullmatch(r"(\d+)(?:x(\d+))?", value.strip())
        if match is None:
            raise ValueError("give one number for a square, or height x width such as 384x512")
        height, width = match.groups()
        return (int(height), int(width or height))
    return value


ImageSize = Annotated[tuple[PositiveInt, PositiveInt], BeforeValidator(parse_image_size)]


def _stays_inside(path: str) -> str:
    if not path or PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts or "\\" in path:
        raise ValueError("give a relative path with forward slashes and without '..'")
    return path


PathInside = Annotated[str, AfterValidator(_stays_inside)]


def _is_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", name):
        raise ValueError("a name has letters, digits, '_' and '-', and begins with a letter")
    if ending := next((ending for ending in RESERVED_ENDINGS if name.endswith(ending)), None):
        raise ValueError(f"names ending in {ending} are taken by pipelines")
    return name


Name = Annotated[str, AfterValidator(_is_name)]
Share = Annotated[float, Field(gt=0, lt=1)]


class Block(BaseModel):
    """A block of the configuration: frozen, and no key that it does not name."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class PhantomsConfig(Block):
    """How many phantoms are drawn for a demonstration.

    Attributes:
        images_per_class: Images of each class, by official split. A layout without official splits
            gets their sum, one with an official validation set a tenth of ``train`` on top.
        seed: Of the drawing; the same seed draws the same images.
    """

    images_per_class: dict[Literal["train", "test"], PositiveInt]
    seed: NonNegativeInt

    @field_validator("images_per_class")
    @classmethod
    def _both_splits(cls, counts: dict[str, int]) -> dict[str, int]:
        if missing := {"train", "test"} - set(counts):
            raise ValueError(f"images of '{missing.pop()}' are missing: train and test are needed")
        return counts


class IngestionConfig(Block):
    """How raw files become an index and an image store.

    Attributes:
        max_rejected_share: Share of unreadable files above which the run stops, in [0, 1].
        workers: Decoding threads, ``None`` for one per CPU core.
    """

    max_rejected_share: Annotated[float, Field(ge=0, le=1)]
    workers: PositiveInt | None


class TwinsConfig(Block):
    """What counts as a near-duplicate; see ``s3f_pipeline.splits.twins.TwinSettings``.

    Attributes:
        hash_radius: Most bits, 0 to 64, in which the perceptual hashes of candidates differ.
        tangent_similarity: Least tangent similarity of candidates, in [0, 1].
        local_similarity: Least similarity on pixels, in [-1, 1], that confirms a candidate.
    """

    hash_radius: Annotated[int, Field(ge=0, le=64)]
    tangent_similarity: Annotated[float, Field(ge=0, le=1)]
    local_similarity: Annotated[float, Field(ge=-1, le=1)]


class SplittingConfig(Block):
    """How groups and splits are made.

    Attributes:
        validation_share: Share of the training images that validate, in (0, 1).
        test_share: Share of all images that test where there is no official test set, in (0, 1).
        contradictory: What happens to training images of a group with more than one label.
        folds: Of the cross-validation that a run with ``fold`` is part of.
        seed: Of the split alone.
    """

    validation_share: Share
    test_share: Share
    contradictory: Literal["exclude", "keep"]
    folds: Annotated[int, Field(ge=2)]
    seed: NonNegativeInt


class AugmentationConfig(Block):
    """How training images are varied at random; see ``s3f_pipeline.training.augmentation.Augmentation``.

    Attributes:
        crop: Least share of the area that a random crop keeps before it is resized; 1 does not crop.
        flip: Mirror left and right, or both ways, every other time.
        rotation: Largest angle, in degrees.
        shift: Largest shift, as a share of the side.
        brightness: Largest relative change.
        spectral_mixing: Largest share of another training image's amplitude spectrum.
    """

    crop: Annotated[float, Field(gt=0, le=1)] = 1.0
    flip: Literal["none", "horizontal", "both"] = "none"
    rotation: Annotated[float, Field(ge=0, le=180)] = 0.0
    shift: Annotated[float, Field(ge=0, lt=1)] = 0.0
    brightness: Annotated[float, Field(ge=0, lt=1)] = 0.0
    spectral_mixing: Annotated[float, Field(ge=0, le=1)] = 0.0


class TrainingConfig(Block):
    """How a network is trained (published_values: S3F-Net notebooks).

    Attributes:
        learning_rate: Of Adam, at the start.
        batch_size: Images per step.
        epochs: At most this many passes over the training images.
        class_weights: ``balanced`` weights each class by n / (classes * n_class).
        selection_metric: Decides which epoch is kept; measured on the selection split.
        early_stopping_patience: Epochs without a better selection metric before training stops.
        learning_rate_schedule: ``plateau`` reduces the rate when the selection loss stalls; ``steps``
            after half and after three quarters of ``epochs``.
        reduce_lr_patience: Of ``plateau``: epochs without a lower selection loss.
        reduce_lr_factor: By which the learning rate is multiplied, in (0, 1).
        min_learning_rate: Of ``plateau``: the rate is never reduced below this.
        augmentation: How training images are varied.
        precision: Compute precision; ``auto`` takes bfloat16 where the hardware has it.
        distribution: ``auto`` and ``data_parallel`` spread batches over all devices of all processes, with
            JAX; ``data_parallel`` refuses other backends; ``none`` stays on one device.
        deterministic: Ask the backend for deterministic operations; ``auto`` does on the CPU.
    """

    learning_rate: PositiveFloat
    batch_size: PositiveInt
    epochs: PositiveInt
    class_weights: Literal["balanced", "none"]
    selection_metric: Literal["weighted_f1", "macro_f1", "positive_f1", "accuracy", "auc"]
    early_stopping_patience: PositiveInt
    learning_rate_schedule: Literal["plateau", "steps"]
    reduce_lr_patience: PositiveInt
    reduce_lr_factor: Share
    min_learning_rate: PositiveFloat
    augmentation: AugmentationConfig
    precision: Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"]
    distribution: Literal["auto", "none", "data_parallel"]
    deterministic: Literal["auto"] | bool


TrainingOverrides = create_model(
    "TrainingOverrides",
    __base__=Block,
    __doc__="Training keys that a cohort or a variant sets differently.",
    **{
        name: (field.rebuild_annotation() | None, None) for name, field in TrainingConfig.model_fields.items()
    },  # type: ignore[call-overload]
)


class VariantConfig(Block):
    """One network for which pipelines are built.

    Attributes:
        network: Name that ``s3f_pipeline.models.build_model`` knows.
        options: Further options of ``build_model``.
        training: Training keys that this network sets differently.
        published: Whether the network was published on the cohorts whose published protocol is not a
            benchmark's.
        published_training: Training keys of its publication, for the published protocol.
    """

    network: str
    options: dict[str, Any] = {}
    training: TrainingOverrides = TrainingOverrides()
    published: bool = False
    published_training: TrainingOverrides = TrainingOverrides()


class PublishedResult(Block):
    """One published row, as it stands beside ours in the report."""

    model: str
    accuracy: float | None = None
    macro_f1: float | None = None
    weighted_f1: float | None = None
    kappa: float | None = None
    mcc: float | None = None
    auc_macro: float | None = None
    loss: float | None = None
    note: str


class PublishedConfig(Block):
    """The protocol of the published work, and what came out of it.

    Attributes:
        benchmark: Whether the protocol is that of a benchmark, which any network can follow.
        split: ``official`` splits as they lie on disk; ``random`` cuts a test set of
            ``test_share`` by scikit-learn's ``train_test_split``, stratified, with ``split_seed``, from
            the images sorted by class and file name.
        test_share: Of ``random``.
        split_seed: Of ``random``.
        selection_split: Which split chose the epoch.
        needs: File in the raw folder without which the protocol cannot be followed.
        needs_from: Where a person finds that file.
        counts: Images per split and class in the published work; the class ``all`` stands for the sum of
            a split, the split ``none`` for images without an official one.
    """

    benchmark: bool = False
    split: Literal["official", "random"] = "official"
    test_share: Share = 0.2
    split_seed: NonNegativeInt = 42
    selection_split: Literal["validation", "test"]
    needs: str | None = None
    needs_from: str | None = None
    counts: dict[str, dict[str, NonNegativeInt]] = {}


class TableConfig(Block):
    """Which columns of a user's own table say what.

    Attributes:
        file: CSV or Parquet file in the raw folder.
        path: Column with the image's path, relative to the raw folder.
        label: Column with its class.
        patient: Column with a patient or lesion id, ``None`` where there is none.
        split: Column with ``train``, ``validation`` (or ``val``) or ``test``, ``None`` where there is none.
    """

    file: PathInside
    path: str = "path"
    label: str = "label"
    patient: str | None = None
    split: str | None = None


class DownloadConfig(Block):
    """Where the raw files can be fetched from.

    Attributes:
        kaggle: Handle of a Kaggle data set, ``owner/name``.
        files: Name in the raw folder -> URL of a single file, or ``doi:… <file name>`` of a Dataverse.
        md5: Name in the raw folder -> published MD5 checksum.
    """

    kaggle: str | None = None
    files: dict[str, str] = {}
    md5: dict[str, Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]] = {}


class CohortData(Block):
    """What index, image store and splits of a cohort depend on.

    Attributes:
        layout: How the cohort lies on disk, the name of a reader in ``s3f_pipeline.cohorts``.
        table: Of the layout ``table``.
        color: ``grey`` or ``rgb``.
        image_size: (height, width) in pixels.
        aspect: ``stretch`` to the image size, as published, or ``pad`` with black to keep the aspect
            ratio.
        window: Grey values of 16-bit and DICOM images that become black and white; ``None``: the window
            of the DICOM file, else the whole range of the bit depth.
        classes: Class names; their order is the order of the network's outputs.
        positive_class: The class that a sigmoid output stands for, ``None`` for softmax.
        guarantee: What a patient-safe split keeps on one side.
        official_validation: ``keep`` the official validation set of the data set, where it has one, or
            ``cut`` one anew from its training and validation images.
        published: The published protocol; without it there are no ``_published`` pipelines.
    """

    layout: Literal["brisc", "chest", "busi", "ham", "medmnist", "folders", "table"]
    table: TableConfig | None = None
    color: Literal["grey", "rgb"]
    image_size: ImageSize
    aspect: Literal["stretch", "pad"] = "stretch"
    window: tuple[float, float] | None = None
    classes: Annotated[tuple[str, ...], Field(min_length=2)]
    positive_class: str | None = None
    guarantee: Guarantee
    official_validation: Literal["keep", "cut"] = "keep"
    published: PublishedConfig | None = None

    @model_validator(mode="after")
    def _the_layout_table_has_a_table(self) -> Self:
        if (self.layout == "table") != (self.table is not None):
            raise ValueError("the layout 'table' needs a block 'table', and no other layout takes one")
        return self

    @field_validator("classes")
    @classmethod
    def _classes_differ(cls, classes: tuple[str, ...]) -> tuple[str, ...]:
        if twice := {name for name in classes if classes.count(name) > 1}:
            raise ValueError(f"classes are named twice: {', '.join(sorted(twice))}")
        return classes

    @model_validator(mode="after")
    def _window_rises(self) -> Self:
        if self.window is not None and self.window[0] >= self.window[1]:
            raise ValueError("window must be two grey values, the lower one first")
        return self

    @model_validator(mode="after")
    def _positive_class_is_a_class(self) -> Self:
        if self.positive_class is not None and (
            len(self.classes) != 2 or self.positive_class != self.classes[1]
        ):
            raise ValueError("positive_class must be the second of exactly two classes")
        return self

    @classmethod
    def from_named(cls, values: dict[str, Any]) -> tuple[str, Self]:
        """Read a block that carries the cohort's ``name``, as nodes receive it."""
        block = {key: value for key, value in values.items() if key != "name"}
        return values["name"], cls.model_validate(block)

    @property
    def channels(self) -> int:
        """Channels of a decoded image: 1 for grey, 3 for RGB."""
        return 1 if self.color == "grey" else 3


class CohortConfig(CohortData):
    """One medical image data set. A block needs a layout, a raw folder, a colour, a size and classes.

    Attributes:
        title: As it stands in reports; the cohort's name where it is left out.
        raw_folder: Folder below ``<data_root>/01_raw``.
        archive: Name of the zip file, without the ending; that of ``raw_folder`` where it is left out.
        inside: What of the archive becomes the raw folder: a folder, or a single file that is put into
            it; that of ``raw_folder`` where it is left out.
        download: Where the raw files can be fetched from.
        source: Where a person finds the data set.
        licence: Licence of the images.
        citation: Whom to cite.
        spectranet: The SpectraNet of the networks that have one in two forms.
        published_results: Published figures.
        training: Training keys that this cohort sets differently.
    """

    title: str
    raw_folder: PathInside
    archive: str
    inside: PathInside
    download: DownloadConfig = DownloadConfig()
    source: str = "your own images"
    licence: str = "not stated"
    citation: str = "none"
    spectranet: Literal["sn1", "sn2"] = "sn1"
    published_results: tuple[PublishedResult, ...] = ()
    training: TrainingOverrides = TrainingOverrides()

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, values: Any) -> Any:
        """Derive what a user leaves out from what is there."""
        if not isinstance(values, Mapping):
            return values
        folder, table = values.get("raw_folder"), values.get("table")
        has_patients = isinstance(table, Mapping) and table.get("patient") is not None
        derived = {
            "archive": folder,
            "inside": folder,
            "guarantee": "patient" if has_patients else "near_duplicate",
        }
        return {**derived, **{key: value for key, value in values.items() if value is not None}}


class Parameters(Block):
    """All of ``conf/<environment>/parameters*.yml`` and ``--params``."""

    seed: NonNegativeInt
    fold: NonNegativeInt | None
    force: bool
    image_size: ImageSize | None
    archives: str | None
    offline: bool
    phantoms: PhantomsConfig | None
    ingestion: IngestionConfig
    twins: TwinsConfig
    splitting: SplittingConfig
    training: TrainingConfig
    variants: dict[Name, VariantConfig]
    cohorts: dict[Name, CohortConfig]

    @model_validator(mode="before")
    @classmethod
    def _title_cohorts(cls, values: dict[str, Any]) -> dict[str, Any]:
        cohorts = {
            name: {"title": name, **block} if isinstance(block, Mapping) else block
            for name, block in values.get("cohorts", {}).items()
        }
        return {**values, "cohorts": cohorts}

    @model_validator(mode="after")
    def _every_pipeline_has_its_own_name(self) -> Self:
        pairs: dict[str, tuple[str, str]] = {}
        for cohort, variant in product(self.cohorts, self.variants):
            first = pairs.setdefault(f"{cohort}_{variant}", (cohort, variant))
            if first != (cohort, variant):
                raise ValueError(
                    f"{cohort} with {variant} and {first[0]} with {first[1]} would both be the pipeline "
                    f"{cohort}_{variant}: rename one"
                )
        return self

    @model_validator(mode="after")
    def _fold_is_one_of_the_folds(self) -> Self:
        if self.fold is not None and self.fold >= self.splitting.folds:
            raise ValueError(
                f"fold {self.fold} is not one of the {self.splitting.folds} folds, which are numbered from 0"
            )
        return self


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
        guarantee: What the split keeps on one side; ``none`` under the published protocol.
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
    guarantee: Guarantee
    selection_split: Literal["validation", "test"]
    training: TrainingConfig
    seed: NonNegativeInt
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
    def selected_on_test(self) -> bool:
        """Whether the published protocol chose the epoch on the test set."""
        return self.selection_split == "test"
