from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3f_pipeline.recipe import UNCHANGED, Augmentation
from s3f_pipeline.training import augmentation as module
from s3f_pipeline.training.augmentation import mix_amplitudes, swapped_classes
from s3f_pipeline.training.batches import ImageBatches

EVERYTHING = Augmentation(0.3, "both", 20, 0.1, 0.2, 0.3, 0.5)


def picture(height=20, width=16, channels=3, seed=0):
    return np.random.default_rng(seed).uniform(size=(height, width, channels)).astype(np.float32)


def vary(augmentation, image, seed=0):
    return module.vary(
        augmentation, image, np.random.default_rng(seed), lambda: picture(*image.shape, seed=9)
    )


def test_by_default_nothing_changes():
    np.testing.assert_array_equal(vary(UNCHANGED, picture()), picture())


@given(
    st.builds(
        Augmentation,
        crop=st.floats(0.01, 1),
        flip=st.sampled_from(["none", "horizontal", "both"]),
        rotation=st.floats(0, 180),
        shift=st.floats(0, 0.99),
        brightness=st.floats(0, 0.99),
        contrast=st.floats(0, 0.99),
        spectral_mixing=st.floats(0, 1),
    ),
    st.integers(1, 9),
    st.integers(1, 9),
    st.sampled_from([1, 3]),
    st.integers(0, 2**32),
)
def test_shape_type_and_range_stay(augmentation, height, width, channels, seed):
    varied = vary(augmentation, picture(height, width, channels), seed)
    assert varied.shape == (height, width, channels)
    assert varied.dtype == np.float32
    assert 0 <= varied.min() <= varied.max() <= 1


def test_flips_mirror_every_other_time():
    image = picture()
    flipped = [vary(Augmentation(flip="horizontal"), image, seed) for seed in range(200)]
    mirrored = [np.array_equal(each, image[:, ::-1]) for each in flipped]
    assert all(m or np.array_equal(each, image) for m, each in zip(mirrored, flipped, strict=True))
    assert 70 < sum(mirrored) < 130


def test_a_shift_moves_by_at_most_its_share():
    image = np.zeros((40, 40, 1), np.float32)
    image[20, 20] = 1
    for seed in range(50):
        moved = vary(Augmentation(shift=0.1), image, seed)
        centre = (np.argwhere(moved[..., 0]) * moved[moved > 0][:, None]).sum(0) / moved.sum()
        assert np.abs(centre - 20).max() <= 4.1


@given(st.floats(0.05, 0.99), st.integers(0, 2**32))
def test_a_crop_keeps_its_share_of_the_area(least, seed):
    ramp = np.stack(np.meshgrid(np.arange(400), np.arange(400)), -1).astype(np.float32) / 399
    cropped = vary(Augmentation(crop=least), ramp, seed)
    sides = [(cropped[..., axis].max() - cropped[..., axis].min()) * 399 + 1 for axis in (0, 1)]
    assert sides[0] * sides[1] / 400**2 >= least - 0.01


def test_large_crops_are_as_rare_as_in_torchvision():
    """Of crops of at least 8 % of a square, 15 % are above three quarters of it (simulated apart)."""
    ramp = np.stack(np.meshgrid(np.arange(64), np.arange(64)), -1).astype(np.float32) / 63
    shares = []
    for seed in range(1000):
        cropped = vary(Augmentation(crop=0.08), ramp, seed)
        rows, columns = ((cropped[..., axis].max() - cropped[..., axis].min()) * 63 + 1 for axis in (0, 1))
        shares.append(rows * columns / 64**2)
    assert np.mean(np.array(shares) > 0.75) == pytest.approx(0.15, abs=0.04)
    assert np.mean(shares) == pytest.approx(0.48, abs=0.03)


def test_amplitudes_of_the_other_image_and_phases_of_this_one():
    image, other = picture(seed=1), picture(seed=2)
    np.testing.assert_allclose(mix_amplitudes(image, other, 0.0), image, atol=1e-6)
    wholly = np.fft.rfft2(mix_amplitudes(image, other, 1.0), axes=(0, 1))
    np.testing.assert_allclose(np.abs(wholly), np.abs(np.fft.rfft2(other, axes=(0, 1))), atol=1e-4)
    before = np.fft.rfft2(image, axes=(0, 1))
    np.testing.assert_allclose(wholly * np.abs(before), before * np.abs(wholly), atol=1e-3)


def test_classes_that_a_mirror_swaps():
    assert swapped_classes(["bladder", "femur-left", "femur-right", "left atrium"]) == ["femur-left"]


@pytest.mark.parametrize("name", [field.name for field in fields(Augmentation)])
def test_each_setting_does_something(name):
    only = Augmentation(**{name: getattr(EVERYTHING, name)})
    assert any(not np.array_equal(vary(only, picture(), seed), picture()) for seed in range(4))


def batches(batch_size, epoch=0, augmentation=EVERYTHING):
    images = np.random.default_rng(0).integers(0, 256, (12, 8, 8, 1), np.uint8)
    made = ImageBatches(
        images, np.arange(12), labels=np.arange(12), batch_size=batch_size, seed=3, epoch=epoch,
        augmentation=augmentation,
    )  # fmt: skip
    pairs = [made[number] for number in range(made.num_batches)]
    order = np.argsort(np.concatenate([labels for _, labels in pairs]))
    return np.concatenate([part for part, _ in pairs])[order]


def test_the_variation_follows_from_seed_epoch_and_image_alone():
    np.testing.assert_array_equal(batches(4), batches(5))
    assert not np.array_equal(batches(4), batches(4, epoch=1))
    assert not np.array_equal(batches(4), batches(4, augmentation=UNCHANGED))


def test_contrast_changes_the_distance_to_the_mean():
    image = picture() / 4 + 0.375
    varied = [vary(Augmentation(contrast=0.3), image, seed) for seed in range(20)]
    factors = [(each - each.mean()).std() / image.std() for each in varied]
    assert 0.7 < min(factors) < 0.85 < 1.15 < max(factors) < 1.3
    for each, factor in zip(varied, factors, strict=True):
        np.testing.assert_allclose(each, image.mean() + factor * (image - image.mean()), atol=1e-5)
