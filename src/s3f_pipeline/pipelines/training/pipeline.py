"""Wiring of the training."""

from kedro.pipeline import Pipeline, node, pipeline

from s3f_pipeline.config.names import Experiment, size_name
from s3f_pipeline.pipelines.training.nodes import train_network


def create_pipeline(experiment: Experiment, image_size: tuple[int, int]) -> Pipeline:
    """Build the training of one experiment at one image size, (height, width)."""
    return pipeline(
        [
            node(
                train_network,
                inputs=["params:experiment", "index", "images", "splits", "training_state"],
                outputs=["model", "history", "training"],
                name="train",
            )
        ],
        namespace=experiment.namespace,
        inputs={
            "index": f"{experiment.cohort}.index",
            "images": f"{experiment.cohort}.{size_name(image_size)}.images",
            "splits": f"{experiment.cohort}.{experiment.protocol}.splits",
        },
        tags="training",
    )
