import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_class_weight

from s3f_pipeline.backend.distribution import Spread
from s3f_pipeline.process_group import Process
from s3f_pipeline.training.batches import ImageBatches, balanced_class_weights

IMAGES = np.arange(10 * 2 * 2, dtype=np.uint8).reshape(10, 2, 2, 1)


def test_images_are_scaled_and_labels_stay_with_them():
    rows, labels = np.array([7, 3, 5]), np.array([2, 0, 1])
    batches = ImageBatches(IMAGES, rows, labels=labels, batch_size=2, seed=0)
    seen = {}
    for number in range(batches.num_batches):
        images, chosen = batches[number]
        assert images.dtype == np.float32
        for image, label in zip(images, chosen, strict=True):
            seen[round(float(image[0, 0, 0]) * 255 / 4)] = int(label)
    assert seen == {7: 2, 3: 0, 5: 1}


@given(st.integers(1, 10), st.integers(1, 12), st.integers(0, 3), st.integers(0, 3))
def test_every_row_comes_once_per_epoch(count, batch_size, seed, epochs):
    batches = ImageBatches(IMAGES, np.arange(count), batch_size=batch_size, seed=seed)
    for _ in range(epochs):
        batches.on_epoch_end()
    first_pixels = np.concatenate([batches[n][:, 0, 0, 0] for n in range(batches.num_batches)])
    assert sorted(np.rint(first_pixels * 255 / 4)) == list(range(count))


def order(seed, epochs):
    batches = ImageBatches(IMAGES, np.arange(10), batch_size=10, seed=seed)
    for _ in range(epochs):
        batches.on_epoch_end()
    return np.rint(batches[0][:, 0, 0, 0] * 255 / 4).astype(int).tolist()


def test_the_order_follows_seed_and_epoch_alone():
    assert order(1, 2) == order(1, 2)
    assert order(1, 2) != order(1, 3)
    assert order(1, 2) != order(2, 2)


def test_without_a_seed_the_order_is_kept():
    batches = ImageBatches(IMAGES, np.array([4, 2, 9]), batch_size=2)
    assert np.rint(batches[0][:, 0, 0, 0] * 255 / 4).tolist() == [4, 2]


def test_weights_come_with_their_image():
    batches = ImageBatches(
        IMAGES,
        np.arange(4),
        labels=np.array([0, 1, 0, 1]),
        sample_weights=np.array([1.0, 2.0, 1.0, 2.0]),
        batch_size=4,
        seed=0,
    )
    _, labels, weights = batches[0]
    np.testing.assert_array_equal(weights, labels + 1)


@pytest.mark.parametrize("labels", [[0, 0, 0, 1], [0, 1, 2, 2, 1, 1]])
def test_class_weights_are_scikit_learns(labels):
    labels = np.array(labels)
    expected = compute_class_weight("balanced", classes=np.unique(labels), y=labels)
    np.testing.assert_allclose(balanced_class_weights(labels, labels.max() + 1), expected)


def test_what_devices_cannot_share_evenly_is_left_out_others_each_epoch():
    images = np.arange(11, dtype=np.uint8).reshape(11, 1, 1, 1)
    batches = ImageBatches(
        images, np.arange(11), batch_size=4, labels=np.arange(11), seed=0, spread=Spread(2)
    )
    seen = []
    for _ in range(2):
        labels = [batches[number][1] for number in range(batches.num_batches)]
        assert [len(part) for part in labels] == [4, 4, 2]
        seen.append(set(np.concatenate(labels).tolist()))
        batches.on_epoch_end()
    assert len(seen[0]) == len(seen[1]) == 10
    assert seen[0] != seen[1]


def test_processes_take_parts_of_the_same_batches():
    images = np.arange(12, dtype=np.uint8).reshape(12, 1, 1, 1)
    whole, first, second = (
        ImageBatches(images, np.arange(12), batch_size=8, labels=np.arange(12), seed=0, spread=spread)
        for spread in (Spread(2), Spread(2, Process(0, 2)), Spread(2, Process(1, 2)))
    )
    for number in range(2):
        for all_of_it, *parts in zip(whole[number], first[number], second[number], strict=True):
            np.testing.assert_array_equal(np.concatenate(parts), all_of_it)
