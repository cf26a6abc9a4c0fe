"""From a file of published weights to a network of ours."""

from s3f_pipeline.pipelines.importing.pipeline import create_pipeline

__all__ = ["create_pipeline"]
