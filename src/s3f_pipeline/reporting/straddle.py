"""What the audit page says of the order of files."""

from collections.abc import Mapping
from typing import Any

from s3f_pipeline.splits.straddle import ORDER, holds

SHORTEST, LONGEST = 3, 40


def offered_run(straddle: Mapping[str, Any]) -> int | None:
    """How many files a run should have to hold neighbours together, ``None`` where no order speaks for it.

    As many as stay alike along the list, but neither so few that most neighbours are torn apart nor so many
    that runs and twins tie a cohort into a few groups.

    Args:
        straddle: What ``straddle_check`` returned.
    """
    length = straddle["order"]["run_length"]
    if straddle["verdict"] != ORDER or length is None:
        return None
    return min(LONGEST, max(SHORTEST, length))


def offered_grouping(straddle: Mapping[str, Any]) -> str | None:
    """The key of a cohort that keeps runs together, by the order that came out best.

    Args:
        straddle: What ``straddle_check`` returned.
    """
    length, number = offered_run(straddle), straddle["order"]["number"]
    if length is None:
        return None
    return f"grouping: {{sequence: {length}{f', number: {number}' if number > 1 else ''}}}"


def offered_pattern(straddle: Mapping[str, Any]) -> str | None:
    """The key of a cohort that takes a part of names for the patient, ``None`` where none can be offered.

    Args:
        straddle: What ``straddle_check`` returned.
    """
    if straddle["part"] is None or straddle["part"]["pattern"] is None:
        return None
    return "patient_pattern: '" + straddle["part"]["pattern"].replace("'", "''") + "'"


def tried_orders(straddle: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The orders that were tried, in words, each with its figures and whether it ``holds``.

    Args:
        straddle: What ``straddle_check`` returned.
    """
    column = straddle["settings"]["column"]
    words = {1: f"by the column {column}" if column else "by their names, read from left to right"}
    return [
        {
            "words": words.get(order["number"], f"by number {order['number']} in the name before all others"),
            "holds": holds(order),
            **order,
        }
        for order in straddle["order"]["tried"]
    ]
