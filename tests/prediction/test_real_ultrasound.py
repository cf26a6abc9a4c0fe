"""Ultrasound images of BUSI, through the bundle of a network that was not trained."""

import zipfile

import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.images.ingest import ingest
from s3f_pipeline.prediction.decisions import decide
from s3f_pipeline.prediction.predict import make_reader, predict_images
from s3f_pipeline.prediction.sources import list_images

pytestmark = pytest.mark.real_data
CLASSES = ("benign", "malignant", "normal")


@pytest.fixture(scope="module")
def ultrasound(archives, tmp_path_factory):
    """A zip file with eight images and a mask of each class."""
    chosen = tmp_path_factory.mktemp("busi") / "chosen.zip"
    with zipfile.ZipFile(archives / "busi.zip") as published, zipfile.ZipFile(chosen, "w") as made:
        names = sorted(name for name in published.namelist() if name.endswith(".png"))
        for label in CLASSES:
            of_class = [name for name in names if f"/{label}/" in name]
            pictures = [name for name in of_class if "_mask" not in name][:8]
            for name in [*pictures, next(name for name in of_class if "_mask" in name)]:
                made.writestr(name, published.read(name))
    return chosen


def test_they_are_predicted_with_the_pixels_of_the_store(one, ultrasound, tmp_path):
    (tmp_path / "unpacked").mkdir()
    images = list_images(ultrasound, CLASSES, label="folder", patient=None, unpacked=tmp_path / "unpacked")
    assert [images.labels.count(name) for name in CLASSES] == [9, 9, 9]
    files = pd.DataFrame({"image_id": images.paths, "path": images.paths, "label": images.labels})
    ingested = ingest(
        files, images.folder, image_size=(16, 16), color="grey", max_rejected_share=0.0,
        store=tmp_path / "images.npy", thumbnails=tmp_path / "thumbnails.npy",
    )  # fmt: skip
    store, reader = np.load(ingested.store), make_reader(one)
    for number, path in enumerate(images.paths):
        assert (reader(images.folder / path).image == store[number]).all()
    found = predict_images(images, one, tmp_path / "chunks")
    expected = one.members[0].network(store).probabilities
    assert found.outputs["probabilities"][:, 0] == pytest.approx(expected, abs=1e-4)
    assert found.unreadable == ()
    table = decide(images.paths, found.outputs, [one.first])
    is_mask = table["image"].str.contains("_mask")
    assert table.loc[is_mask, "ood_score"].min() > table.loc[~is_mask, "ood_score"].median()
