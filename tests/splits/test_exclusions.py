import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3f_pipeline.splits.exclusions import class_losses, exclusions_warning
from s3f_pipeline.splits.patient_safe import (
    CONTRADICTORY,
    GROUP_IN_VALIDATION,
    OFFICIAL_VALIDATION,
    REST,
    TWIN_IN_TEST,
)


def tables(*rows):
    """Index and splits from rows of (label, split, reason, official split, images)."""
    images = [row[:4] for row in rows for _ in range(row[4])]
    names = ["label", "split", "reason", "official_split"]
    table = pd.DataFrame(images, columns=names).astype("string")
    table["image_id"] = [f"i{number}" for number in range(len(table))]
    return table[["image_id", "label", "official_split"]], table[["image_id", "split", "reason"]]


def warning_of(*rows):
    return exclusions_warning(class_losses(*tables(*rows)))


def test_counts_and_shares():
    x, y = class_losses(
        *tables(
            ("x", "train", REST, "train", 60),
            ("x", "excluded", TWIN_IN_TEST, "train", 40),
            ("x", "test", "official test image", "test", 30),
            ("y", "train", REST, "train", 100),
            ("y", "validation", "cut", "train", 20),
        )
    )
    assert (x.before, x.after, x.reasons) == (100, 60, (TWIN_IN_TEST,))
    assert (x.lost, x.share_before, x.share_after) == pytest.approx((0.4, 0.5, 0.375))
    assert (y.before, y.after, y.lost, y.share_before, y.share_after) == (100, 100, 0, 0.5, 0.625)
    assert x.is_large
    assert y.is_large


@pytest.mark.parametrize(("excluded", "warns"), [(10, False), (11, True)])
def test_more_than_a_tenth_is_much(excluded, warns):
    found = warning_of(
        ("x", "train", REST, "train", 100 - excluded),
        ("x", "excluded", TWIN_IN_TEST, "train", excluded),
        ("y", "train", REST, "train", 2000),
    )
    assert (found is not None) is warns


@pytest.mark.parametrize(("kept", "warns"), [(72, False), (71, True)])
def test_a_class_whose_share_moves_far_is_told_though_it_loses_nothing(kept, warns):
    rows = [("x", "train", REST, "train", kept), ("x", "excluded", TWIN_IN_TEST, "train", 88 - kept)]
    _, y = class_losses(*tables(*rows, ("y", "train", REST, "train", 88)))
    assert y.lost == 0
    assert y.is_large is warns


def test_the_sentence_names_what_keeps_the_images():
    told = warning_of(("x", "train", REST, "train", 50), ("x", "excluded", TWIN_IN_TEST, "train", 50))
    assert "x: 50 of 100 (50%), its share of training goes from 100.0% to 100.0%" in told
    assert "official_test: cut" in told
    assert "official_validation" not in told
    told = warning_of(
        ("x", "train", REST, "train", 50),
        ("x", "excluded", GROUP_IN_VALIDATION, "train", 30),
        ("x", "excluded", CONTRADICTORY, "train", 20),
    )
    assert "official_validation: cut" in told
    assert "contradictory: keep" in told
    assert "official_test" not in told


def test_official_validation_images_are_not_lost_from_training():
    rows = [("x", "train", REST, "train", 10), ("x", "excluded", TWIN_IN_TEST, "validation", 10)]
    (loss,) = class_losses(*tables(*rows, ("x", "validation", OFFICIAL_VALIDATION, "validation", 5)))
    assert loss.lost == 0
    (loss,) = class_losses(*tables(*rows))
    assert loss.lost == 0.5


@given(st.lists(st.tuples(st.sampled_from("xyz"), st.sampled_from(["train", "validation", "test"]))))
def test_without_exclusions_there_is_nothing_to_tell(images):
    rows = [(label, split, REST, split, 1) for label, split in images]
    losses = class_losses(*tables(*rows))
    assert not any(loss.is_large for loss in losses)
    assert exclusions_warning(losses) is None
