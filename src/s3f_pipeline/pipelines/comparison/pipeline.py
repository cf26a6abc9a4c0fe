"""Wiring of the comparison."""

from kedro.pipeline import Pipeline, node, pipeline

from s3f_pipeline.config.schema import Protocol
from s3f_pipeline.pipelines.comparison.nodes import advise, compare_networks, compare_why, write_comparison


def create_pipeline(cohort: str, protocol: Protocol) -> Pipeline:
    """Build the comparison of all networks of a cohort under a protocol.

    The advice is written before the node that reads predictions of test images begins.
    """
    return pipeline(
        [
            node(advise, inputs=["runs", "params:comparison"], outputs="advice", name="advise"),
            node(
                compare_networks,
                inputs=["runs", "advice", "params:comparison", "params:networks", "params:cohort"],
                outputs="comparison",
                name="compare",
            ),
            node(
                compare_why,
                inputs=["explained_runs", "comparison", "params:comparison"],
                outputs="compared_explanations",
                name="compare_explanations",
            ),
            node(
                write_comparison,
                inputs=["comparison", "compared_explanations", "params:cohort"],
                outputs="comparison_page",
                name="comparison_page",
            ),
        ],
        namespace=f"{cohort}.{protocol}",
        parameters={
            f"params:{noun}": f"params:{cohort}.{noun}" for noun in ("comparison", "networks", "cohort")
        },
        tags="comparison",
    )
