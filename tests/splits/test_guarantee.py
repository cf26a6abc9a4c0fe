import pandas as pd

from s3f_pipeline.splits.guarantee import guarantee_counts, guarantee_total


def test_counts_by_side_class_and_level():
    index = pd.DataFrame({"image_id": list("abcdef"), "label": list("xxyyxx")})
    splits = pd.DataFrame(
        {
            "image_id": list("fedcba"),
            "split": ["excluded", "test", "train", "train", "train", "train"],
            "guarantee": ["patient", "sequence", "patient", "near_duplicate", "patient", "patient"],
        }
    )
    counts = guarantee_counts(index, splits)
    assert counts == {
        "train": {"x": {"patient": 2}, "y": {"patient": 1, "near_duplicate": 1}},
        "test": {"x": {"sequence": 1}},
    }
    assert list(guarantee_total(counts).items()) == [("patient", 3), ("sequence", 1), ("near_duplicate", 1)]
