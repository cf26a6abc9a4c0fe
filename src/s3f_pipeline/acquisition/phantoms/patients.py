"""Patients of whom two data sets show slices, as BRISC and the Cheng set do.

Both draw the same slices of the same patients. One of them shuffles them over an official training and test
set, mirrors some, and knows no patients.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal
from zlib import crc32

import numpy as np

from s3f_pipeline.acquisition.phantoms.cases import TWIN_SHARE
from s3f_pipeline.acquisition.phantoms.scenes.heads import PLANES, draw_head
from s3f_pipeline.config.schema import PhantomsConfig

HEALTHY = "no_tumor"
"""Class of heads that no other data set shows: each of a patient of its own."""
SLICES = 4
"""Of one patient."""
UNKNOWN_EVERY = 4
"""Of so many patients one is in the first data set alone."""
MIRRORED_EVERY = 3
"""Of so many patients one has a slice twice, once mirrored."""


@dataclass(frozen=True)
class Slice:
    """One slice of a patient.

    Attributes:
        label: Class of the patient.
        patient: Number of the patient within the class, from 0.
        number: Of the slice, from 0.
    """

    label: str
    patient: int
    number: int

    @property
    def plane(self) -> str:
        """The plane of all slices of the patient, one of ``PLANES``."""
        return PLANES[self.patient % len(PLANES)]

    @property
    def is_known(self) -> bool:
        """Whether the second data set has the patient."""
        return self.label != HEALTHY and self.patient % UNKNOWN_EVERY != UNKNOWN_EVERY - 1

    @property
    def subject(self) -> str:
        """Name of the patient."""
        return f"{self.label[:2].upper()}{self.patient:05d}"


@dataclass(frozen=True)
class Image:
    """One image of the first data set.

    Attributes:
        split: Its official split.
        shows: What it shows.
        kind: A ``drawing`` of its own, the ``mirrored`` image of another, or a re-encoded ``copy``.
        of: Position of the image that it is made from, among those of its class.
    """

    split: Literal["train", "test"]
    shows: Slice
    kind: Literal["drawing", "mirrored", "copy"] = "drawing"
    of: int | None = None


def plan_images(label: str, config: PhantomsConfig) -> list[Image]:
    """Plan the images of a class, patient by patient; test images are dealt evenly among them.

    The first test images are copies of training images of other patients, and stand for them.
    """
    tests, count = config.images_per_class["test"], sum(config.images_per_class.values())
    images: list[Image] = []
    for position in range(count):
        is_test = (position + 1) * tests // count > position * tests // count
        patient, number = (position, 0) if label == HEALTHY else divmod(position, SLICES)
        images.append(Image("test" if is_test else "train", Slice(label, patient, number)))
    for last in _last_slices(images):
        first = last - images[last].shows.number
        if images[last].shows.patient % MIRRORED_EVERY == 1 and first != last:
            images[last] = replace(images[last], shows=images[first].shows, kind="mirrored", of=first)
    taken = {image.of for image in images}
    own = [i for i, image in enumerate(images) if image.kind == "drawing" and i not in taken]
    sources = [position for position in own if images[position].split == "train"]
    targets = [position for position in own if images[position].split == "test"]
    copies = max(1, round(TWIN_SHARE * tests))
    for source, target in zip(reversed(sources), targets[:copies], strict=False):
        images[target] = replace(images[target], shows=images[source].shows, kind="copy", of=source)
    return images


def known_slices(label: str, config: PhantomsConfig) -> list[Slice]:
    """All slices of a class that the second data set shows."""
    shown = {image.shows for image in plan_images(label, config) if image.shows.is_known}
    return sorted(shown, key=lambda slice_: (slice_.patient, slice_.number))


def draw_slice(slice_: Slice, seed: int) -> np.ndarray:
    """Draw a slice, uint8 of shape (H, W); the same slice and seed give the same image."""
    of_patient = [seed, crc32(slice_.label.encode()), slice_.patient]
    return draw_head(
        slice_.label,
        slice_.plane,
        np.random.default_rng(of_patient),
        np.random.default_rng([*of_patient, slice_.number]),
    )


def _last_slices(images: Sequence[Image]) -> list[int]:
    """Positions of the last image of each patient."""
    patients = [image.shows.patient for image in images]
    return [i for i, patient in enumerate(patients) if i + 1 == len(patients) or patients[i + 1] != patient]
