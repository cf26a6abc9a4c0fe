"""Wiring of the acquisition."""

from kedro.pipeline import Pipeline, node, pipeline

from s3f_pipeline.pipelines.acquisition.nodes import acquire_raw


def create_pipeline(cohort: str) -> Pipeline:
    """Build the acquisition of one cohort."""
    return pipeline(
        [
            node(
                acquire_raw,
                inputs=["params:cohort", "params:acquisition", "raw_root"],
                outputs=["acquisition", "listing"],
                name="acquire",
            )
        ],
        namespace=cohort,
        tags="acquisition",
    )
