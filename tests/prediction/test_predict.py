import shutil
from dataclasses import replace

import cv2
import made_bundles
import numpy as np
import pytest

from s3f_pipeline.bundle.preprocessing import InputFormat
from s3f_pipeline.errors import BundleError, PredictionError
from s3f_pipeline.images.ingest import ingest
from s3f_pipeline.prediction import predict as module
from s3f_pipeline.prediction.ensemble import Ensemble
from s3f_pipeline.prediction.predict import make_reader, predict_images
from s3f_pipeline.prediction.sources import ImageList


def images_in(folder, *paths):
    found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.png"))
    return ImageList(folder, tuple(paths or found))


@pytest.fixture
def small_files(monkeypatch):
    """Files of four images."""
    monkeypatch.setattr(module, "BATCH", 2)
    monkeypatch.setattr(module, "BATCHES_PER_FILE", 2)


@pytest.fixture
def counted(monkeypatch):
    """How many images networks have predicted."""
    counts = []
    predict = Ensemble.predict

    def count(self, rows):
        counts.append(len(rows))
        return predict(self, rows)

    monkeypatch.setattr(Ensemble, "predict", count)
    return counts


def stored(folder, paths, tmp_path, **how):
    """The pixels that ingestion stores."""
    import pandas as pd

    files = pd.DataFrame({"image_id": paths, "path": paths, "label": "a"})
    made = ingest(
        files, folder, store=tmp_path / "images.npy", thumbnails=tmp_path / "thumbnails.npy",
        max_rejected_share=0.0, workers=1, **how,
    )  # fmt: skip
    return np.load(made.store), np.load(made.thumbnails)


@pytest.mark.parametrize("aspect", ["stretch", "pad"])
@pytest.mark.parametrize("color", ["grey", "rgb"])
@pytest.mark.parametrize("size", [(16, 16), (24, 9)])
def test_pixels_are_those_of_the_image_store(one, folder, tmp_path, color, aspect, size):
    images = images_in(folder)
    store, thumbnails = stored(folder, images.paths, tmp_path, image_size=size, color=color, aspect=aspect)
    (member,) = one.members
    takes = InputFormat(color, size, aspect, None)
    other = replace(member, preprocessing=replace(member.preprocessing, input=takes))
    reader = make_reader(Ensemble((other,)))
    for number, path in enumerate(images.paths):
        row = reader(folder / path)
        assert (row.image == store[number]).all()
        assert (row.thumbnail == thumbnails[number]).all()


def test_probabilities_are_those_of_the_network_on_the_store(one, folder, tmp_path):
    images = images_in(folder)
    store, _ = stored(folder, images.paths, tmp_path, image_size=(16, 16), color="grey")
    expected = np.asarray(made_bundles.network()(store.astype(np.float32) / 255, training=False))
    found = predict_images(images, one, tmp_path / "chunks")
    assert found.rows == tuple(range(12))
    assert found.outputs["probabilities"][:, 0] == pytest.approx(expected, abs=1e-5)
    assert np.ptp(expected[:, 0]) > 0.01


def test_an_ensemble_asks_every_member(one, two, folder, tmp_path):
    images = images_in(folder)
    together = predict_images(images, two, tmp_path / "two").outputs
    alone = predict_images(images, one, tmp_path / "one").outputs
    assert together["probabilities"].shape == (12, 2, 2)
    assert together["probabilities"][:, 0] == pytest.approx(alone["probabilities"][:, 0], abs=1e-6)
    assert (together["probabilities"][:, 0] != together["probabilities"][:, 1]).any()


def test_members_must_belong_together(bundles, tmp_path):
    copy = made_bundles.copy(bundles[1], tmp_path)
    made_bundles.edit_preprocessing(copy, lambda content: content["input"].update(color="rgb"))
    with pytest.raises(PredictionError, match=r"they differ in color \(grey; rgb\)"):
        Ensemble.open([bundles[0], copy])
    copy = made_bundles.copy(bundles[1], tmp_path / "other")
    made_bundles.edit_preprocessing(copy, lambda content: content["input"].update(aspect="pad"))
    with pytest.raises(
        PredictionError, match=r"cannot predict together: they differ in aspect \(stretch; pad\)"
    ):
        Ensemble.open([bundles[0], copy])


def test_a_second_run_predicts_nothing_again(one, folder, tmp_path, counted):
    first = predict_images(images_in(folder), one, tmp_path / "chunks")
    second = predict_images(images_in(folder), one, tmp_path / "chunks")
    assert (first.reused, second.reused) == (0, 12)
    assert sum(counted) == 12
    assert all((first.outputs[name] == second.outputs[name]).all() for name in first.outputs)


@pytest.mark.parametrize("stops_after", [1, 2, 3, 5])
def test_a_run_goes_on_where_another_was_killed(
    one, folder, tmp_path, small_files, counted, monkeypatch, stops_after
):
    count = Ensemble.predict

    def stop(self, rows):
        if len(counted) == stops_after:
            raise KeyboardInterrupt
        return count(self, rows)

    with monkeypatch.context() as patch:
        patch.setattr(Ensemble, "predict", stop)
        with pytest.raises(KeyboardInterrupt):
            predict_images(images_in(folder), one, tmp_path / "chunks", workers=1)
    kept = stops_after // 2 * 4  # whole files
    counted.clear()
    found = predict_images(images_in(folder), one, tmp_path / "chunks")
    assert found.reused == kept
    assert sum(counted) == 12 - kept
    whole = predict_images(images_in(folder), one, tmp_path / "others")
    assert found.outputs["probabilities"] == pytest.approx(whole.outputs["probabilities"], abs=1e-6)
    assert (found.outputs["sha256"] == whole.outputs["sha256"]).all()


def test_a_changed_image_is_predicted_again(one, folder, tmp_path, counted):
    copy = tmp_path / "images"
    shutil.copytree(folder, copy)
    predict_images(images_in(copy), one, tmp_path / "chunks")
    counted.clear()
    cv2.imwrite(str(copy / "a/00.png"), np.zeros((20, 20), np.uint8))
    found = predict_images(images_in(copy), one, tmp_path / "chunks")
    assert counted == [1]
    assert found.outputs["height"].tolist() == [20] + 11 * [40]


def test_another_bundle_predicts_everything_again(one, two, folder, tmp_path, counted):
    predict_images(images_in(folder), one, tmp_path / "chunks")
    predict_images(images_in(folder), two, tmp_path / "chunks")
    assert sum(counted) == 24


def test_damaged_files_of_predictions_are_made_again(one, folder, tmp_path, small_files, counted):
    predict_images(images_in(folder), one, tmp_path / "chunks")
    first, *_ = sorted((tmp_path / "chunks").glob("*.npz"))
    first.write_bytes(first.read_bytes()[:100])
    counted.clear()
    assert predict_images(images_in(folder), one, tmp_path / "chunks").reused == 8
    assert sum(counted) == 4


def test_equal_images_are_each_in_the_result(one, folder, tmp_path, small_files):
    paths = ["a/00.png"] * 9 + ["b/01.png"]
    found = predict_images(ImageList(folder, tuple(paths)), one, tmp_path / "chunks")
    probabilities = found.outputs["probabilities"][:, 0]
    assert len(probabilities) == 10
    assert (probabilities[:9] == probabilities[0]).all()
    assert (probabilities[9] != probabilities[0]).any()


def test_unreadable_files_are_listed_and_not_fatal(one, folder, tmp_path):
    copy = tmp_path / "images"
    shutil.copytree(folder, copy)
    (copy / "a/00.png").write_bytes(b"no image")
    (copy / "b/01.png").write_bytes((copy / "b/01.png").read_bytes()[:60])
    images = images_in(copy)
    found = predict_images(ImageList(copy, (*images.paths, "missing.png")), one, tmp_path / "chunks")
    assert [each["path"] for each in found.unreadable] == ["a/00.png", "b/01.png", "missing.png"]
    assert all(each["reason"] for each in found.unreadable)
    assert len(found.rows) == len(found.outputs["score"]) == 10
    again = predict_images(ImageList(copy, (*images.paths, "missing.png")), one, tmp_path / "chunks")
    assert again.unreadable[0] == found.unreadable[0]


def test_nothing_readable_is_an_error(one, tmp_path):
    (tmp_path / "x.png").write_bytes(b"no image")
    with pytest.raises(PredictionError, match=r"None of 1 images in .* can be read \(x\.png: "):
        predict_images(images_in(tmp_path), one, tmp_path / "chunks")


def test_a_network_that_was_swapped_predicts_nothing(bundles, folder, tmp_path):
    copy = made_bundles.copy(bundles[0], tmp_path)
    shutil.copyfile(bundles[1] / "model.keras", copy / "model.keras")
    made_bundles.renew(copy, "model.keras")
    with pytest.raises(BundleError, match="It is another network"):
        predict_images(images_in(folder), Ensemble.open([copy]), tmp_path / "chunks")
    assert not (tmp_path / "chunks").exists()
