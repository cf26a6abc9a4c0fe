"""Breast ultrasound in the layout of BUSI, masks included."""

from pathlib import Path

import cv2
import numpy as np

from s3f_pipeline.acquisition.phantoms.cases import draw_case, plan_cases, sum_of
from s3f_pipeline.acquisition.phantoms.scenes.breasts import draw_mask
from s3f_pipeline.acquisition.phantoms.scenes.canvas import save
from s3f_pipeline.acquisition.phantoms.scenes.choice import scene_of
from s3f_pipeline.config.schema import CohortFacts, PhantomsConfig

SECOND_MASK_EVERY = 50


def write(folder: Path, cohort: CohortFacts, config: PhantomsConfig) -> int:
    """Write ``<class>/<class> (<n>).png`` with masks; return the number of images without them."""
    scene = scene_of(cohort)
    cases = plan_cases(cohort.classes, sum_of(config))
    for case in cases:
        number = case.number % sum_of(config)["all"] + 1
        stem = folder / case.label / f"{case.label} ({number})"
        save(stem.with_name(f"{stem.name}.png"), draw_case(case, scene, config.seed))
        mask = draw_mask(case.drawn_as, np.random.default_rng([config.seed, case.drawing]))
        save(stem.with_name(f"{stem.name}_mask.png"), mask)
        if number % SECOND_MASK_EVERY == 1:
            save(stem.with_name(f"{stem.name}_mask_1.png"), cv2.dilate(mask, np.ones((5, 5), np.uint8)))
    return len(cases)
