"""From a measured network to a folder that is used elsewhere."""

from s3f_pipeline.pipelines.bundling.pipeline import create_pipeline

__all__ = ["create_pipeline"]
