"""From splits to a trained network."""

from s3f_pipeline.pipelines.training.pipeline import create_pipeline

__all__ = ["create_pipeline"]
