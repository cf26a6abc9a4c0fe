"""Holm's correction: many questions, one chance of being wrong."""

from collections.abc import Sequence


def holm(values: Sequence[float | None]) -> list[float | None]:
    """Adjusted p values (Holm, Scandinavian Journal of Statistics 6, 1979), in the order given.

    Args:
        values: One per question; ``None`` is no question, and stays ``None``.

    Returns:
        Each at least as large as it was, at most 1. Whatever is below a level, the chance of a single false
        finding in the whole family is at most that level.
    """
    asked = sorted((value, place) for place, value in enumerate(values) if value is not None)
    adjusted: list[float | None] = [None] * len(values)
    highest = 0.0
    for rank, (value, place) in enumerate(asked):
        highest = max(highest, min(1.0, (len(asked) - rank) * value))
        adjusted[place] = highest
    return adjusted
