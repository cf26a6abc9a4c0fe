"""Wiring of the export."""

from kedro.pipeline import Pipeline, node, pipeline

from s3f_pipeline.pipelines.export.nodes import export


def create_pipeline() -> Pipeline:
    """Build the export of the network that a run names."""
    return pipeline(
        [node(export, inputs=["params:request", "data_root"], outputs="network", name="export")],
        namespace="export",
        tags="export",
    )
