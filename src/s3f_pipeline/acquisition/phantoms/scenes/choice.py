"""Which scene shows the classes of a cohort."""

from collections.abc import Callable
from functools import partial

import numpy as np

from s3f_pipeline.acquisition.phantoms.scenes.breasts import LABELS, draw_breast
from s3f_pipeline.acquisition.phantoms.scenes.cells import KINDS, draw_cell
from s3f_pipeline.acquisition.phantoms.scenes.fields import draw_field
from s3f_pipeline.acquisition.phantoms.scenes.lungs import PNEUMONIA, draw_chest
from s3f_pipeline.acquisition.phantoms.scenes.organs import ORGANS, draw_organ
from s3f_pipeline.acquisition.phantoms.scenes.skin import LESIONS, draw_skin
from s3f_pipeline.config.schema import CohortFacts

Scene = Callable[[str, np.random.Generator], np.ndarray]
"""Draws one image of a class: uint8 of shape (H, W), or RGB of shape (H, W, 3)."""

GREY: tuple[tuple[Scene, frozenset[str]], ...] = (
    (draw_breast, frozenset(LABELS)),
    (draw_chest, frozenset(PNEUMONIA)),
    (draw_organ, frozenset(ORGANS)),
)
RGB: tuple[tuple[Scene, frozenset[str]], ...] = (
    (draw_cell, frozenset(KINDS)),
    (draw_skin, frozenset(LESIONS)),
)


def scene_of(cohort: CohortFacts) -> Scene:
    """Return the scene of the cohort's colour that knows all its classes, or else textured fields."""
    for scene, known in RGB if cohort.color == "rgb" else GREY:
        if set(cohort.classes) <= known:
            return scene
    return partial(_draw_own, cohort)


def _draw_own(cohort: CohortFacts, label: str, rng: np.random.Generator) -> np.ndarray:
    return draw_field(cohort.classes.index(label), len(cohort.classes), cohort.color == "rgb", rng)
