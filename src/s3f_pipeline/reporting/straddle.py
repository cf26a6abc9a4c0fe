"""What the audit page says of the order of files."""

from collections.abc import Mapping
from typing import Any

from s3f_pipeline.splits.straddle import ORDER

RUNS_PER_LIKENESS = 5
"""Files of an offered run, in units of how far along the list images stay alike."""
SHORTEST = 10


def offered_run(straddle: Mapping[str, Any]) -> int | None:
    """How many files a run should have to hold neighbours together, ``None`` where no order was found.

    Args:
        straddle: What ``straddle_check`` returned.
    """
    if straddle["verdict"] != ORDER:
        return None
    return max(SHORTEST, RUNS_PER_LIKENESS * straddle["order"]["run_length"])
