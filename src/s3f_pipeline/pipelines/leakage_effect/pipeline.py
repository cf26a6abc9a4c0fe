"""Wiring of the leakage effect."""

from kedro.pipeline import Pipeline, node, pipeline

from s3f_pipeline.pipelines.leakage_effect.nodes import measure_effect, write_effect


def create_pipeline(cohort: str) -> Pipeline:
    """Build what a leak is worth to the networks of a cohort, from finished runs with and without it."""
    return pipeline(
        [
            node(
                measure_effect,
                inputs=["leak_free", "leaking", "params:comparison", "params:networks", "params:cohort"],
                outputs="leakage_effect",
                name="leakage_effect",
            ),
            node(
                write_effect,
                inputs=["leakage_effect", "params:cohort"],
                outputs="leakage_effect_page",
                name="leakage_effect_page",
            ),
        ],
        namespace=cohort,
        inputs={"leak_free": f"{cohort}.leak_free.runs", "leaking": f"{cohort}.leaking.runs"},
        tags="leakage_effect",
    )
