"""From comparisons to the leaderboard."""

from s3f_pipeline.pipelines.leaderboard.pipeline import create_pipeline

__all__ = ["create_pipeline"]
