"""From a trained network to predictions, metrics and plots."""

from s3f_pipeline.pipelines.evaluation.pipeline import create_pipeline

__all__ = ["create_pipeline"]
