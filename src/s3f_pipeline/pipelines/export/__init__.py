"""From a bundle to a folder whose network runs without Keras."""

from s3f_pipeline.pipelines.export.pipeline import create_pipeline

__all__ = ["create_pipeline"]
