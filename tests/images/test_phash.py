import cv2
import numpy as np
import pytest

from s3f_pipeline.images.phash import perceptual_hash


def cloud(seed, shape=(160, 200)):
    noise = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 12)
    return cv2.normalize(smooth, None, 20, 220, cv2.NORM_MINMAX).astype(np.uint8)


def differing_bits(first, second):
    return (int(perceptual_hash(first), 16) ^ int(perceptual_hash(second), 16)).bit_count()


def test_is_64_bits_in_hexadecimal():
    digits = perceptual_hash(cloud(0))
    assert len(digits) == 16
    assert 0 <= int(digits, 16) < 2**64


def test_half_of_the_frequencies_are_above_their_median():
    assert int(perceptual_hash(cloud(0)), 16).bit_count() in (31, 32, 33)


@pytest.mark.parametrize(
    "change",
    [
        lambda image: cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
        lambda image: cv2.resize(image, None, fx=1.5, fy=1.5),
        lambda image: (image * 0.9).astype(np.uint8),
        lambda image: image + np.uint8(20),
        lambda image: cv2.GaussianBlur(image, (0, 0), 1),
    ],
    ids=["half", "larger", "darker", "brighter", "blurred"],
)
def test_copies_differ_in_few_bits(change):
    assert max(differing_bits(cloud(seed), change(cloud(seed))) for seed in range(20)) <= 4


def test_different_pictures_differ_in_many_bits():
    hashes = [int(perceptual_hash(cloud(seed)), 16) for seed in range(20)]
    distances = [(a ^ b).bit_count() for i, a in enumerate(hashes) for b in hashes[:i]]
    assert min(distances) > 12
    assert np.mean(distances) == pytest.approx(32, abs=3)


def test_the_border_does_not_matter():
    image = cloud(3)
    framed = image.copy()
    framed[:5], framed[-5:], framed[:, :6], framed[:, -6:] = 0, 255, 0, 255
    assert differing_bits(image, framed) == 0


def test_a_black_image_has_a_hash():
    assert perceptual_hash(np.zeros((28, 28), np.uint8)) == "0" * 16
