"""The leakage audit as a page."""

from s3f_pipeline.pipelines.auditing.pipeline import create_pipeline

__all__ = ["create_pipeline"]
