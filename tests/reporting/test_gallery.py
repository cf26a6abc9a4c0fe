import cv2
import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.reporting.gallery import EXAMPLES, LARGEST_SIDE, MOST_ERRORS, choose_gallery

CLASSES = ("a", "b", "c")


def tables(number=60):
    ids = [f"i{place:03d}" for place in range(number)]
    index = pd.DataFrame({"image_id": ids, "label": [CLASSES[place % 2] for place in range(number)]})
    groups = [f"g{place // 4}" for place in range(number)]
    split = ["train" if place < number // 2 else "test" for place in range(number)]
    splits = pd.DataFrame({"image_id": ids, "group": groups, "split": split})
    test = splits[splits["split"] == "test"].merge(index, on="image_id")
    sure = np.linspace(0.5, 0.9, len(test))
    test = test.assign(predicted="a", p_a=sure, p_b=1 - sure, p_c=0.0)
    return index, splits, test


def chosen(images, **changed):
    index, splits, test = tables()
    return choose_gallery(index, images, splits, test.assign(**changed), CLASSES)


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(256, size=(60, 16, 24, 1), dtype=np.uint8)


def test_examples_are_training_images_of_their_class_and_of_different_groups(images):
    index, splits, _ = tables()
    known = splits.merge(index, on="image_id").set_index("image_id")
    for of_class in chosen(images).examples:
        assert all(known.loc[list(of_class.image_ids), "split"] == "train")
        assert all(known.loc[list(of_class.image_ids), "label"] == of_class.label)
        assert known.loc[list(of_class.image_ids), "group"].is_unique
        assert len(of_class.pictures) == len(of_class.image_ids) == (0 if of_class.label == "c" else EXAMPLES)


def test_errors_are_the_surest_wrong_ones_of_different_groups(images):
    gallery = chosen(images)
    assert gallery.all_errors == 15
    assert len(gallery.errors) == min(MOST_ERRORS, 8)
    sure = [error.probability for error in gallery.errors]
    assert sure == sorted(sure, reverse=True)
    assert {(error.label, error.predicted) for error in gallery.errors} == {("b", "a")}
    assert len({error.group for error in gallery.errors}) == len(gallery.errors)


def test_no_error_is_no_picture(images):
    _, _, test = tables()
    assert chosen(images, predicted=test["label"].to_numpy()).errors == ()


@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_keep_form_and_colours(channels):
    images = np.zeros((60, 400, 800, channels), np.uint8)
    images[..., 0] = 200
    picture = chosen(images).examples[0].pictures[0]
    shown = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert shown.shape[:2] == (LARGEST_SIDE // 2, LARGEST_SIDE)
    assert abs(int(shown[5, 5, 0]) - 200) < 5
    assert (shown[5, 5, 2] > 100) == (channels == 1)
