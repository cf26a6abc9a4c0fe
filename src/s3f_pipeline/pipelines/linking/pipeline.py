"""Wiring of the linking."""

from kedro.pipeline import Pipeline, node, pipeline

from s3f_pipeline.pipelines.linking.nodes import link_cohorts


def create_pipeline(cohort: str, other: str) -> Pipeline:
    """Build the matching of one cohort to another."""
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
