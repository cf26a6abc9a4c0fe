"""Wiring of the auditing."""

from kedro.pipeline import Pipeline, node, pipeline

from s3f_pipeline.pipelines.auditing.nodes import (
    check_order,
    doubt_labels,
    look_for_shortcuts,
    write_audit,
    write_card,
)


def create_pipeline(cohort: str) -> Pipeline:
    """Build the leakage audit page and the card of one cohort."""
    return pipeline(
        [
            node(
                check_order,
                inputs=["index", "thumbnails", "twins", "splits"],
                outputs="straddle",
                name="check_order",
            ),
            node(
                look_for_shortcuts,
                inputs=["params:data", "params:use", "index", "thumbnails", "splits"],
                outputs="shortcuts",
                name="look_for_shortcuts",
            ),
            node(
                doubt_labels,
                inputs=["params:data", "index", "held_out_runs"],
                outputs="suspicious_labels",
                name="doubt_labels",
            ),
            node(
                write_audit,
                inputs=[
                    "params:cohort",
                    "params:splitting",
                    "acquisition",
                    "quality",
                    "index",
                    "thumbnails",
                    "twins",
                    "leakage_audit",
                    "straddle",
                    "shortcuts",
                    "suspicious_labels",
                    "splits",
                ],
                outputs="audit_page",
                name="audit_page",
            ),
            node(
                write_card,
                inputs=["params:cohort", "acquisition", "quality", "index", "leakage_audit", "splits"],
                outputs="cohort_card",
                name="cohort_card",
            ),
        ],
        namespace=cohort,
        inputs={"splits": f"{cohort}.patient_safe.splits"},
        tags="auditing",
    )
