"""Which networks nothing beats in quality without costing more."""

from collections.abc import Mapping


def pareto(quality: Mapping[str, float], cost: Mapping[str, float]) -> list[str]:
    """Networks of which no other is at least as good and as cheap, and better in one of the two.

    Args:
        quality: Of each network; more is better.
        cost: Of the same networks; less is better.

    Returns:
        Their names, the cheapest first.
    """

    def is_beaten(name: str) -> bool:
        return any(
            quality[other] >= quality[name]
            and cost[other] <= cost[name]
            and (quality[other], -cost[other]) != (quality[name], -cost[name])
            for other in quality
        )

    return sorted((name for name in quality if not is_beaten(name)), key=lambda name: (cost[name], name))
