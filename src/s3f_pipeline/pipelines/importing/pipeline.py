"""Wiring of the importing."""

from kedro.pipeline import Pipeline, node, pipeline

from s3f_pipeline.config.names import Experiment
from s3f_pipeline.pipelines.importing.nodes import import_weights


def create_pipeline(experiment: Experiment) -> Pipeline:
    """Build the import of one network, which stands in place of its training."""
    return pipeline(
        [
            node(
                import_weights,
                inputs=["params:experiment", "params:data", "index", "groups", "splits", "weights_file"],
                outputs=["model", "history", "training"],
                name="import",
            )
        ],
        namespace=experiment.namespace,
        inputs={
            "index": f"{experiment.cohort}.index",
            "groups": f"{experiment.cohort}.groups",
            "splits": f"{experiment.cohort}.{experiment.protocol}.splits",
            "weights_file": "weights_file",
        },
        parameters={"params:data": f"params:{experiment.cohort}.data"},
        tags="importing",
    )
