"""What the audit page says of the order of files."""

from collections.abc import Mapping
from typing import Any

from s3f_pipeline.splits.straddle import ORDER

SHORTEST, LONGEST = 3, 40


def offered_run(straddle: Mapping[str, Any]) -> int | None:
    """How many files a run should have to hold neighbours together, ``None`` where no order was found.

    As many as stay alike along the list, but neither so few that most neighbours are torn apart nor so many
    that runs and twins tie a cohort into a few groups.

    Args:
        straddle: What ``straddle_check`` returned.
    """
    if straddle["verdict"] != ORDER:
        return None
    return min(LONGEST, max(SHORTEST, straddle["order"]["run_length"]))
