"""What the configuration says about explanations; light, as every command reads it."""

from dataclasses import dataclass
from typing import Annotated

from s3f_pipeline.bounds import Bounds


@dataclass(frozen=True)
class ExplanationSettings:
    """How much is looked at; more takes longer and says it more surely.

    Attributes:
        images: Test images that bands are taken out of and gradients are computed of; all where there are
            fewer.
        training_images: Training images whose features are computed: for their mean, and as neighbours.
        pictures: Shown per class and kind (surest right, surest wrong, least certain).
        neighbours: Training images shown beside an error.
        suspicious_labels: Most that are listed.
        seed: Of the choice of images and of all that is drawn at random.
    """

    images: Annotated[int, Bounds(ge=1)]
    training_images: Annotated[int, Bounds(ge=1)]
    pictures: Annotated[int, Bounds(ge=0, le=20)]
    neighbours: Annotated[int, Bounds(ge=1, le=10)]
    suspicious_labels: Annotated[int, Bounds(ge=0, le=1000)]
    seed: Annotated[int, Bounds(ge=0, lt=2**32)]
