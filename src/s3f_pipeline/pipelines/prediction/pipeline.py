"""Wiring of the prediction."""

from kedro.pipeline import Pipeline, node, pipeline

from s3f_pipeline.pipelines.prediction.nodes import predict


def create_pipeline() -> Pipeline:
    """Build the prediction of the images that a run names."""
    return pipeline(
        [
            node(
                predict,
                inputs=[
                    "params:request",
                    "params:ingestion",
                    "params:evaluation",
                    "bundles_folder",
                    "folder",
                ],
                outputs=["table", "csv", "summary", "page"],
                name="predict",
            )
        ],
        namespace="prediction",
        tags="prediction",
    )
