"""Heads in the layout of BRISC2025, and the table that links them to patients."""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from s3f_pipeline.acquisition.phantoms.cases import COPY_QUALITY
from s3f_pipeline.acquisition.phantoms.patients import Image, draw_slice, plan_images
from s3f_pipeline.acquisition.phantoms.scenes.canvas import save
from s3f_pipeline.config.schema import CohortFacts, PhantomsConfig
from s3f_pipeline.images.phash import perceptual_hash
from s3f_pipeline.images.thumbnails import halve

ORIENTATIONS = {"drawing": "same", "copy": "same", "mirrored": "mirrored"}


def write(folder: Path, cohort: CohortFacts, config: PhantomsConfig) -> int:
    """Write ``classification_task/{train,test}/<class>/…`` and the table; return the number of images."""
    root = folder / "classification_task"
    numbers = dict.fromkeys(config.images_per_class, 0)
    links: list[dict[str, str]] = []
    drawn = 0
    for label in cohort.classes:
        images = plan_images(label, config)
        paths = []
        for image in images:
            numbers[image.split] += 1
            plane = image.shows.plane
            name = f"brisc2025_{image.split}_{numbers[image.split]:05d}_{label[:2]}_{plane}_t1.jpg"
            paths.append(root / image.split / label / name)
        for path, image in zip(paths, images, strict=True):
            if image.of is None:
                save(path, draw_slice(image.shows, config.seed))
        for path, image in zip(paths, images, strict=True):
            if image.of is not None:
                pixels = _read(paths[image.of])
                save(path, pixels[:, ::-1] if image.kind == "mirrored" else pixels, COPY_QUALITY)
        links += [
            _link(path, image) for path, image in zip(paths, images, strict=True) if image.shows.is_known
        ]
        drawn += len(images)
    if cohort.link and cohort.link.table:
        pd.DataFrame(links).to_csv(folder / cohort.link.table, index=False)
    return drawn


def _read(path: Path) -> np.ndarray:
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE))


def _link(path: Path, image: Image) -> dict[str, str]:
    return {
        "image": path.stem,
        "subject": image.shows.subject,
        "orientation": ORIENTATIONS[image.kind],
        "phash": perceptual_hash(halve(_read(path)[..., None])[..., 0]),
    }
