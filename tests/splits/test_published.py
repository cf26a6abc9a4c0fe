import pandas as pd
import pytest
from sklearn.model_selection import train_test_split

from s3f_pipeline.errors import SplitError
from s3f_pipeline.splits.groups import make_groups
from s3f_pipeline.splits.published import RandomTestSet, published_split

ROWS = [
    (f"{split}-{label}", label, None, split) for split in ("train", "validation", "test") for label in "xy"
]


@pytest.mark.parametrize(("selection_split", "validation"), [("test", "train"), ("validation", "validation")])
def test_follows_the_official_splits(table, pairs, selection_split, validation):
    index = table(*ROWS)
    groups = make_groups(index, pairs(("train-x", "test-x", "near")))
    splits = published_split(index, groups, selection_split=selection_split)
    assert splits["image_id"].tolist() == index["image_id"].tolist()
    assert splits["split"].tolist() == ["train"] * 2 + [validation] * 2 + ["test"] * 2
    assert splits["group"].tolist()[4] == splits["group"].tolist()[0] == "test-x"
    assert (splits["reason"] == "official").all()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (ROWS[:-1], "Class 'y' is missing in the test set"),
        (ROWS[:4], "The test set is empty: 4 train"),
        ([*ROWS, ("z", "x", None, None)], "1 of 7 images have no official split"),
    ],
)
def test_refuses_what_the_publication_does_not_cover(table, pairs, rows, message):
    index = table(*rows)
    with pytest.raises(SplitError, match=message):
        published_split(index, make_groups(index, pairs()), selection_split="test")


def test_selection_on_validation_needs_validation_images(table, pairs):
    index = table(*(row for row in ROWS if row[3] != "validation"))
    with pytest.raises(SplitError, match="The validation set is empty"):
        published_split(index, make_groups(index, pairs()), selection_split="validation")


def test_a_random_test_set_is_drawn_from_images_sorted_by_class_and_path():
    """The expected draw is written out with scikit-learn, as a published notebook would."""
    classes = ["benign", "malignant", "normal"]
    listing = [
        (f"{name} ({n})", name)
        for name, count in zip(classes, (20, 15, 10), strict=True)
        for n in range(count)
    ]
    index = pd.DataFrame(
        [(i, f"{c}/{i}.png", c, None, None) for i, c in listing],
        columns=["image_id", "path", "label", "subject", "official_split"],
    ).astype("string")
    names = sorted(i for i, c in listing if c == "benign")
    names += sorted(i for i, c in listing if c == "malignant")
    names += sorted(i for i, c in listing if c == "normal")
    labels = [name.split()[0] for name in names]
    _, tested = train_test_split(names, test_size=0.2, stratify=labels, random_state=42)
    shuffled = index.sample(frac=1, random_state=0, ignore_index=True)
    twins = pd.DataFrame(columns=["first", "second", "kind"], dtype="string")
    splits = published_split(
        shuffled,
        make_groups(shuffled, twins),
        selection_split="test",
        random=RandomTestSet(classes, test_share=0.2, seed=42),
    )
    assert set(splits["image_id"][splits["split"] == "test"]) == set(tested)
    assert (splits["split"] == "train").sum() == 36
