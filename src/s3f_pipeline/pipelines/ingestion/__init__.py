"""From raw files to index, quality report and image store."""

from s3f_pipeline.pipelines.ingestion.pipeline import create_pipeline

__all__ = ["create_pipeline"]
