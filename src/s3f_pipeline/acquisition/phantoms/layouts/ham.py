"""Skin lesions in the layout of HAM10000, with the test set of ISIC 2018."""

from pathlib import Path

import numpy as np
import pandas as pd

from s3f_pipeline.acquisition.phantoms.cases import Case, counts_of, draw_case, plan_cases
from s3f_pipeline.acquisition.phantoms.scenes.canvas import save
from s3f_pipeline.acquisition.phantoms.scenes.choice import scene_of
from s3f_pipeline.config.schema import CohortFacts, PhantomsConfig

TABLES = {"train": "GroundTruth.csv", "test": "Test_GroundTruth.csv"}
FOLDERS = {"train": "images", "test": "Test_images"}
SITES = ("back", "lower extremity", "trunk", "upper extremity", "abdomen", "face")


def write(folder: Path, cohort: CohortFacts, config: PhantomsConfig) -> int:
    """Write images, both ground truths, and metadata of the training images; return the number of images."""
    scene = scene_of(cohort)
    cases = plan_cases(cohort.classes, counts_of(config), views=True)
    for case in cases:
        image = draw_case(case, scene, config.seed)
        save(folder / FOLDERS[case.split] / f"{_image_id(case)}.jpg", image)
    for split, name in TABLES.items():
        rows = [_one_hot(case, cohort.classes) for case in cases if case.split == split]
        pd.DataFrame(rows).to_csv(folder / name, index=False)
    facts = [_facts(case, config.seed) for case in cases if case.split == "train"]
    pd.DataFrame(facts).to_csv(folder / "HAM10000_metadata.csv", index=False)
    return len(cases)


def _image_id(case: Case) -> str:
    return f"ISIC_{case.number:07d}"


def _one_hot(case: Case, classes: tuple[str, ...]) -> dict[str, str | float]:
    return {"image": _image_id(case), **{label: float(label == case.label) for label in classes}}


def _facts(case: Case, seed: int) -> dict[str, str | float]:
    rng = np.random.default_rng([seed, case.subject, 0, 0])
    return {
        "lesion_id": f"HAM_{case.subject:07d}",
        "image_id": _image_id(case),
        "dx": case.label.lower(),
        "dx_type": str(rng.choice(["histo", "follow_up", "consensus"])),
        "age": float(rng.integers(4, 18) * 5),
        "sex": str(rng.choice(["female", "male"])),
        "localization": str(rng.choice(SITES)),
    }
