"""What is told of an export."""

import logging

from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline

from s3f_pipeline.config.names import EXPORT
from s3f_pipeline.process_group import this_process

logger = logging.getLogger(__name__)


class ExportHooks:
    """Tell how far an exported network is from the trained one, and where it is."""

    @hook_impl(tryfirst=True)
    def after_pipeline_run(self, pipeline: Pipeline, catalog: CatalogProtocol) -> None:
        """Log the largest difference, on what it was found, and the path of the folder."""
        if not this_process().leads or not any(EXPORT in node.tags for node in pipeline.nodes):
            return
        equality = catalog.load("export.network")["equality"]
        logger.info(
            "Exported: probabilities differ from the trained network's by at most %.1e in float32, on %s",
            equality["largest_difference"], equality["origin"],
        )  # fmt: skip
        logger.info("Folder: %s", catalog["export.network"].folder)
