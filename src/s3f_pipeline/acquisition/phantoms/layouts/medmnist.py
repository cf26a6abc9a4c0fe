"""Small images in one NumPy archive, as MedMNIST publishes them."""

from pathlib import Path

import cv2
import numpy as np

from s3f_pipeline.acquisition.phantoms.cases import counts_of, draw_case, plan_cases
from s3f_pipeline.acquisition.phantoms.scenes.choice import scene_of
from s3f_pipeline.cohorts.medmnist import LABELS, SPLITS, flag_and_size
from s3f_pipeline.config.schema import CohortConfig, PhantomsConfig
from s3f_pipeline.errors import AcquisitionError


def write(folder: Path, cohort: CohortConfig, config: PhantomsConfig) -> int:
    """Write ``<flag>.npz`` with images and labels of three splits; return the number of images."""
    flag, size = flag_and_size(cohort.inside)
    if flag not in LABELS:
        raise AcquisitionError(
            f"No phantoms are known of {cohort.inside}: it is none of {', '.join(LABELS)}. Correct the "
            f"cohort's key 'inside'."
        )
    names = LABELS[flag]
    scene = scene_of(cohort)
    cases = plan_cases(cohort.classes, counts_of(config, validation=True))
    order = np.random.default_rng(config.seed).permutation(len(cases))
    arrays: dict[str, np.ndarray] = {}
    for member, split in SPLITS.items():
        chosen = [cases[number] for number in order if cases[number].split == split]
        images = [_shrink(draw_case(case, scene, config.seed), size) for case in chosen]
        arrays[f"{member}_images"] = np.stack(images)
        arrays[f"{member}_labels"] = np.array([[names.index(case.label)] for case in chosen], np.uint8)
    np.savez_compressed(folder / cohort.inside, allow_pickle=False, **arrays)
    return len(cases)


def _shrink(image: np.ndarray, size: int) -> np.ndarray:
    return cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
