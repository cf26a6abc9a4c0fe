"""Wiring of the leaderboard."""

from kedro.pipeline import Pipeline, node, pipeline

from s3f_pipeline.pipelines.leaderboard.nodes import rank_networks, write_leaderboard


def create_pipeline() -> Pipeline:
    """Build the leaderboard over all cohorts whose networks were compared."""
    return pipeline(
        [
            node(
                rank_networks,
                inputs=["comparisons", "params:cohorts"],
                outputs="leaderboard",
                name="rank",
            ),
            node(write_leaderboard, inputs="leaderboard", outputs=["page", "text"], name="leaderboard_page"),
        ],
        namespace="leaderboard",
        tags="leaderboard",
    )
