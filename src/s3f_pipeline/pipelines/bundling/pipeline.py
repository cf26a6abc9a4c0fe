"""Wiring of the bundling."""

from kedro.pipeline import Pipeline, node, pipeline

from s3f_pipeline.config.names import Experiment, size_name
from s3f_pipeline.pipelines.bundling.nodes import bundle


def create_pipeline(experiment: Experiment, image_size: tuple[int, int]) -> Pipeline:
    """Build the bundling of one experiment at one image size, (height, width)."""
    return pipeline(
        [
            node(
                bundle,
                inputs=[
                    "params:experiment",
                    "params:cohort",
                    "params:image_store",
                    "index",
                    "images",
                    "thumbnails",
                    "splits",
                    "model",
                    "training",
                    "metrics",
                ],
                outputs="bundle",
                name="bundle",
            )
        ],
        namespace=experiment.namespace,
        inputs={
            "index": f"{experiment.cohort}.index",
            "images": f"{experiment.cohort}.{size_name(image_size)}.images",
            "thumbnails": f"{experiment.cohort}.thumbnails",
            "splits": f"{experiment.cohort}.{experiment.protocol}.splits",
        },
        parameters={
            f"params:{noun}": f"params:{experiment.cohort}.{noun}" for noun in ("cohort", "image_store")
        },
        tags="bundling",
    )
