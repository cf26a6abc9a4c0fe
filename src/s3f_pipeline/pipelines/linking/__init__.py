"""A cohort matched to another that knows more."""

from s3f_pipeline.pipelines.linking.pipeline import create_pipeline

__all__ = ["create_pipeline"]
