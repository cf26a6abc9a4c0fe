"""Wiring of the evaluation."""

from kedro.pipeline import Pipeline, node, pipeline

from s3f_pipeline.config.names import Experiment, size_name
from s3f_pipeline.pipelines.evaluation.nodes import measure, predict, tabulate


def create_pipeline(experiment: Experiment, image_size: tuple[int, int]) -> Pipeline:
    """Build the evaluation of one experiment at one image size, (height, width)."""
    return pipeline(
        [
            node(
                predict,
                inputs=["params:experiment", "index", "images", "splits", "model", "training"],
                outputs="predictions",
                name="predict",
            ),
            node(
                measure,
                inputs=[
                    "params:experiment",
                    "params:evaluation",
                    "params:use",
                    "index",
                    "predictions",
                    "training",
                    "acquisition",
                    "leakage_audit",
                    "openings_folder",
                ],
                outputs="metrics",
                name="measure",
            ),
            node(
                tabulate,
                inputs=["params:experiment", "predictions"],
                outputs=["roc_table", "confusion_table"],
                name="tabulate",
            ),
        ],
        namespace=experiment.namespace,
        inputs={
            "index": f"{experiment.cohort}.index",
            "images": f"{experiment.cohort}.{size_name(image_size)}.images",
            "acquisition": f"{experiment.cohort}.acquisition",
            "leakage_audit": f"{experiment.cohort}.leakage_audit",
            "splits": f"{experiment.cohort}.{experiment.protocol}.splits",
            "openings_folder": "openings_folder",
        },
        parameters={f"params:{noun}": f"params:{experiment.cohort}.{noun}" for noun in ("evaluation", "use")},
        tags="evaluation",
    )
