import pandas as pd
import pytest

from s3f_pipeline.cohorts import check_subjects
from s3f_pipeline.errors import CohortError

TABLE = pd.DataFrame(
    {"path": ["b.png", "a.png", "c.png"], "subject": ["p1", None, None], "official_split": None}
)


@pytest.mark.parametrize("subject", ["patient", "lesion"])
def test_a_subject_that_only_some_images_have(subject):
    with pytest.raises(
        CohortError, match=rf"^2 of 3 images have no known {subject}: a\.png, c\.png\. Fill in"
    ):
        check_subjects(TABLE, subject)


def test_all_subjects_or_none():
    check_subjects(TABLE.head(1), "patient")
    check_subjects(TABLE.assign(subject=None), "patient")


def test_an_official_test_set_may_keep_its_subjects_to_itself():
    table = TABLE.assign(official_split=["train", "test", "test"])
    check_subjects(table, "patient")
    for wrong in (["train", "test", "train"], ["test", "test", "test"], ["train", "train", "test"]):
        with pytest.raises(CohortError, match="have no known patient"):
            check_subjects(table.assign(official_split=wrong), "patient")
