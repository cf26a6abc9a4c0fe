"""Intervals of figures, as files have them."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """Between which values a figure lies, as ``evaluation.intervals`` finds them.

    Attributes:
        low: Lower end.
        high: Upper end.
        flag: Why not to rely on it, ``None`` where nothing speaks against it.
    """

    low: float
    high: float
    flag: str | None


Intervals = Mapping[str, Interval]
"""By figure; one that does not exist has none."""
