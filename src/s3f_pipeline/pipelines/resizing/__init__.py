"""From the images of an index to the image store of one size."""

from s3f_pipeline.pipelines.resizing.pipeline import create_pipeline

__all__ = ["create_pipeline"]
