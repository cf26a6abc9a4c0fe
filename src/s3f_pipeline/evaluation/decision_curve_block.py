"""Net benefit of acting on the network, with its band: the block ``decision_curve`` of the metrics."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from s3f_pipeline.evaluation.decision_curve import at_prevalence, benefit_of_all, net_benefits
from s3f_pipeline.evaluation.estimates import estimates
from s3f_pipeline.evaluation.operating_block import POSITIVE
from s3f_pipeline.evaluation.sample import Sample
from s3f_pipeline.evaluation.temperature import scale

POINTS = 50


def decision_curve_block(
    validation: Sample,
    test: Sample,
    weights: NDArray[np.int32],
    *,
    temperature: float,
    prevalence: float,
    thresholds: tuple[float, float],
    confidence: float,
) -> dict[str, Any] | None:
    """Net benefit of the network, of acting on every image and of acting on none (which is 0).

    Probabilities are those at the temperature, moved from the share of positives in validation to the
    prevalence.

    Args:
        validation: The images that the probabilities were calibrated on.
        test: The test images.
        weights: How often each test group counts, shape (1 + replicates, groups), first a row of ones.
        temperature: Fitted on validation.
        prevalence: Share of positives where the network is to be used, inside (0, 1).
        thresholds: Lowest and highest probability from which on somebody would act.
        confidence: Nominal coverage of the band, inside (0, 1).

    Returns:
        ``prevalence``, ``validation_prevalence`` and ``points``, 50 of them: ``threshold``, ``network``,
        ``low``, ``high``, ``flag`` and ``all``. ``None`` where a class is absent on a side.
    """
    is_positive, found = test.labels == POSITIVE, float(np.mean(validation.labels == POSITIVE))
    if is_positive.all() or not is_positive.any() or found in (0.0, 1.0):
        return None
    grid = np.linspace(*thresholds, POINTS)
    probabilities = at_prevalence(
        scale(test.probabilities, temperature)[:, POSITIVE], found=found, prevalence=prevalence
    )
    benefits = net_benefits(
        is_positive, probabilities, test.groups, weights, thresholds=grid, prevalence=prevalence
    )
    smallest = min(len(np.unique(test.groups[of_class])) for of_class in (is_positive, ~is_positive))
    stated = [
        estimates({"network": of_threshold}, test.groups, fewest={"network": smallest}, confidence=confidence)
        for of_threshold in benefits.T
    ]
    everyone = benefit_of_all(grid, prevalence)
    return {
        "prevalence": prevalence,
        "validation_prevalence": found,
        "points": [
            {
                "threshold": float(threshold),
                "network": point["network"],
                **point["intervals"]["network"],
                "all": float(of_all),
            }
            for threshold, point, of_all in zip(grid, stated, everyone, strict=True)
        ],
    }
