import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.explanation import class_maps as explaining
from s3f_pipeline.images.levels import DEFAULT_MAX_PIXELS
from s3f_pipeline.prediction import shown as showing
from s3f_pipeline.prediction.shown import pictures_to_show
from s3f_pipeline.prediction.sources import list_images


@pytest.fixture
def images(folder, tmp_path):
    return list_images(folder, ("a", "b"), label=None, patient=None, unpacked=tmp_path)


def table_of(count, **columns):
    rows = {"predicted": ["a", "b"] * (count // 2), "entropy": np.linspace(0, 1, count)}
    flags = {name: pd.array([None] * count, dtype="boolean") for name in ("ood", "twin")}
    return pd.DataFrame({**rows, **flags, **columns})


def show(images, table, ensemble):
    return pictures_to_show(images, range(len(table)), table, ensemble, DEFAULT_MAX_PIXELS)


def test_each_picture_has_the_grad_cam_of_its_predicted_class(images, one, monkeypatch):
    asked = []
    compute = explaining.class_maps

    def noted(model, pixels, classes):
        asked.append(classes.tolist())
        return compute(model, pixels, classes)

    monkeypatch.setattr(explaining, "class_maps", noted)
    found = show(images, table_of(12), one)
    assert found.without_maps is None
    assert asked == [[1, 0] * 6]
    for image, cells in found.pictures.values():
        assert (image.shape, cells.ndim) == ((16, 16, 1), 2)
        assert 0 <= cells.min() <= cells.max() <= 1


def test_several_networks_show_the_mean_of_their_maps(images, two, monkeypatch):
    heights = iter([0.2, 0.6])
    monkeypatch.setattr(
        explaining, "class_maps", lambda model, pixels, classes: np.full((len(pixels), 2, 2), next(heights))
    )
    found = show(images, table_of(12), two)
    assert {float(cells[0, 0]) for _, cells in found.pictures.values()} == {0.4}


def test_a_network_without_maps_says_why(images, one, monkeypatch):
    monkeypatch.setattr(explaining, "class_maps", lambda *given: "It has none.")
    found = show(images, table_of(12), one)
    assert found.without_maps == "It has none."
    assert [cells for _, cells in found.pictures.values()] == [None] * 12


def test_flagged_images_come_before_those_of_high_entropy(images, one, monkeypatch):
    monkeypatch.setattr(showing, "MOST_SHOWN", 3)
    flagged = pd.array([number == 1 for number in range(12)], dtype="boolean")
    assert list(show(images, table_of(12, twin=flagged), one).pictures) == [1, 11, 10]


def test_images_that_are_gone_by_now_are_left_out(images, one, folder, monkeypatch):
    monkeypatch.setattr(showing, "image_sources", lambda folder, paths, most: [folder / "gone"] * len(paths))
    assert show(images, table_of(12), one).pictures == {}
