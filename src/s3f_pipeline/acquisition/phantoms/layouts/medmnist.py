"""Small images in one NumPy archive, as MedMNIST publishes them."""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from s3f_pipeline.acquisition.phantoms.cases import Case, counts_of, draw_case, plan_cases
from s3f_pipeline.acquisition.phantoms.scenes.choice import scene_of
from s3f_pipeline.cohorts.medmnist import LABELS, SPLITS, flag_and_size
from s3f_pipeline.cohorts.medmnist_lesions import CODES, SPLIT_LIST
from s3f_pipeline.config.schema import CohortFacts, PhantomsConfig
from s3f_pipeline.errors import AcquisitionError


def write(folder: Path, cohort: CohortFacts, config: PhantomsConfig) -> int:
    """Write ``<flag>.npz`` with images and labels of three splits; return the number of images.

    DermaMNIST as a folder, not a single file, gets the list of its lesions besides.
    """
    has_list = not cohort.inside.endswith(".npz") and set(cohort.classes) == set(LABELS["dermamnist"])
    name = "dermamnist.npz" if has_list else cohort.inside
    flag, size = flag_and_size(name)
    if flag not in LABELS:
        raise AcquisitionError(
            f"No phantoms are known of {cohort.inside}: it is none of {', '.join(LABELS)}. Correct the "
            f"cohort's key 'inside'."
        )
    names = LABELS[flag]
    scene = scene_of(cohort)
    cases = plan_cases(cohort.classes, counts_of(config, validation=True), views=has_list)
    order = np.random.default_rng(config.seed).permutation(len(cases))
    arrays: dict[str, np.ndarray] = {}
    rows: list[dict[str, str | int]] = []
    for member, split in SPLITS.items():
        chosen = [cases[number] for number in order if cases[number].split == split]
        images = [_shrink(draw_case(case, scene, config.seed), size) for case in chosen]
        arrays[f"{member}_images"] = np.stack(images)
        arrays[f"{member}_labels"] = np.array([[names.index(case.label)] for case in chosen], np.uint8)
        if has_list:
            rows += [_row(member, position, case) for position, case in enumerate(chosen)]
    np.savez_compressed(folder / name, allow_pickle=False, **arrays)
    if has_list:
        pd.DataFrame(rows).to_csv(folder / SPLIT_LIST, index=False)
    return len(cases)


def _row(member: str, position: int, case: Case) -> dict[str, str | int]:
    return {
        "split": member,
        "index": position,
        "image_id": f"ISIC_{case.number:07d}",
        "lesion_id": f"HAM_{case.subject:07d}",
        "dx": next(code for code, label in CODES.items() if label == case.label),
    }


def _shrink(image: np.ndarray, size: int) -> np.ndarray:
    return cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
