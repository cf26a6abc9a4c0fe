"""The checks before fit and before test, in the nodes where they stop a run."""

import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.errors import EvaluationError, SplitError
from s3f_pipeline.images.store import publish_store
from s3f_pipeline.origins import table_hash
from s3f_pipeline.pipelines.evaluation.nodes import predict
from s3f_pipeline.pipelines.training.nodes import train_network

CLASSES = ("glioma", "meningioma", "no_tumor", "pituitary")


@pytest.fixture
def data(tmp_path, load_config):
    experiment = load_config(image_size=16).experiment("brisc", "patient_safe", "spatial")
    ids = [f"image{n:02d}" for n in range(12)]
    index = pd.DataFrame({"image_id": ids, "label": CLASSES * 3, "sha256": ids})
    np.save(tmp_path / "temporary.npy", np.zeros((12, 16, 16, 1), np.uint8))
    publish_store(tmp_path / "temporary.npy", tmp_path / "images.npy", index)
    sides = np.repeat(["train", "validation", "test"], 4)
    splits = pd.DataFrame({"image_id": ids, "group": ids, "split": sides})
    images = np.load(tmp_path / "images.npy", mmap_mode="r")
    return experiment, index, images, splits


def test_a_group_on_two_sides_stops_the_run_before_fit_and_before_test(data, tmp_path):
    experiment, index, images, splits = data
    splits.loc[splits["image_id"] == "image11", "group"] = "image00"
    with pytest.raises(SplitError, match=r"1 groups stand on more than one side.*image00"):
        train_network(experiment, index, images, splits, tmp_path / "state")
    with pytest.raises(SplitError, match=r"1 groups stand on more than one side.*image00"):
        predict(experiment, index, images, splits, None, {})


@pytest.mark.parametrize("changed", ["classes", "splits_hash", "data_hash"])
def test_a_network_of_other_data_is_not_tested(data, changed):
    experiment, index, images, splits = data
    training = {
        "classes": list(CLASSES),
        "splits_hash": table_hash(splits, ["image_id", "group", "split"]),
        "data_hash": table_hash(index, ["image_id", "sha256", "label"]),
    }
    training[changed] = ["other"]
    with pytest.raises(EvaluationError, match=r"was trained for the classes .* other images"):
        predict(experiment, index, images, splits, None, training)
