import cv2
import numpy as np
import pytest

from s3f_pipeline.images.masks import grey_values, mask_warnings

PICTURE = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (80, 80), np.uint8), (0, 0), 4)
MASK = np.where(PICTURE > 127, 255, 0).astype(np.uint8)


@pytest.mark.parametrize(
    ("image", "values"),
    [
        (PICTURE, "many"),
        (MASK, "few"),
        (MASK // 255, "few"),
        (MASK // 255 + 2 * (PICTURE > 140).astype(np.uint8), "few"),
        (cv2.imdecode(cv2.imencode(".jpg", cv2.resize(MASK, (800, 800), interpolation=0))[1], 0), "few"),
        (np.full((8, 8), 3, np.uint8), "one"),
        (np.full((900, 900), 3, np.uint8), "one"),
        (np.pad(np.full((1, 1), 9, np.uint8), 400), "few"),
        (np.clip(PICTURE.astype(int) * 3 - 255, 0, 255).astype(np.uint8), "many"),
    ],
)
def test_masks_are_known_by_few_grey_values(image, values):
    assert grey_values(image) == values


def side_by_side(one, other, count=12):
    return {f"c/{part}/c-{n}.png": "c" for n in range(count) for part in (one, other)}


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        (side_by_side("images", "masks"), "c/images and c/masks (12 names)"),
        ({"c/a.png": "c", "c/a_mask.png": "c", "c/b.png": "c"}, "c/a.png and c/a_mask.png"),
        ({"c/a.png": "c", "c/a.jpg": "c"}, "c/a.jpg and c/a.png"),
        ({"c/a.png": "c", "c/b.png": "c", "d/a.png": "d"}, None),
        ({f"{label}/{n}.png": label for label in "cd" for n in range(20)}, None),
        ({f"c/patient {p}/{n}.png": "c" for p in range(3) for n in range(20)}, None),
    ],
)
def test_images_of_one_name_side_by_side(labels, told):
    warnings = mask_warnings(labels, [])
    assert len(warnings) == (told is not None)
    assert all(told in warning for warning in warnings)


def test_folders_with_masks_are_named_with_their_counts():
    labels = side_by_side("images", "masks")
    masks = [path for path in labels if "/masks/" in path]
    first, _ = mask_warnings(labels, masks)
    assert first.startswith("12 images have nearly two grey values, as masks have: 12 in c/masks.")
