import numpy as np

from s3f_pipeline.explanation.branches import agreement, influence_block, shares_block
from s3f_pipeline.explanation.influence import Task
from s3f_pipeline.explanation.means import Grouped

NAMES = ("spatial", "spectral")


def vectors_of(labels, *, seed=0):
    """Two vectors per image, each of which tells the class."""
    rng = np.random.default_rng(seed)
    of_class = np.eye(3)[labels]
    return [
        (of_class @ rng.normal(size=(3, size)) + 0.3 * rng.normal(size=(len(labels), size))).astype(
            np.float32
        )
        for size in (6, 4)
    ]


def asked(head, *, labels, groups=None, vectors=None, training=None, kernel=None):
    """Blocks of the branches of a head on test images of three classes."""
    groups = np.arange(len(labels)) if groups is None else groups
    vectors = vectors_of(labels) if vectors is None else vectors
    training = vectors if training is None else training
    grouped = Grouped(["a", "b", "c"], labels, groups, replicates=200, confidence=0.95, seed=0)
    task = Task(head, vectors, labels, groups)
    shares = shares_block(NAMES, vectors, grouped)
    found = influence_block(NAMES, task, training, grouped, kernel=kernel, seed=0)
    return shares, found, agreement(shares, found)
