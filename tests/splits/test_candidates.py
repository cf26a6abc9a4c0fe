import itertools

import numpy as np
import pytest

from s3f_pipeline.splits import candidates
from s3f_pipeline.splits.candidates import candidate_pairs


def hashes_of(index):
    return np.array([int(digits, 16) for digits in index["phash"]], np.uint64)


@pytest.fixture(scope="module")
def cohort(slice_of_head, distortions, indexed):
    images = {f"{head}": slice_of_head(head) for head in range(12)}
    images |= {f"{head} moved": distortions["shift_left"](images[f"{head}"]) for head in range(12)}
    index, thumbnails = indexed(images)
    return hashes_of(index), thumbnails


@pytest.mark.parametrize("radius", [0, 10, 24, 64])
def test_are_all_pairs_within_the_radius(cohort, radius):
    hashes, thumbnails = cohort
    pairs, hamming = candidate_pairs(hashes, thumbnails, hash_radius=radius, tangent_similarity=0)
    distances = {
        (i, j): (int(hashes[i]) ^ int(hashes[j])).bit_count()
        for i, j in itertools.combinations(range(len(hashes)), 2)
    }
    expected = {pair: distance for pair, distance in distances.items() if distance <= radius}
    assert dict(zip(map(tuple, pairs.tolist()), hamming.tolist(), strict=True)) == expected


def test_do_not_depend_on_how_the_rows_are_divided(cohort, monkeypatch):
    whole = candidate_pairs(*cohort, hash_radius=30, tangent_similarity=0.8)
    monkeypatch.setattr(candidates, "CHUNK", 5)
    divided = candidate_pairs(*cohort, hash_radius=30, tangent_similarity=0.8)
    for expected, got in zip(whole, divided, strict=True):
        np.testing.assert_array_equal(got, expected)


def test_tangent_similarity_keeps_the_moved_and_drops_the_rest(cohort):
    pairs, _ = candidate_pairs(*cohort, hash_radius=64, tangent_similarity=0.95)
    assert {(i, i + 12) for i in range(12)} <= set(map(tuple, pairs.tolist()))
    assert len(pairs) < 30  # of 276


def test_brightness_and_contrast_change_nothing(slice_of_head):
    image = slice_of_head(0)[:128, :128] // 2
    thumbnails = np.stack([image, image + np.uint8(40), image * 2])
    pairs, _ = candidate_pairs(np.zeros(3, np.uint64), thumbnails, hash_radius=0, tangent_similarity=0.999)
    assert pairs.tolist() == [[0, 1], [0, 2], [1, 2]]


def test_one_image_has_no_pair():
    hashes, thumbnails = np.zeros(1, np.uint64), np.zeros((1, 128, 128), np.uint8)
    pairs, hamming = candidate_pairs(hashes, thumbnails, hash_radius=64, tangent_similarity=0)
    assert pairs.shape == (0, 2)
    assert hamming.shape == (0,)
