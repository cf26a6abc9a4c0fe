"""What becomes of the decision when a branch is told nothing, or something else.

The value of a pair of vectors (s, t) is v = log p(true class) of the head. All figures are of single images;
means over them and their intervals are made in ``branches``.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s3f_pipeline.explanation.logits import directions, log_probabilities

Floats = NDArray[np.float64]
Vectors = list[NDArray[np.float32]]
Head = Callable[[Vectors], NDArray[np.float32]]
"""From a vector of each branch per image to logits."""
DRAWS = 8
"""Permutations, and training images per test image."""


@dataclass(frozen=True)
class Task:
    """What is asked of the head.

    Attributes:
        head: Of the network.
        vectors: Of the test images, by branch.
        labels: True class numbers, shape (n,).
        groups: Group of each image, shape (n,).
    """

    head: Head
    vectors: Vectors
    labels: NDArray[np.int64]
    groups: NDArray[np.int64]

    def value(self, vectors: Vectors) -> tuple[Floats, Floats]:
        """Log-probability of the true class, and 1 where the predicted class is the true one, else 0."""
        values = log_probabilities(self.head(vectors))
        right = values.argmax(axis=1) == self.labels
        return values[np.arange(len(self.labels)), self.labels], right.astype(np.float64)

    def with_branch(self, branch: int, vectors: NDArray[np.float32]) -> Vectors:
        """The vectors of the test images, those of one branch replaced."""
        return [vectors if number == branch else each for number, each in enumerate(self.vectors)]

    def drop(self, branch: int, replacements: list[NDArray[np.float32]]) -> dict[str, Floats]:
        """How much worse it gets with other vectors of a branch, mean over several replacements.

        Returns:
            ``log_likelihood_drop`` (nats) and ``accuracy_drop``, of shape (n,); above 0: the branch helps.
        """
        before = self.value(self.vectors)
        after = [self.value(self.with_branch(branch, each)) for each in replacements]
        log_likelihood, accuracy = (
            of_before - np.mean(of_after, axis=0)
            for of_before, of_after in zip(before, zip(*after, strict=True), strict=True)
        )
        return {"log_likelihood_drop": log_likelihood, "accuracy_drop": accuracy}


def replaced_by_mean(task: Task, branch: int, training: Vectors) -> dict[str, Floats]:
    """Drop when the branch says the same of every image, the mean of the training images."""
    mean = training[branch].mean(axis=0, dtype=np.float64).astype(np.float32)
    return task.drop(branch, [np.broadcast_to(mean, task.vectors[branch].shape)])


def permuted(task: Task, branch: int, seed: int) -> dict[str, Floats] | None:
    """Drop when the branch says what it says of an image of another group; ``None`` if there is one group."""
    rng = np.random.default_rng((seed, branch))
    donors = [other_group(task.groups, rng) for _ in range(DRAWS)]
    if any(each is None for each in donors):
        return None
    return task.drop(branch, [task.vectors[branch][each] for each in donors])


def other_group(groups: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64] | None:
    """For each image another one, drawn from those of other groups; ``None`` if there are none.

    Args:
        groups: Group of each image, shape (n,).
        rng: Draws.
    """
    order = np.argsort(groups, kind="stable")
    _, first, sizes = np.unique(groups[order], return_index=True, return_counts=True)
    n = len(groups)
    if len(sizes) < 2:
        return None
    numbers = np.repeat(np.arange(len(sizes)), sizes)
    step = (rng.random(n) * (n - sizes[numbers])).astype(np.int64)
    donors = np.empty(n, np.int64)
    donors[order] = order[(first[numbers] + sizes[numbers] + step) % n]
    return donors


def shapley(task: Task, branch: int, baselines: list[Vectors]) -> dict[str, Floats]:
    """Shapley value of a branch of two, ``½[(v(s,t) - v(s̄,t)) + (v(s,t̄) - v(s̄,t̄))]``, v in nats.

    Args:
        task: Whose head has two branches.
        branch: Number of the branch.
        baselines: Vectors of both branches that stand for knowing nothing, of the shapes of the test images';
            the mean over several is taken.

    Returns:
        ``log_likelihood`` of shape (n,). Both branches add up to ``v(s,t) - v(s̄,t̄)``.
    """
    whole, _ = task.value(task.vectors)
    found = []
    for baseline in baselines:
        without, _ = task.value(task.with_branch(branch, baseline[branch]))
        alone, _ = task.value(task.with_branch(1 - branch, baseline[1 - branch]))
        nothing, _ = task.value(baseline)
        found.append(((whole - without) + (alone - nothing)) / 2)
    return {"log_likelihood": np.mean(found, axis=0)}


def mean_baseline(task: Task, training: Vectors) -> list[Vectors]:
    """The mean vectors of the training images."""
    means = [each.mean(axis=0, dtype=np.float64).astype(np.float32) for each in training]
    shapes = (each.shape for each in task.vectors)
    return [[np.broadcast_to(mean, shape) for mean, shape in zip(means, shapes, strict=True)]]


def drawn_baselines(task: Task, training: Vectors, seed: int) -> list[Vectors]:
    """Vectors of training images drawn at random, as a mean may be like no image at all."""
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(training[0]), size=(DRAWS, len(task.labels)))
    return [[each[rows] for each in training] for rows in drawn]


def linear_contributions(
    task: Task, training: Vectors, kernel: NDArray[np.float32]
) -> list[dict[str, Floats]]:
    """Exact contribution to the logit of the true class where logits are linear in all vectors.

    ``w_b · (b - mean b)``, with the mean over the training images.

    Args:
        task: Of a network that concatenates.
        training: Vectors of the training images.
        kernel: Weights of the logits, (features of all branches, outputs), in the order of the branches.

    Returns:
        Of each branch ``logit`` and ``absolute_logit``, of shape (n,).
    """
    asked = directions(task.labels, kernel.shape[1]).astype(np.float64)
    ends = np.cumsum([each.shape[1] for each in task.vectors])[:-1]
    found = []
    for vectors, known, weights in zip(task.vectors, training, np.split(kernel, ends), strict=True):
        centred = vectors - known.mean(axis=0, dtype=np.float64)
        logit = ((centred @ weights) * asked).sum(axis=1)
        found.append({"logit": logit, "absolute_logit": np.abs(logit)})
    return found
