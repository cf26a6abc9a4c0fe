import pandas as pd
import pytest

from s3f_pipeline.splits.groups import make_groups
from s3f_pipeline.splits.overlap import official_overlap

ROWS = [  # image, official split, patient, split at hand
    ("trained", "train", "p1", "test"),
    ("validated", "validation", "p2", "test"),
    ("twin", "test", "p1", "test"),
    ("relative", "test", "p1", "test"),
    ("stranger", "test", "p3", "test"),
    ("nobody", "test", None, "test"),
    ("twin elsewhere", "test", None, "test"),
    ("left out", "train", "p4", "excluded"),
    ("used", "train", "p5", "train"),
    ("used too", "test", "p6", "train"),
]


@pytest.fixture
def tables():
    index = pd.DataFrame(ROWS, columns=["image_id", "official_split", "subject", "split"]).astype("string")
    index["label"] = "a"
    twins = pd.DataFrame(
        {
            "first": ["left out", "used too"],
            "second": ["twin", "twin elsewhere"],
            "kind": "near",
            "relation": "same",
        }
    )
    splits = index[["image_id", "split"]].sample(frac=1, random_state=0)
    return index.drop(columns="split"), make_groups(index, twins), splits


def test_each_test_image_counts_once_for_its_strongest_tie(tables):
    """Twins count wherever they are if the network was trained on them, and no others."""
    assert official_overlap(*tables) == {"test_images": 7, "official_training": 2, "twin": 1, "subject": 1}


def test_a_patient_whom_another_table_knows_counts(tables):
    index, groups, splits = tables
    index["subject_by_link"] = index["image_id"].map({"used": "q", "stranger": "q"}).astype("string")
    assert official_overlap(index, groups, splits)["subject"] == 2


def test_without_official_splits_nothing_is_known(tables):
    index, groups, splits = tables
    found = official_overlap(index.assign(official_split=pd.NA), groups, splits)
    assert found == {"test_images": 7, "official_training": 0, "twin": 0, "subject": 0}
