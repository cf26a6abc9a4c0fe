"""What is told of a prediction."""

import logging
from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline

from s3f_pipeline.pipelines.stages import PREDICTION
from s3f_pipeline.process_group import this_process

logger = logging.getLogger(__name__)


class PredictionHooks:
    """Tell what came out of a prediction, and where it is."""

    @hook_impl(tryfirst=True)
    def after_pipeline_run(self, pipeline: Pipeline, catalog: CatalogProtocol) -> None:
        """Log counts, accuracy where there are labels, and the paths of table and page."""
        if not this_process().leads or not any(PREDICTION in node.tags for node in pipeline.nodes):
            return
        summary = catalog.load("prediction.summary")
        logger.info(
            "Predicted %d of %d images (%d of them by an earlier run): %s",
            summary["predicted"], summary["listed"], summary["reused"],
            ", ".join(f"{number} {name}" for name, number in summary["by_class"].items()),
        )  # fmt: skip
        if summary["evaluation"]:
            _tell_accuracy("Against the labels", summary["evaluation"]["metrics"])
        if summary["evaluation"] and summary["evaluation"]["metrics_without_twins"]:
            of_new = summary["evaluation"]["metrics_without_twins"]
            _tell_accuracy("Without images that are alike to training images", of_new)
        logger.info("Table: %s", catalog["prediction.csv"].filepath)
        logger.info("Page:  %s", catalog["prediction.page"].filepath)


def _tell_accuracy(what: str, metrics: dict[str, Any]) -> None:
    interval = metrics["intervals"].get("accuracy")
    between = f" ({interval['low']:.4f} to {interval['high']:.4f})" if interval else ""
    logger.info("%s: accuracy %.4f%s of %d images", what, metrics["accuracy"], between, metrics["n"])
