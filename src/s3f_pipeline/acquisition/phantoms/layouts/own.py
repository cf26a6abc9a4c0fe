"""Textured fields laid out as one's own images: in class folders, or with a table."""

from pathlib import Path

import pandas as pd

from s3f_pipeline.acquisition.phantoms.cases import Case, counts_of, draw_case, plan_cases, sum_of
from s3f_pipeline.acquisition.phantoms.scenes.canvas import save
from s3f_pipeline.acquisition.phantoms.scenes.choice import scene_of
from s3f_pipeline.config.schema import CohortFacts, PhantomsConfig, TableColumns


def write_folders(folder: Path, cohort: CohortFacts, config: PhantomsConfig) -> int:
    """Write ``<class>/<number>.png``; return the number of images."""
    scene = scene_of(cohort)
    cases = plan_cases(cohort.classes, sum_of(config))
    for case in cases:
        save(folder / case.label / f"{case.number:05d}.png", draw_case(case, scene, config.seed))
    return len(cases)


def write_table(folder: Path, cohort: CohortFacts, config: PhantomsConfig) -> int:
    """Write ``images/<number>.png`` and the table that the cohort names; return the number of images."""
    columns = cohort.table
    assert columns is not None  # a CohortFacts of the layout 'table' has one
    scene = scene_of(cohort)
    counts = counts_of(config) if columns.split else sum_of(config)
    cases = plan_cases(cohort.classes, counts, views=columns.patient is not None)
    for case in cases:
        save(folder / _path(case), draw_case(case, scene, config.seed))
    table = pd.DataFrame([_row(case, columns) for case in cases])
    target = folder / columns.file
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.suffix == ".parquet":
        table.to_parquet(target, index=False)
    else:
        table.to_csv(target, index=False)
    return len(cases)


def _path(case: Case) -> str:
    return f"images/{case.number:05d}.png"


def _row(case: Case, columns: TableColumns) -> dict[str, str]:
    row = {columns.path: _path(case), columns.label: case.label}
    if columns.patient:
        row[columns.patient] = f"patient-{case.subject:05d}"
    if columns.split:
        row[columns.split] = case.split
    return row
