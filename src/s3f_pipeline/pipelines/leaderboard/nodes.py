"""Nodes of the leaderboard."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from s3f_pipeline.comparison.settings import Described

if TYPE_CHECKING:
    from s3f_pipeline.results.comparison import Comparison


def rank_networks(comparisons: "dict[str, Comparison]", cohorts: dict[str, Described]) -> dict[str, Any]:
    """Put all comparisons side by side."""
    from s3f_pipeline.comparison.leaderboard import leaderboard

    return asdict(leaderboard(comparisons, cohorts))


def write_leaderboard(leaderboard: dict[str, Any]) -> tuple[str, str]:
    """Word the leaderboard as one HTML file, and in Markdown."""
    from s3f_pipeline.reporting.leaderboard import render_leaderboard, write_markdown
    from s3f_pipeline.results.leaderboard import Leaderboard

    found = Leaderboard.of(leaderboard, "leaderboard.json")
    return render_leaderboard(found), write_markdown(found)
