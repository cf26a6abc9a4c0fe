import pandas as pd

from s3f_pipeline.splits.exclusions import class_losses, exclusions_warning
from s3f_pipeline.splits.summary import split_summary


def test_counts_what_exists(table):
    index = table(*((name, label, None, None) for name, label in zip("abcdef", "xxyxyx", strict=True)))
    splits = pd.DataFrame(
        {
            "image_id": list("fedcba"),
            "group": list("fedbba"),
            "split": ["excluded", "test", "test", "train", "train", "train"],
            "reason": ["twin in test", "official", "official", "", "", ""],
        }
    )
    warning = exclusions_warning(class_losses(index, splits))
    assert "x: 1 of 3 (33%)" in warning or "y: 1 of 2 (50%)" in warning
    assert split_summary(index, splits) == {
        "train": {"images": 3, "groups": 2, "subjects": 0, "classes": {"x": 2, "y": 1}},
        "test": {"images": 2, "groups": 2, "subjects": 0, "classes": {"x": 1, "y": 1}},
        "excluded": {"images": 1, "reasons": {"twin in test": 1}, "warning": warning},
    }
