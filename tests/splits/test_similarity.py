import cv2
import numpy as np
import pytest

from s3f_pipeline.images.thumbnails import thumbnail
from s3f_pipeline.splits import similarity
from s3f_pipeline.splits.similarity import local_similarity


@pytest.fixture(scope="module")
def head(slice_of_head):
    return thumbnail(slice_of_head(0))


def moved(image, matrix):
    return cv2.warpAffine(image, np.array(matrix, float), image.shape[::-1])


def test_an_image_is_like_itself(head):
    assert local_similarity(head, head) == pytest.approx(1)


@pytest.mark.parametrize("matrix", [
    [[1, 0, 1.5], [0, 1, -1.5]],
    [[1.04, 0, -2], [0, 1.04, -2]],
    [[1, 0.03, 0], [-0.03, 1, 0]],
], ids=["shift", "zoom", "rotation"])  # fmt: skip
def test_movement_is_undone(head, matrix):
    assert local_similarity(head, moved(head, matrix)) > 0.95


def lesion(seed, texture, width):
    """A faint spot on smooth skin, 200x150, on which a search for the alignment can go astray."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[-1:1:150j, -1:1:200j]
    spot = np.exp(-(((x / 0.35) ** 2 + (y / 0.5) ** 2) ** 2))
    skin = cv2.GaussianBlur(rng.normal(size=x.shape), (0, 0), width) * width * 3.5
    picture = 170 - 25 * spot + 3 * x + texture * skin + rng.normal(0, 1, x.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("seed", "texture", "width", "quality"), [(11, 2, 5, 80), (13, 2, 5, 80), (13, 4, 6, 90), (14, 4, 6, 90)]
)
def test_a_shift_of_a_smooth_image_is_undone(seed, texture, width, quality):
    picture = lesion(seed, texture, width)
    shifted = moved(picture, [[1, 0, 2.3], [0, 1, 1.8]])
    _, encoded = cv2.imencode(".jpg", shifted, [cv2.IMWRITE_JPEG_QUALITY, quality])
    copy = cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE)
    assert local_similarity(thumbnail(picture), thumbnail(copy), least=0.9) > 0.9


def test_pixels_that_only_one_image_clips_to_black_do_not_count(monkeypatch):
    noise = cv2.GaussianBlur(np.random.default_rng(0).normal(size=(128, 128)), (0, 0), 4)
    echoes = np.clip(noise / noise.std() * 25 + 30, 3, 255).astype(np.uint8)
    clipped = np.maximum(echoes, 25) - np.uint8(25)
    assert local_similarity(echoes, clipped) > 0.95
    monkeypatch.setattr(similarity, "SATURATED", -1)
    assert local_similarity(echoes, clipped) < 0.9


def test_a_caption_is_forgiven_but_a_lesion_of_another_shape_is_not(head):
    caption, lesion = head.copy(), head.copy()
    cv2.putText(caption, "L", (112, 122), cv2.FONT_HERSHEY_PLAIN, 0.8, 255)
    cv2.circle(lesion, (64, 64), 14, 220, -1)
    assert local_similarity(head, caption) > 0.95
    assert local_similarity(head, lesion) < 0.8


def test_different_heads_are_not_alike(slice_of_head):
    heads = [thumbnail(slice_of_head(head)) for head in range(6)]
    assert max(local_similarity(heads[0], other) for other in heads[1:]) < 0.8


@pytest.mark.parametrize("level", [0, 128, 255])
def test_nothing_is_like_a_blank_image(head, level):
    blank = np.full_like(head, level)
    assert local_similarity(head, blank) == -1
    assert local_similarity(blank, head) == -1
    assert local_similarity(blank, blank) == -1


def test_doubtful_pairs_that_differ_in_small_are_not_aligned_in_large(slice_of_head, head, monkeypatch):
    other = thumbnail(slice_of_head(1))
    sizes = []

    def search(first, *arguments):
        sizes.append(len(first))
        return _search(first, *arguments)

    _search = similarity._search
    monkeypatch.setattr(similarity, "_search", search)
    assert local_similarity(head, other, least=0.9, doubtful=True) < 0.7
    assert sizes == [32]
    assert local_similarity(head, other, least=0.9) < 0.7
    assert 64 in sizes


def test_doubt_does_not_change_what_twins_are_worth(head):
    for matrix in (
        [[1, 0, 1.5], [0, 1, -1.5]],
        [[0.9, 0, 5], [0, 0.9, 5]],
        [[0.97, 0.2, -9], [-0.2, 0.97, 14]],
    ):
        copy = moved(head, matrix)
        expected = local_similarity(head, copy, least=0.9)
        assert expected > 0.9
        assert local_similarity(head, copy, least=0.9, doubtful=True) == expected
