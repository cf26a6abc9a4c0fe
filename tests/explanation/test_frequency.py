import numpy as np

from s3f_pipeline.explanation.frequency import removal_block
from s3f_pipeline.explanation.means import Grouped
from s3f_pipeline.explanation.passes import Store


def sees_a_checkerboard(images):
    """Probabilities of a network that knows the second class by the finest pattern there is alone."""
    signs = np.where(np.indices(images.shape[1:3]).sum(axis=0) % 2, 1.0, -1.0)
    found = np.abs((images[..., 0] * signs).mean(axis=(1, 2))) > 0.1
    return np.stack([~found, found], axis=1).astype(float)


def test_one_class_for_all_is_not_nearly_as_good_though_most_images_are_of_it():
    """Accuracy falls from 36 of 40 to 35 without the pattern, macro F1 from .64 to .47."""
    images = np.full((40, 8, 8, 1), 128, np.uint8)
    images[-1, :, :, 0] += (50 * (np.indices((8, 8)).sum(axis=0) % 2)).astype(np.uint8) * 2
    labels = np.repeat([0, 1], [35, 5])
    grouped = Grouped(("a", "b"), labels, np.arange(40), replicates=20, confidence=0.95, seed=0)
    store = Store(images, 16, lambda done: None)
    block = removal_block(store, np.arange(40), sees_a_checkerboard, grouped)
    assert block["unchanged"]["accuracy"] == 36 / 40
    assert {each["accuracy"] for each in block["low_pass"]} == {35 / 40}
    assert block["needed"]["up_to"] is None
    assert block["needed"]["above"] == max(each["high"] for each in block["high_pass"])
