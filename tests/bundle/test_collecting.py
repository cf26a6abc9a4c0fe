import made_bundles
import numpy as np

from s3f_pipeline.bundle import collecting
from s3f_pipeline.bundle.collecting import FLAGGED_SHARE, collect_references
from s3f_pipeline.bundle.likeness import Neighbours, hash_number
from s3f_pipeline.bundle.network import FeatureNetwork
from s3f_pipeline.images.thumbnails import thumbnail


def collected(training=40, validation=100, **images):
    pixels = made_bundles.images_of(training + validation, **images)
    thumbnails = np.stack([thumbnail(image[..., 0]) for image in pixels])
    rows = np.arange(len(pixels))
    network = FeatureNetwork(made_bundles.network())
    return pixels, network, collect_references(network, pixels, thumbnails, rows[:training], rows[training:])


def test_at_most_the_stated_share_of_validation_images_is_flagged():
    pixels, network, (kept, facts) = collected()
    outputs = network(pixels[40:])
    found = Neighbours(kept.features.astype(np.float32), facts.neighbours).distances(outputs.features)
    share = (found.score > facts.flagged_from).mean()
    assert 0 < share <= FLAGGED_SHARE


def test_training_images_are_near_themselves():
    pixels, network, (kept, facts) = collected()
    features = network(pixels[:40]).features
    found = Neighbours(kept.features.astype(np.float32), facts.neighbours).distances(features)
    assert found.nearest.max() < 2e-3
    assert kept.hashes[3] == hash_number(thumbnail(pixels[3, ..., 0]))


def test_few_validation_images_give_no_border():
    *_, (_, facts) = collected(validation=18)
    assert facts.flagged_from is None


def test_feature_vectors_stay_below_their_size(monkeypatch):
    network = FeatureNetwork(made_bundles.network())
    monkeypatch.setattr(collecting, "MOST_BYTES", 25 * 2 * network.features)
    *_, (kept, facts) = collected()
    assert kept.features.shape == (25, network.features)
    assert facts.images == 25
    assert facts.training_images == len(kept.hashes) == 40
    again = collected()[2][0]
    assert (again.features == kept.features).all()


def test_hashes_that_tell_nothing_flag_nothing():
    """All images are one and the same picture, so that validation images look like twins."""
    pixels = np.repeat(made_bundles.images_of(1), 60, axis=0)
    thumbnails = np.stack([thumbnail(image[..., 0]) for image in pixels])
    rows = np.arange(60)
    network = FeatureNetwork(made_bundles.network())
    _, facts = collect_references(network, pixels, thumbnails, rows[:30], rows[30:])
    assert facts.twin_bits is None
    assert facts.twin_share is None
