"""Patients whom names tell, from the raw folder to the groups, in the nodes that carry them."""

import cv2
import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.config.schema import CohortData, ImageStoreConfig, IngestionConfig
from s3f_pipeline.pipelines.ingestion.nodes import ingest_cohort
from s3f_pipeline.pipelines.splitting.nodes import group

COHORT = {
    "name": "mine",
    "layout": "folders",
    "color": "grey",
    "classes": ("ill", "well"),
}
NO_TWINS = pd.DataFrame({"first": [], "second": []}, dtype="string")


@pytest.fixture
def index(tmp_path):
    """Twelve cases of four slices per class: ``slice_1_case_07``."""
    rng = np.random.default_rng(0)

    def ingest(**changes):
        for label in COHORT["classes"]:
            (tmp_path / "mine" / label).mkdir(parents=True)
            for case in range(12):
                for place in range(4):
                    file = (
                        tmp_path
                        / "mine"
                        / label
                        / f"slice_{place}_case_{case + 20 * (label == 'ill'):02d}.png"
                    )
                    cv2.imwrite(str(file), rng.integers(0, 255, (16, 16), np.uint8))
        return ingest_cohort(
            CohortData(**COHORT | changes),
            IngestionConfig(max_rejected_share=0.0, workers=1),
            {"folder": "mine", "provenance": {"synthetic": False}},
            {},
            tmp_path,
            tmp_path,
            tmp_path,
            store=ImageStoreConfig(image_size=(16, 16), color="grey"),
        )[1]

    return ingest


def test_a_pattern_names_the_patients_of_class_folders(index):
    block = {"patient_pattern": r".*_(case_\d+)\..*"}
    table = index(**block)
    groups = group(CohortData(**COHORT | block), table, NO_TWINS)
    assert set(groups["guarantee"]) == {"patient"}
    case = table["path"].str.extract(r"(case_\d+)")[0]
    assert groups["group"].groupby(case).nunique().max() == 1
    assert groups["group"].nunique() == 24


def test_the_number_that_comes_first_holds_its_files_together(index):
    table = index()
    case = table["path"].str.extract(r"(case_\d+)")[0]
    torn = [
        group(CohortData(**COHORT, grouping={"sequence": 4, "number": number}), table, NO_TWINS)["group"]
        .groupby(case)
        .nunique()
        .gt(1)
        .sum()
        for number in (1, 2)
    ]
    assert torn == [24, 0]
