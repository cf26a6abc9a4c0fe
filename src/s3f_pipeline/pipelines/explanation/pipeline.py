"""Wiring of the explanation."""

from kedro.pipeline import Pipeline, node, pipeline

from s3f_pipeline.config.names import Experiment, size_name
from s3f_pipeline.pipelines.explanation.nodes import explain_network


def create_pipeline(experiment: Experiment, image_size: tuple[int, int]) -> Pipeline:
    """Build the explanation of one experiment at one image size, (height, width)."""
    return pipeline(
        [
            node(
                explain_network,
                inputs=[
                    "params:experiment",
                    "params:evaluation",
                    "params:explanation",
                    "index",
                    "images",
                    "splits",
                    "model",
                    "training",
                    "predictions",
                ],
                outputs=["explanation", "explanation_arrays"],
                name="explain",
            )
        ],
        namespace=experiment.namespace,
        inputs={
            "index": f"{experiment.cohort}.index",
            "images": f"{experiment.cohort}.{size_name(image_size)}.images",
            "splits": f"{experiment.cohort}.{experiment.protocol}.splits",
        },
        parameters={
            f"params:{noun}": f"params:{experiment.cohort}.{noun}" for noun in ("evaluation", "explanation")
        },
        tags="explanation",
    )
