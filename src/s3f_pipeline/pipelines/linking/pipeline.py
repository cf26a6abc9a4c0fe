"""Wiring of the linking."""

import warnings

from kedro.pipeline import Pipeline, node, pipeline

from s3f_pipeline.pipelines.linking.nodes import link_cohorts


def create_pipeline(cohort: str, other: str) -> Pipeline:
    """Build the matching of one cohort to another."""
    with warnings.catch_warnings():
        # Kedro expects a node to read from its own namespace alone.
        warnings.filterwarnings("ignore", message="One or more dataset names contain '.'")
        return pipeline(
            [
                node(
                    link_cohorts,
                    inputs=["params:data", "index", "thumbnails", "other_index", "other_thumbnails"],
                    outputs=["linked_patients", "link_report"],
                    name="link_cohorts",
                )
            ],
            namespace=cohort,
            inputs={"other_index": f"{other}.index", "other_thumbnails": f"{other}.thumbnails"},
            tags="linking",
        )
