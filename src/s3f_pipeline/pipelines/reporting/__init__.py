"""From everything an experiment has written to plots and one HTML file."""

from s3f_pipeline.pipelines.reporting.pipeline import create_pipeline

__all__ = ["create_pipeline"]
