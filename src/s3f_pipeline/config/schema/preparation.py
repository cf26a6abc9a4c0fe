"""How images are prepared: phantoms, ingestion, near-duplicates, splits."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, field_validator

from s3f_pipeline.config.schema.fields import Block, Seed, Share


class PhantomsConfig(Block):
    """How many phantoms are drawn for a demonstration.

    Attributes:
        images_per_class: Images of each class, by official split. A layout without official splits
            gets their sum, one with an official validation set a tenth of ``train`` on top.
        seed: Of the drawing; the same seed draws the same images.
    """

    images_per_class: dict[Literal["train", "test"], Annotated[int, Field(gt=0, le=100_000)]]
    seed: Seed

    @field_validator("images_per_class")
    @classmethod
    def _both_splits(cls, counts: dict[str, int]) -> dict[str, int]:
        if missing := {"train", "test"} - set(counts):
            raise ValueError(f"images of '{missing.pop()}' are missing: train and test are needed")
        return counts


class AcquisitionConfig(Block):
    """Where a run gets raw files.

    Attributes:
        archives: Folder with zip files, ``None`` for none.
        offline: Never download.
        phantoms: Drawn in place of real images; ``None`` outside of the demonstration.
    """

    archives: str | None
    offline: bool
    phantoms: PhantomsConfig | None


class IngestionConfig(Block):
    """How raw files become an index and an image store.

    Attributes:
        max_rejected_share: Share of unreadable files above which the run stops, in [0, 1].
        workers: Decoding threads, ``None`` for one per CPU core.
        max_megapixels: Millions of pixels of one file, all frames together, above which it is refused before
            anything of it is decoded.
    """

    max_rejected_share: Annotated[float, Field(ge=0, le=1)]
    workers: Annotated[int, Field(gt=0, le=1024)] | None
    max_megapixels: Annotated[float, Field(gt=0, le=4096, allow_inf_nan=False)] = 64


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
    folds: Annotated[int, Field(ge=2, le=1000)]
    seed: Seed


class LeakageEffectConfig(Block):
    """Which leak the protocols ``leak_free`` and ``leaking`` differ in.

    Attributes:
        leak: ``twins`` of test images, all images of their ``subject`` (patient or lesion), or ``auto``:
            subjects where any are known, else twins.
    """

    leak: Literal["auto", "twins", "subject"]


class SplittingOfRun(SplittingConfig):
    """How the splits of one run are made.

    Attributes:
        fold: Of the cross-validation, ``None`` outside of one.
    """

    fold: NonNegativeInt | None
