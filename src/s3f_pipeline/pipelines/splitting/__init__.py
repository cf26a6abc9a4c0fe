"""From the index to groups, leakage audit and splits."""

from s3f_pipeline.pipelines.splitting.pipeline import create_arm_splits, create_groups, create_splits

__all__ = ["create_arm_splits", "create_groups", "create_splits"]
