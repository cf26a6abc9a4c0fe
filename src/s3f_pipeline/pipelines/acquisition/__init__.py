"""Raw files: a folder, an archive, or phantoms."""

from s3f_pipeline.pipelines.acquisition.pipeline import create_pipeline

__all__ = ["create_pipeline"]
