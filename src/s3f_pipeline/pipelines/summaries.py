"""The summary of an experiment over its seeds and folds, brought up to date whoever has run them."""

import logging

from filelock import Timeout
from kedro.io import CatalogProtocol, DatasetError

from s3f_pipeline.config.loader import ProjectConfigLoader
from s3f_pipeline.config.names import Experiment
from s3f_pipeline.errors import S3FError
from s3f_pipeline.pipelines.locks import lock_of
from s3f_pipeline.results import find_runs, warn_of_damage
from s3f_pipeline.results.summary import summarise

PATIENCE = 60.0
"""Seconds to wait for other processes that write the same summary."""
logger = logging.getLogger(__name__)


def update_summary(loader: ProjectConfigLoader, catalog: CatalogProtocol, experiment: Experiment) -> None:
    """Write ``summary.json`` of an experiment, from all of its finished runs on disk.

    Runs that end at once wait for one another, each after its own record is written: the last one sees all.
    What goes wrong is told and harms no run, because a summary can be made again at any time.
    """
    try:
        with lock_of(loader, f"{experiment.namespace}.summary").acquire(timeout=PATIENCE):
            runs = find_runs(loader.data_root, **experiment._asdict(), damaged=warn_of_damage)
            if runs:
                catalog.save(f"{experiment.namespace}.summary", summarise(runs).content)
    except (DatasetError, OSError, S3FError, Timeout) as error:
        logger.warning("The summary of %s is not up to date: %s", experiment.pipeline, error)
