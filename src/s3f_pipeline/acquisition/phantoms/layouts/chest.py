"""Radiographs in the layout of Chest X-Ray Pneumonia."""

from pathlib import Path

from s3f_pipeline.acquisition.phantoms.cases import Case, counts_of, draw_case, plan_cases
from s3f_pipeline.acquisition.phantoms.scenes.canvas import save
from s3f_pipeline.acquisition.phantoms.scenes.choice import scene_of
from s3f_pipeline.config.schema import CohortFacts, PhantomsConfig

FOLDERS = {"train": "train", "validation": "val", "test": "test"}
KINDS = ("bacteria", "virus")
PREFIXES = ("", "NORMAL2-")


def write(folder: Path, cohort: CohortFacts, config: PhantomsConfig) -> int:
    """Write ``{train,val,test}/<class>/…`` with patients in the names; return the number of images."""
    scene = scene_of(cohort)
    cases = plan_cases(cohort.classes, counts_of(config, validation=True), views=True)
    for case in cases:
        name = _healthy(case) if case.label == cohort.classes[0] else _ill(case)
        save(folder / FOLDERS[case.split] / case.label / name, draw_case(case, scene, config.seed))
    return len(cases)


def _healthy(case: Case) -> str:
    return f"{PREFIXES[case.subject % 2]}IM-{case.subject:04d}-{case.number:04d}.jpeg"


def _ill(case: Case) -> str:
    return f"person{case.subject}_{KINDS[case.subject % 2]}_{case.number}.jpeg"
