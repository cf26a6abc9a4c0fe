import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.splits.shortcuts import MOST_KINDS, border_features, shortcut_audit

CLASSES = ("benign", "malignant")
N = 240


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def cohort(rng, n=N, per_group=2):
    """Images in pairs of one group; nothing of what surrounds them tells the class."""
    group = np.arange(n) // per_group
    label = np.array(CLASSES)[group % 2]
    index = pd.DataFrame(
        {
            "image_id": [f"{i:04d}" for i in range(n)],
            "label": label,
            "height": rng.integers(200, 400, n),
            "width": rng.integers(200, 400, n),
            "file_bytes": rng.integers(10_000, 20_000, n),
            "format": "PNG",
            "mode": "grey 8-bit",
            "encoder": rng.choice(["PNG level 1", "PNG level 2"], n),
            "age": rng.normal(60, 10, n).round(),
            "sex": rng.choice(["F", "M"], n),
        }
    )
    splits = pd.DataFrame({"image_id": index["image_id"], "group": group.astype(str), "split": "train"})
    return index, rng.integers(0, 256, (n, 64, 64), np.uint8), splits


def found(index, thumbnails, splits, fields=("age", "sex")):
    rows = shortcut_audit(index, thumbnails, splits, CLASSES, fields=fields)
    return {row["name"]: row for row in rows}


def test_what_tells_nothing_is_not_marked(rng):
    shortcuts = found(*cohort(rng))
    of_files = {"size of the image", "size of the file", "settings of the encoder", "border of the image"}
    assert set(shortcuts) == of_files | {"age", "sex"}
    for row in shortcuts.values():
        assert row["images"] == N
        assert row["low"] <= row["auc"] <= row["high"]
        assert row["note"] is None
    assert sum(row["predicts"] for row in shortcuts.values()) == 0


@pytest.mark.parametrize(
    ("name", "planted"),
    [
        ("size of the image", lambda index, bad: index.assign(width=np.where(bad, 300, 299), height=250)),
        ("size of the file", lambda index, bad: index.assign(file_bytes=np.where(bad, 900, 901))),
        ("settings of the encoder", lambda index, bad: index.assign(encoder=np.where(bad, "a", "b"))),
        ("age", lambda index, bad: index.assign(age=np.where(bad, 70, 30))),
        ("sex", lambda index, bad: index.assign(sex=np.where(bad, "F", None))),
    ],
)
def test_what_tells_all_is_found(rng, name, planted):
    index, thumbnails, splits = cohort(rng)
    shortcuts = found(planted(index, (index["label"] == "malignant").to_numpy()), thumbnails, splits)
    if name == "sex":  # known of one class alone: part of the label
        assert shortcuts[name]["auc"] is None
        assert "benign" in shortcuts[name]["note"]
    else:
        assert shortcuts[name]["auc"] == 1
        assert shortcuts[name]["predicts"]
    assert not any(row["predicts"] for other, row in shortcuts.items() if other != name)


def test_a_frame_around_one_class_is_found(rng):
    index, thumbnails, splits = cohort(rng)
    thumbnails[(index["label"] == "malignant").to_numpy(), :2] = 0
    assert found(index, thumbnails, splits)["border of the image"]["auc"] == 1


def test_images_are_ranked_within_their_fold(rng, monkeypatch):
    """Models of different folds state different probabilities; each by itself tells the class."""

    def perfect_in_each_fold(facts, labels, folds, num_classes, seed):
        positive = 0.1 * labels + 0.15 * folds
        return np.column_stack([1 - positive, positive])

    monkeypatch.setattr("s3f_pipeline.splits.shortcuts._out_of_fold", perfect_in_each_fold)
    age = found(*cohort(rng))["age"]
    assert (age["auc"], age["low"], age["high"]) == (1, 1, 1)


def test_test_images_are_not_looked_at(rng):
    index, thumbnails, splits = cohort(rng)
    splits["split"] = ["test" if i < N // 2 else "validation" for i in range(N)]
    before = found(index, thumbnails, splits)
    index.loc[: N // 2 - 1, "file_bytes"] = 1
    thumbnails[: N // 2] = 0
    assert found(index, thumbnails, splits) == before
    assert before["age"]["images"] == N // 2


def test_an_id_like_fact_of_groups_is_no_shortcut(rng):
    index, thumbnails, splits = cohort(rng, per_group=4)
    index["age"] = splits["group"].astype(float) * 2
    assert not found(index, thumbnails, splits)["age"]["predicts"]


def test_what_cannot_be_tested_says_why(rng):
    index, thumbnails, splits = cohort(rng)
    index = index.assign(height=256, width=256, file_bytes=None, encoder=None, sex=None)
    shortcuts = found(index, thumbnails, splits)
    assert shortcuts["size of the image"]["note"] == "the same in all images"
    assert shortcuts["settings of the encoder"]["note"] == "the same in all images"
    assert shortcuts["size of the file"] == {
        "name": "size of the file", "columns": ("file_bytes",), "images": 0, "auc": None, "low": None,
        "high": None, "predicts": False, "note": "not known",
    }  # fmt: skip
    assert shortcuts["sex"]["note"] == "not known"
    few = found(index.head(12), thumbnails[:12], splits.head(12))
    assert few["age"]["note"] == "fewer than 10 groups of class benign"


def test_many_kinds_of_a_text_are_told_apart_up_to_a_limit(rng):
    index, thumbnails, splits = cohort(rng)
    index["sex"] = [f"kind {i % (3 * MOST_KINDS)}" for i in range(N)]
    assert found(index, thumbnails, splits)["sex"]["auc"] is not None


def test_border_features_are_those_of_the_sides():
    image = np.full((1, 64, 64), 100, np.uint8)
    image[0, :2], image[0, :, -2:] = 0, 255
    top, bottom, left, right = border_features(image, np.array([0])).reshape(4, 4)
    assert top.tolist() == pytest.approx([255 * 2 / 64, np.std([0] * 62 + [255] * 2), 62 / 64, 2 / 64])
    assert right.tolist() == [255, 0, 0, 1]
    assert left[2] == 2 / 64
    assert bottom[3] == 2 / 64
