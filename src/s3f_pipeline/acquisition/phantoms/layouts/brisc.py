"""Heads in the layout of BRISC2025."""

from pathlib import Path

import cv2
import numpy as np

from s3f_pipeline.acquisition.phantoms.cases import TWIN_SHARE
from s3f_pipeline.acquisition.phantoms.scenes.canvas import save
from s3f_pipeline.acquisition.phantoms.scenes.heads import PLANES, draw_head
from s3f_pipeline.config.schema import CohortConfig, PhantomsConfig


def write(folder: Path, cohort: CohortConfig, config: PhantomsConfig) -> int:
    """Write ``classification_task/{train,test}/<class>/…``; return the number of images."""
    root = folder / "classification_task"
    rng = np.random.default_rng(config.seed)
    drawn = 0
    for split, count in config.images_per_class.items():
        number = 0
        for label in cohort.classes:
            for _ in range(count):
                number += 1
                plane = PLANES[number % len(PLANES)]
                name = f"brisc2025_{split}_{number:05d}_{label[:2]}_{plane}_t1.jpg"
                save(root / split / label / name, draw_head(label, plane, rng))
        drawn += number
    _plant_twins(root, cohort.classes, rng)
    return drawn


def _plant_twins(root: Path, classes: tuple[str, ...], rng: np.random.Generator) -> None:
    """Replace the first test images of each class by re-encoded copies of training images."""
    for label in classes:
        train = sorted((root / "train" / label).iterdir())
        test = sorted((root / "test" / label).iterdir())
        copies = min(max(1, round(TWIN_SHARE * len(test))), len(train))
        for number, copy in zip(rng.choice(len(train), copies, replace=False), test, strict=False):
            image = np.asarray(cv2.imread(str(train[number]), cv2.IMREAD_GRAYSCALE))
            save(copy, image, quality=70)
