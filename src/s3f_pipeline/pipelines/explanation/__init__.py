"""From a trained network and its predictions to why it said so."""

from s3f_pipeline.pipelines.explanation.pipeline import create_pipeline

__all__ = ["create_pipeline"]
