"""Times of calls that take turns, so that what else the machine does meets all of them."""

import time
from collections.abc import Callable
from statistics import median


def in_turns(calls: list[Callable[[], object]], number: int) -> list[float]:
    """Median seconds of each call; they take turns."""
    times: list[list[float]] = [[] for _ in calls]
    for call in calls:
        call()
    for _ in range(number):
        for taken, call in zip(times, calls, strict=True):
            began = time.perf_counter()
            call()
            taken.append(time.perf_counter() - began)
    return [median(taken) for taken in times]
