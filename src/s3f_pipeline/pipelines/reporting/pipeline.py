"""Wiring of the reporting."""

from kedro.pipeline import Pipeline, node, pipeline

from s3f_pipeline.config.names import Experiment, size_name
from s3f_pipeline.pipelines.reporting.nodes import draw_pictures, plot, plot_training, write_report

OF_COHORT = ("index", "quality", "leakage_audit")
PLOTS = ["confusion_matrix", "roc", "reliability"]
HISTORY = "training_history"


def create_pipeline(
    experiment: Experiment, image_size: tuple[int, int], *, imported: bool = False
) -> Pipeline:
    """Build plots and report of one experiment.

    Args:
        experiment: Whose report it is.
        image_size: (height, width).
        imported: Whether its network was trained elsewhere, so that there is no history of its training.
    """
    of_training = node(
        plot_training,
        inputs=["params:experiment", "history", "training"],
        outputs=HISTORY,
        name="plot_training",
    )
    return pipeline(
        [
            node(
                plot,
                inputs=["params:experiment", "params:labels", "predictions", "metrics"],
                outputs=PLOTS,
                name="plot",
            ),
            *([] if imported else [of_training]),
            node(
                draw_pictures,
                inputs=["params:experiment", "params:labels", "explanation", "explanation_arrays"],
                outputs="explanation_pictures",
                name="draw",
            ),
            node(
                write_report,
                inputs=[
                    "params:experiment",
                    "params:labels",
                    "params:cohort",
                    "index",
                    "images",
                    "quality",
                    "leakage_audit",
                    "splits",
                    "training",
                    "history",
                    "predictions",
                    "metrics",
                    "explanation",
                    "explanation_pictures",
                    "reports_folder",
                    *PLOTS,
                    *([] if imported else [HISTORY]),
                ],
                outputs=["report", "plain_summary", "checklists"],
                name="report",
            ),
        ],
        namespace=experiment.namespace,
        inputs={
            **{name: f"{experiment.cohort}.{name}" for name in OF_COHORT},
            "images": f"{experiment.cohort}.{size_name(image_size)}.images",
            "reports_folder": "reports_folder",
            "splits": f"{experiment.cohort}.{experiment.protocol}.splits",
        },
        parameters={"params:cohort": f"params:{experiment.cohort}.cohort"},
        tags="reporting",
    )
