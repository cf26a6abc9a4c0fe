"""Heads in the layout of the Cheng set, as images with a table: patients of the drawn BRISC2025."""

from pathlib import Path

import pandas as pd

from s3f_pipeline.acquisition.phantoms.patients import draw_slice, known_slices
from s3f_pipeline.acquisition.phantoms.scenes.canvas import save
from s3f_pipeline.cohorts.cheng import METADATA
from s3f_pipeline.config.schema import CohortFacts, PhantomsConfig


def write(folder: Path, cohort: CohortFacts, config: PhantomsConfig) -> int:
    """Write ``<class>/<patient>_<slice>.jpg`` and the table; return the number of images.

    Every second slice of a patient has an id with a letter at its end, as a further examination has.
    """
    rows = []
    for label in cohort.classes:
        for slice_ in known_slices(label, config):
            patient = slice_.subject + "B" * (slice_.number % 2)
            path = f"{label}/{patient}_{slice_.number:04d}.jpg"
            save(folder / path, draw_slice(slice_, config.seed))
            rows.append({"image": path, "slice": slice_.number, "label": label, "patient_id": patient})
    pd.DataFrame(rows).to_csv(folder / METADATA, index=False)
    return len(rows)
