"""From finished runs with and without a leak to what it is worth."""

from s3f_pipeline.pipelines.leakage_effect.pipeline import create_pipeline

__all__ = ["create_pipeline"]
