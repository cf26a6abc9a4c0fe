"""The words for a difference, by fixed rules."""

from typing import Literal

Verdict = Literal["better", "worse", "practically equal", "no difference shown"]
BETTER, WORSE = "better", "worse"
EQUAL, NOT_SHOWN = "practically equal", "no difference shown"
OPPOSITE = {"better": "worse", "worse": "better"}
FEWEST_GROUPS = 10
"""Of the rarest class, below which nothing is called better, worse or equal."""
FEW_GROUPS = 30
"""Below which an interval is flagged."""


def verdict(difference: float, p: float | None, p_equivalent: float | None, level: float) -> Verdict:
    """Say what a difference comes to.

    Args:
        difference: First less second, of a figure of which more is better.
        p: Of no difference, corrected for the family; ``None`` where there is none.
        p_equivalent: Of a difference beyond the margin, corrected likewise.
        level: Chance of being wrong that is allowed, such as 0.05.

    Returns:
        ``practically equal`` where a difference beyond the margin is ruled out, even if there is a smaller
        one; else ``better`` or ``worse`` where none at all is ruled out; else ``no difference shown``, which
        does not mean that there is none.
    """
    if p_equivalent is not None and p_equivalent < level:
        return "practically equal"
    if p is not None and p < level and difference:
        return "better" if difference > 0 else "worse"
    return "no difference shown"


def opposite(word: str) -> str:
    """The same verdict from the other network's side."""
    return OPPOSITE.get(word, word)
