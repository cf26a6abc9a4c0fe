"""Confidence intervals."""

from s3f_pipeline.errors import EvaluationError


def wilson_interval(successes: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson score interval of a proportion.

    With p = successes / n and z the two-sided normal quantile of ``confidence``, the interval is
    (p + z²/2n ± z·sqrt(p(1 - p)/n + z²/4n²)) / (1 + z²/n). It treats the n trials as independent
    and, unlike p ± z·se, stays inside [0, 1] and is usable for small n and p near 0 or 1.

    Args:
        successes: Number of successes, 0 to ``n``.
        n: Number of trials, at least 1.
        confidence: Coverage, inside (0, 1).

    Returns:
        Lower and upper end, both in [0, 1].

    Raises:
        EvaluationError: If an argument is outside its range.

    Example:
        >>> low, high = wilson_interval(137, 156)
        >>> round(low, 3), round(high, 3)
        (0.818, 0.921)
    """
    if not (n >= 1 and 0 <= successes <= n and 0 < confidence < 1):
        raise EvaluationError(
            f"No Wilson interval for successes={successes}, n={n}, confidence={confidence}: "
            "it takes 0 <= successes <= n, n >= 1 and 0 < confidence < 1."
        )
    from scipy.stats import binomtest

    found = binomtest(successes, n).proportion_ci(confidence, method="wilson")
    return float(found.low), float(found.high)
