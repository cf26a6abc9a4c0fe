import pandas as pd

from s3f_pipeline.splits.guarantee import guarantee_counts, guarantee_total, unknown_text


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


def test_ids_keep_nothing_apart_from_images_of_which_none_is_known():
    """As of a data set whose lesions are published for training alone."""
    counts = {
        "train": {"x": {"lesion": 7}, "y": {"lesion": 3, "near_duplicate": 2}},
        "test": {"x": {"near_duplicate": 1200}},
    }
    assert unknown_text(counts) == (
        "no lesion is known of 2 of 12 train images, 1,200 of 1,200 test images: from these, images are kept "
        "apart by near-duplicates only"
    )
    counts["train"]["y"]["sequence"] = 1
    assert str(unknown_text(counts)).endswith("kept apart by runs of files and near-duplicates only")


def test_where_all_or_none_is_known_of_images_nothing_is_added():
    assert unknown_text({"train": {"x": {"patient": 7}}, "test": {"x": {"study": 1}}}) is None
    assert unknown_text({"train": {"x": {"sequence": 7}}, "test": {"x": {"near_duplicate": 1}}}) is None
    assert unknown_text({"train": {"x": {"none": 7}}}) is None


def test_what_is_not_kept_apart_is_not_kept_apart_by_near_duplicates():
    counts = {
        "train": {"x": {"patient": 5, "none": 3}},
        "test": {"x": {"near_duplicate": 1, "none": 4}},
    }
    assert str(unknown_text(counts)).startswith("no patient is known of 1 of 5 test images: from these")
    assert unknown_text({"train": {"x": {"patient": 5, "none": 3}}}) is None
