"""Cohorts: where images are, what is known of them, and what was published on them."""

import math
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, NonNegativeInt, field_validator, model_validator
from pydantic.json_schema import SkipJsonSchema

from s3f_pipeline.comparison.settings import Claim
from s3f_pipeline.config.schema.card import CohortCard
from s3f_pipeline.config.schema.evaluation import CohortUse
from s3f_pipeline.config.schema.fields import Block, ClassName, ImageSize, Name, PathInside, Seed, Share
from s3f_pipeline.config.schema.table import PatientPattern, TableColumns
from s3f_pipeline.config.schema.training import TrainingOverrides
from s3f_pipeline.layouts import CLASS_FOLDERS, require_layout
from s3f_pipeline.recipe import Flip


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
        work: Whose protocol it is, as reports call it.
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

    work: str
    benchmark: bool = False
    split: Literal["official", "random"] = "official"
    test_share: Share = 0.2
    split_seed: Seed = 42
    selection_split: Literal["validation", "test"]
    needs: PathInside | None = None
    needs_from: str | None = None
    counts: dict[str, dict[ClassName, NonNegativeInt]] = {}


class LinkConfig(Block):
    """Another cohort that shows the same pictures and knows more of them.

    ``<cohort>_link_patients`` finds who is who and writes a table; ingestion takes over what the table says.

    Attributes:
        to: Name of the other cohort's block.
        table: CSV or Parquet file in the raw folder, else among those that ship with this package; ``None``
            before there is one.
        least_correlation: Least correlation of two thumbnails of one picture, in (0, 1).
        margin: By how much images of every other subject must correlate less, in (0, 1).
    """

    to: str
    table: PathInside | None = None
    least_correlation: Share = 0.98
    margin: Share = 0.02


class DownloadConfig(Block):
    """Where the raw files can be fetched from.

    Attributes:
        kaggle: Handle of a Kaggle data set, ``owner/name``.
        figshare: DOI of a figshare data set, all of whose files are wanted; zip files are unpacked.
        files: Name in the raw folder -> URL of a single file, or ``doi:… <file name>`` of a Dataverse.
        md5: Name in the raw folder -> published MD5 checksum.
    """

    kaggle: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+/[A-Za-z0-9_-]+(/versions/\d+)?$")] | None = None
    figshare: Annotated[str, Field(pattern=r"figshare\.\d+(\.v\d+)?$")] | None = None
    files: dict[PathInside, str] = {}
    md5: dict[PathInside, Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]] = {}


class GroupingConfig(Block):
    """What else holds images together, beside subjects and twins.

    Attributes:
        sequence: Files of a run: as many consecutive files of one naming pattern stay on one side.
        number: Which of the numbers (or words) that vary in names orders the files first; the audit says if
            it should be another one than the first.
        classes: Classes whose files are cut into runs, ``None`` for all.
    """

    sequence: Annotated[int, Field(ge=2)]
    number: Annotated[int, Field(ge=1)] = 1
    classes: tuple[ClassName, ...] | None = None


class ImageStoreConfig(Block):
    """What the image store of a cohort depends on, beside its index.

    Attributes:
        image_size: (height, width) in pixels.
        aspect: ``stretch`` to the image size, as published, or ``pad`` with black to keep the aspect
            ratio.
        color: ``grey`` or ``rgb``.
        window: Grey values of 16-bit and DICOM images that become black and white; ``None``: the window
            of the DICOM file, else the whole range of the bit depth.
    """

    image_size: ImageSize
    aspect: Literal["stretch", "pad"] = "stretch"
    color: Literal["grey", "rgb"]
    window: tuple[float, float] | None = None


class CohortData(Block):
    """What index and splits of a cohort depend on.

    Attributes:
        name: The key of the block.
        layout: How the cohort lies on disk, one of ``s3f_pipeline.layouts.LAYOUTS``.
        table: Of the layout ``table``.
        patient_pattern: Of the layout ``folders``: regular expression of a file's path below the folder of
            its class, whose one group names the patient.
        color: As of ``ImageStoreConfig``.
        window: As of ``ImageStoreConfig``.
        classes: Class names; their order is the order of the network's outputs.
        positive_class: The class that a sigmoid output stands for, ``None`` for softmax.
        subject: What the ids of the data set name, a patient or a lesion.
        caution: What sets the files apart from the published ones, a sentence for log and ``quality.json``.
        header_patients: ``use`` the patient ids in the headers of DICOM files, hashed, to keep images of one
            patient together, or ``ignore`` them. Of the layouts ``folders`` and ``table``; others have no
            DICOM files.
        link: Another cohort from which subjects are known.
        grouping: Runs of files whose images stay together where their subject is not known.
        official_test: ``keep`` the official test set of the data set, where it has one, or ``cut`` one anew
            from all its images.
        official_validation: ``keep`` the official validation set of the data set, where it has one, or
            ``cut`` one anew from its training and validation images.
        published: The published protocol; without it there are no ``_published`` pipelines.
    """

    name: SkipJsonSchema[str]
    layout: Annotated[str, AfterValidator(require_layout)]
    table: TableColumns | None = None
    patient_pattern: PatientPattern | None = None
    color: Literal["grey", "rgb"]
    window: tuple[float, float] | None = None
    classes: Annotated[tuple[ClassName, ...], Field(min_length=2)]
    positive_class: ClassName | None = None
    subject: Literal["patient", "lesion"] = "patient"
    caution: str | None = None
    header_patients: Literal["use", "ignore"] = "use"
    link: LinkConfig | None = None
    grouping: GroupingConfig | None = None
    official_test: Literal["keep", "cut"] = "keep"
    official_validation: Literal["keep", "cut"] = "keep"
    published: PublishedConfig | None = None

    @model_validator(mode="after")
    def _the_layout_table_has_a_table(self) -> Self:
        if (self.layout == "table") != (self.table is not None):
            raise ValueError("the layout 'table' needs a block 'table', and no other layout takes one")
        return self

    @model_validator(mode="after")
    def _the_layout_folders_has_a_pattern(self) -> Self:
        if self.patient_pattern is not None and self.layout != "folders":
            raise ValueError(
                "patient_pattern is of the layout 'folders'; for the layout 'table' put it into 'table'"
            )
        return self

    @field_validator("classes")
    @classmethod
    def _classes_differ(cls, classes: tuple[str, ...]) -> tuple[str, ...]:
        if twice := {name for name in classes if classes.count(name) > 1}:
            raise ValueError(f"classes are named twice: {', '.join(sorted(twice))}")
        return classes

    @model_validator(mode="after")
    def _classes_can_be_folders(self) -> Self:
        if self.layout in CLASS_FOLDERS:
            for name in self.classes:
                if "/" in name or not name.strip(". "):
                    raise ValueError(f"classes has '{name}', which cannot be the name of a folder")
        return self

    @model_validator(mode="after")
    def _grouping_names_classes(self) -> Self:
        named = self.grouping.classes if self.grouping and self.grouping.classes else ()
        if unknown := set(named) - set(self.classes):
            raise ValueError(f"grouping.classes names no class: {', '.join(sorted(unknown))}")
        return self

    @model_validator(mode="after")
    def _window_rises(self) -> Self:
        if self.window is not None and not -math.inf < self.window[0] < self.window[1] < math.inf:
            raise ValueError("window must be two finite grey values, the lower one first")
        return self

    @model_validator(mode="after")
    def _positive_class_is_a_class(self) -> Self:
        if self.positive_class is not None and (
            len(self.classes) != 2 or self.positive_class != self.classes[1]
        ):
            raise ValueError("positive_class must be the second of exactly two classes")
        return self

    @property
    def reads_header_patients(self) -> bool:
        """Whether ingestion needs the secret under which patient ids are hashed."""
        return self.header_patients == "use" and self.layout in ("folders", "table")

    @property
    def channels(self) -> int:
        """Channels of a decoded image: 1 for grey, 3 for RGB."""
        return 1 if self.color == "grey" else 3


class CohortFacts(CohortData):
    """Where the images are from, and what reports say about them.

    Attributes:
        title: As it stands in reports; the cohort's name where it is left out.
        raw_folder: Folder below ``<data_root>/01_raw``, such as ``brisc2025`` or ``ours/2024``.
        archive: Name of the zip file, without the ending; the last part of ``raw_folder`` where it is left
            out.
        inside: What of the archive becomes the raw folder: a folder, or a single file that is put into
            it; the last part of ``raw_folder`` where it is left out.
        download: Where the raw files can be fetched from.
        source: Where a person finds the data set.
        licence: Licence of the images.
        citation: Whom to cite.
        card: What is known of patients, images and labels; reports and checklists quote it.
        class_titles: What pages and plots call classes whose names are not fit to read; files, tables and
            keys keep the names.
        published_results: Published figures.
        kin: The cohort whose patients these are, where there is another one; a leaderboard counts them once.
        published_claims: That one network is better than another; a comparison judges them.
    """

    title: str
    raw_folder: PathInside
    archive: PathInside
    inside: PathInside
    download: DownloadConfig = DownloadConfig()
    source: str = "your own images"
    licence: str = "not stated"
    citation: str = "none"
    card: CohortCard = CohortCard()
    class_titles: dict[ClassName, str] = {}
    published_results: tuple[PublishedResult, ...] = ()
    kin: Name | None = None
    published_claims: tuple[Claim, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, values: Any) -> Any:
        """Derive what a user leaves out from what is there."""
        if not isinstance(values, Mapping):
            return values
        folder = values.get("raw_folder")
        name = PurePosixPath(folder).name if isinstance(folder, str) else folder
        derived = {"archive": name, "inside": name}
        return {**derived, **{key: value for key, value in values.items() if value is not None}}

    @model_validator(mode="after")
    def _titles_tell_classes_apart(self) -> Self:
        if unknown := set(self.class_titles) - set(self.classes):
            raise ValueError(f"class_titles names no class: {', '.join(sorted(unknown))}")
        titles = [self.class_titles.get(name, name) for name in self.classes]
        if twice := {title for title in titles if titles.count(title) > 1}:
            raise ValueError(f"class_titles calls two classes by one name: {', '.join(sorted(twice))}")
        return self


class CohortConfig(CohortUse, CohortFacts):
    """One medical image data set. A block needs a layout, a raw folder, a colour, a size and classes.

    Attributes:
        image_size: As of ``ImageStoreConfig``.
        aspect: As of ``ImageStoreConfig``.
        spectranet: The SpectraNet of the networks that have one in two forms, as published for the cohort.
        flips: Mirror images that could be images of the cohort, and would have the same label.
        training: Training keys that this cohort sets differently.
        published_training: Training keys of the benchmark that it belongs to, for the published protocol.
    """

    image_size: ImageSize
    aspect: Literal["stretch", "pad"] = "stretch"
    spectranet: Literal["sn1", "sn2"] = "sn1"
    flips: Flip = "none"
    training: TrainingOverrides = TrainingOverrides()
    published_training: TrainingOverrides = TrainingOverrides()

    @model_validator(mode="after")
    def _decisions_are_about_a_class(self) -> Self:
        if self.prevalence is not None and self.positive_class is None:
            raise ValueError("prevalence and thresholds are those of a positive_class, and there is none")
        return self


class Cohorts(Block):
    """Cohorts by name; one without a title is called by its name."""

    cohorts: dict[Name, CohortConfig]

    @model_validator(mode="before")
    @classmethod
    def _name_cohorts(cls, values: dict[str, Any]) -> dict[str, Any]:
        blocks = values["cohorts"]
        if not isinstance(blocks, Mapping):
            return values
        for name, block in blocks.items():
            if isinstance(block, Mapping) and "name" in block:
                raise ValueError(
                    f"cohorts.{name} has a key 'name': its name is {name}; leave it out, or say title"
                )
        named = {
            name: {"title": name, **block, "name": name} if isinstance(block, Mapping) else block
            for name, block in blocks.items()
        }
        return {"cohorts": named}
