"""Drawn heads in the folder layout of BRISC2025, for demonstrations and tests.

They let the same readers, splits and networks run without patients' images. They have no medical
meaning. A few test images are re-encoded copies of training images, so that the leakage audit has
something to find.
"""

import shutil
from pathlib import Path

import cv2
import numpy as np

from s3f_pipeline.acquisition.provenance import write_provenance
from s3f_pipeline.config.schema import CohortConfig, PhantomsConfig
from s3f_pipeline.files import temporary_path

SIZE = 256
PLANES = ("ax", "co", "sa")
TWIN_SHARE = 0.02
"""Share of the test images that are re-encoded copies of training images of the same class."""


def draw_phantoms(folder: Path, cohort: CohortConfig, config: PhantomsConfig) -> int:
    """Draw every class and split of a cohort with the BRISC layout; the folder appears when whole.

    Args:
        folder: The raw folder to make.
        cohort: Gives the class names.
        config: How many, and the seed.

    Returns:
        The number of images drawn.
    """
    temporary = temporary_path(folder)
    shutil.rmtree(temporary, ignore_errors=True)
    rng = np.random.default_rng(config.seed)
    drawn = 0
    for split, count in config.images_per_class.items():
        number = 0
        for label in cohort.classes:
            target = temporary / "classification_task" / split / label
            target.mkdir(parents=True)
            for _ in range(count):
                number += 1
                plane = PLANES[number % len(PLANES)]
                name = f"brisc2025_{split}_{number:05d}_{label[:2]}_{plane}_t1.jpg"
                image = draw_head(label, plane, rng)
                cv2.imwrite(str(target / name), image, [cv2.IMWRITE_JPEG_QUALITY, 90])
                drawn += 1
    _plant_twins(temporary / "classification_task", cohort.classes, rng)
    write_provenance(
        temporary,
        "phantoms drawn by s3f_pipeline",
        synthetic=True,
        images=drawn,
        phantoms=config.model_dump(mode="json"),
    )
    temporary.rename(folder)
    return drawn


def draw_head(label: str, plane: str, rng: np.random.Generator) -> np.ndarray:
    """Draw one head, uint8 of shape (256, 256), with the tumour that ``label`` names.

    ``glioma`` is an irregular ring with a dark core, ``meningioma`` an even disc at the skull,
    ``pituitary`` a small disc at the base; any other label draws none.
    """
    height = {"ax": 104, "co": 96, "sa": 90}[plane] * rng.uniform(0.88, 1.08)
    width = {"ax": 82, "co": 86, "sa": 100}[plane] * rng.uniform(0.88, 1.08)
    centre = np.array([SIZE / 2, SIZE / 2]) + rng.normal(0, 6, 2)
    tilt = float(rng.normal(0, 8))
    image = np.zeros((SIZE, SIZE), np.float32)
    _ellipse(image, centre, (width, height), tilt, rng.uniform(0.55, 0.8))
    _ellipse(image, centre, (width - 6, height - 6), tilt, 0.08)
    brain = np.zeros_like(image)
    _ellipse(brain, centre, (width - 11, height - 11), tilt, 1.0)
    tissue = rng.uniform(0.32, 0.45) + 0.10 * _texture(rng, 9) + 0.06 * _texture(rng, 3)
    image = np.where(brain > 0, tissue, image)
    for side in (-1, 1):
        ventricle = centre + np.array([side * rng.uniform(9, 16), rng.uniform(-12, 6)])
        axes = (rng.uniform(4, 8), rng.uniform(14, 24))
        _ellipse(image, ventricle, axes, tilt + side * 12, 0.12)
    _draw_tumour(image, label, centre, (width, height), rng)
    image = cv2.GaussianBlur(image, (0, 0), 0.8) + rng.normal(0, 0.02, image.shape)
    return np.clip(image * 255, 0, 255).astype(np.uint8)


def _draw_tumour(
    image: np.ndarray,
    label: str,
    centre: np.ndarray,
    axes: tuple[float, float],
    rng: np.random.Generator,
) -> None:
    angle = rng.uniform(0, 2 * np.pi)
    direction = np.array([np.cos(angle), np.sin(angle)])
    if label == "glioma":
        place = centre + direction * np.array(axes) * rng.uniform(0.3, 0.5)
        radius = rng.uniform(14, 26)
        turns = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        radii = radius * (1 + 0.25 * np.sin(3 * turns + angle) + rng.normal(0, 0.06, turns.size))
        outline = place + np.stack([np.cos(turns), np.sin(turns)], axis=1) * radii[:, None]
        cv2.fillPoly(image, [outline.astype(np.int32)], 0.85)
        cv2.fillPoly(image, [(place + (outline - place) * 0.6).astype(np.int32)], 0.15)
    elif label == "meningioma":
        place = centre + direction * (np.array(axes) - 24)
        radius = rng.uniform(12, 22)
        _ellipse(image, place, (radius, radius * rng.uniform(0.8, 1.2)), angle * 57, 0.9)
    elif label == "pituitary":
        place = centre + np.array([rng.normal(0, 4), axes[1] * 0.62])
        radius = rng.uniform(7, 13)
        _ellipse(image, place, (radius, radius * rng.uniform(0.8, 1.3)), 0.0, 0.95)


def _ellipse(
    image: np.ndarray,
    centre: np.ndarray,
    axes: tuple[float, float],
    angle: float,
    value: float,
) -> None:
    box = (tuple(float(x) for x in centre), (2 * float(axes[0]), 2 * float(axes[1])), float(angle))
    cv2.ellipse(image, box, float(value), thickness=-1)


def _texture(rng: np.random.Generator, scale: float) -> np.ndarray:
    noise = cv2.GaussianBlur(rng.normal(size=(SIZE, SIZE)).astype(np.float32), (0, 0), scale)
    return noise / noise.std()


def _plant_twins(root: Path, classes: tuple[str, ...], rng: np.random.Generator) -> None:
    for label in classes:
        train = sorted((root / "train" / label).iterdir())
        test = sorted((root / "test" / label).iterdir())
        copies = min(max(1, round(TWIN_SHARE * len(test))), len(train))
        for number, copy in zip(rng.choice(len(train), copies, replace=False), test, strict=False):
            image = cv2.imread(str(train[number]), cv2.IMREAD_GRAYSCALE)
            cv2.imwrite(str(copy), image, [cv2.IMWRITE_JPEG_QUALITY, 70])
