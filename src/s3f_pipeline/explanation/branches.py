"""Branches of a network: how large their vectors are, and what the decision owes to them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from s3f_pipeline.explanation import influence
from s3f_pipeline.explanation.influence import Task, Vectors
from s3f_pipeline.explanation.means import Grouped
from s3f_pipeline.explanation.shares import balanced_shares, l2_shares

MARGIN = 25.0
"""Percentage points between the two shares of a branch from which on they tell different stories."""
EVEN = 50.0


def shares_block(names: tuple[str, ...], vectors: Vectors, grouped: Grouped) -> dict[str, Any]:
    """State the published shares, mean over images of the share of each image, in percent.

    Args:
        names: Of the branches.
        vectors: Of the test images, by branch.
        grouped: The test images.

    Returns:
        ``l2`` and ``balanced`` (the Balanced Contribution Score), each as ``Grouped.means`` by branch.
    """
    return {
        "l2": grouped.means(dict(zip(names, l2_shares(vectors).T, strict=True))),
        "balanced": grouped.means(dict(zip(names, balanced_shares(vectors).T, strict=True))),
    }


def influence_block(
    names: tuple[str, ...],
    task: Task,
    training: Vectors,
    grouped: Grouped,
    *,
    kernel: NDArray[np.float32] | None,
    seed: int,
) -> dict[str, Any]:
    """State what the decision owes to each branch.

    Args:
        names: Of the branches, two.
        task: The test images and the head.
        training: Vectors of training images, by branch.
        grouped: The test images.
        kernel: Weights of the logits where these are linear in the vectors, else ``None``.
        seed: Of permutations and draws.

    Returns:
        ``methods`` {method: {branch: as ``Grouped.means``}}; ``share`` {branch: percent} of each branch in
        the drops of log-likelihood under permutation (a gain counts as 0), ``None`` without one;
        ``difference`` of these drops, first less second branch, with its interval; ``None`` of what needs
        several groups.
    """
    drops = [influence.permuted(task, branch, seed) for branch in range(2)]
    by_method: dict[str, list[Any]] = {
        "replaced_by_mean": [influence.replaced_by_mean(task, branch, training) for branch in range(2)],
        "permuted": drops,
        "shapley_mean": _shapley(task, influence.mean_baseline(task, training)),
        "shapley_drawn": _shapley(task, influence.drawn_baselines(task, training, seed)),
    }
    if kernel is not None:
        by_method["linear"] = influence.linear_contributions(task, training, kernel)
    stated = {
        method: {name: grouped.means(figures) for name, figures in zip(names, found, strict=True)}
        for method, found in by_method.items()
        if None not in found
    }
    permuted = [each["log_likelihood_drop"] for each in drops if each is not None]
    return {
        "methods": stated,
        "share": _share(names, permuted),
        "difference": _difference(permuted, grouped),
    }


def agreement(shares: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """Hold the published score against the influence, by a fixed rule.

    A branch is named by the score if the interval of its balanced share is above 50 %, by the influence if
    the interval of the difference of the drops under permutation is on its side of 0. They disagree where
    they name different branches, or where a branch that the influence names has a share of the drops that
    is 25 points or more away from its balanced share; they agree where they name the same one otherwise.

    Args:
        shares: As ``shares_block`` returns it.
        found: As ``influence_block`` returns it.

    Returns:
        ``verdict`` (``agree``, ``disagree`` or ``undecided``), ``named_by_score`` and ``named_by_influence``
        (a branch or ``None``).
    """
    balanced = shares["balanced"]["overall"]
    first, second = balanced["values"]
    by_score = _named(balanced["intervals"][first], EVEN, first, second)
    difference = found["difference"]
    by_influence = _named(difference["interval"], 0.0, first, second) if difference else None
    apart = found["share"] and abs(found["share"][first] - balanced["values"][first]) >= MARGIN
    if by_influence is None:
        verdict = "undecided"
    elif apart or (by_score is not None and by_score != by_influence):
        verdict = "disagree"
    else:
        verdict = "agree" if by_score else "undecided"
    return {"verdict": verdict, "named_by_score": by_score, "named_by_influence": by_influence}


def _shapley(task: Task, baselines: list[Vectors]) -> list[dict[str, NDArray[np.float64]]]:
    return [influence.shapley(task, branch, baselines) for branch in range(2)]


def _share(names: tuple[str, ...], drops: list[NDArray[np.float64]]) -> dict[str, float] | None:
    gains = [max(float(each.mean()), 0.0) for each in drops]
    total = sum(gains)
    return {name: 100 * each / total for name, each in zip(names, gains, strict=True)} if total else None


def _difference(drops: list[NDArray[np.float64]], grouped: Grouped) -> dict[str, Any] | None:
    if not drops:
        return None
    first, second = drops
    values = first - second
    return {"value": float(values.mean()), "interval": grouped.interval_of_mean(values)}


def _named(interval: dict[str, Any], even: float, first: str, second: str) -> str | None:
    if interval["low"] > even:
        return first
    return second if interval["high"] < even else None
