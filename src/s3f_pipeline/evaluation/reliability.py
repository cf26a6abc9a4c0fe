"""Points of a reliability diagram: what a network says, and what comes true."""

import numpy as np
from numpy.typing import NDArray

from s3f_pipeline.evaluation.calibration import mass_bins, simulated_gaps, top_label_gaps
from s3f_pipeline.evaluation.sample import Sample

_BAND = (2.5, 97.5)


def reliability(sample: Sample, *, positive: int | None = None) -> list[dict[str, float | int]]:
    """Points of a reliability diagram, one per bin of equal mass that has images.

    Args:
        sample: Images of one split.
        positive: Take the probability of this class, not that of the predicted one.

    Returns:
        ``probability`` (mean of the bin), ``share`` (that came true), ``images``, and ``low`` and ``high``:
        between which the share lies in 95 % of draws if the probabilities are true and images of a group
        share their luck.
    """
    if positive is None:
        stated, gaps = top_label_gaps(sample.labels, sample.probabilities)
    else:
        stated = sample.probabilities[:, positive]
        gaps = (sample.labels == positive) - stated
    bins = mass_bins(stated)
    counts = np.bincount(bins)
    used = np.flatnonzero(counts)
    mean = np.bincount(bins, stated)[used] / counts[used]
    shares = mean + np.bincount(bins, gaps)[used] / counts[used]
    drawn = simulated_gaps(stated, bins, sample.groups)[:, used] / counts[used]
    low, high = mean + np.percentile(drawn, _BAND, axis=0)
    return [
        {"probability": float(p), "share": float(s), "images": int(n), "low": float(a), "high": float(b)}
        for p, s, n, a, b in zip(mean, _share(shares), counts[used], _share(low), _share(high), strict=True)
    ]


def _share(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Without what rounding leaves outside [0, 1]."""
    return np.clip(values, 0, 1)
