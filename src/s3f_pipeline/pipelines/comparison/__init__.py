"""From finished runs to a comparison of their networks."""

from s3f_pipeline.pipelines.comparison.pipeline import create_pipeline

__all__ = ["create_pipeline"]
