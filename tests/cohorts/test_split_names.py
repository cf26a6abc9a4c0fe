from s3f_pipeline.cohorts.split_names import PUBLISHED_SPLITS, SPLIT_NAMES
from s3f_pipeline.splits.checks import SIDES


def test_every_spelling_means_a_side():
    assert set(SPLIT_NAMES.values()) == set(SIDES)
    assert all(name == name.casefold() for name in SPLIT_NAMES)
    assert PUBLISHED_SPLITS == {"train": "train", "val": "validation", "test": "test"}
