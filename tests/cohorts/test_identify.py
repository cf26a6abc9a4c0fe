from pathlib import Path

import pandas as pd

from s3f_pipeline.cohorts.identify import identify

NO_HEADERS = pd.DataFrame(
    pd.NA, index=range(3), columns=["patient", "patient_of_any_issuer", "study", "series"], dtype="string"
)


def test_images_that_a_link_knows_come_from_the_cohort_it_leads_to(tmp_path: Path):
    table = tmp_path / "links.csv"
    table.write_text(f"image,subject,phash\na,p1,{'0' * 16}\nb,,{'0' * 16}\n")
    index = pd.DataFrame({"image_id": ["a", "b", "c"], "phash": "0" * 16, "format": "PNG"})
    index["subject"] = pd.Series(pd.NA, index.index, "string")
    found = identify(
        index,
        NO_HEADERS,
        subject="patient",
        table_of_links=table,
        linked_to="cheng",
        folder=tmp_path,
        use_headers=False,
    ).index
    assert list(found["source"].fillna("")) == ["cheng", "", ""]
