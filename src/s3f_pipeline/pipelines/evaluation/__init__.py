"""From a trained network to predictions and metrics."""

from s3f_pipeline.pipelines.evaluation.pipeline import create_pipeline

__all__ = ["create_pipeline"]
