"""From a bundle and a user's images to predictions."""

from s3f_pipeline.pipelines.prediction.pipeline import create_pipeline

__all__ = ["create_pipeline"]
