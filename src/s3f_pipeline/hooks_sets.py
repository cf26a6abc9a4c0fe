"""What happens around a stage that reads finished runs: one MLflow run per set of them, and what came out."""

import logging
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol, DatasetError
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from s3f_pipeline.config.loader import current_loader
from s3f_pipeline.config.mlflow import mlflow_config
from s3f_pipeline.errors import ResultsError
from s3f_pipeline.process_group import this_process
from s3f_pipeline.results import FinishedRun, runs_hash
from s3f_pipeline.results.comparison import Comparison
from s3f_pipeline.results.leakage_effect import LeakageEffect
from s3f_pipeline.tracking.run import RUN

logger = logging.getLogger(__name__)


class SetOfRunsHooks(ABC):
    """Log what a stage makes of finished runs; the same set of runs goes on with the same MLflow run.

    Attributes:
        STAGE: Its tag, and the noun of its result; the page is called ``<noun>_page``.
        RESULT: Of the result.
    """

    STAGE: ClassVar[str]
    RESULT: ClassVar[type[Comparison] | type[LeakageEffect]]

    @abstractmethod
    def runs(self, namespace: str, inputs: dict[str, Any]) -> list[FinishedRun]:
        """The runs among the inputs of a node, none if they are not enough for a result."""

    @abstractmethod
    def title(self, first: FinishedRun) -> str:
        """Name of the MLflow run."""

    @abstractmethod
    def metrics(self, result: dict[str, Any]) -> dict[str, float]:
        """What of the result is logged as metrics."""

    @abstractmethod
    def tags(self, result: dict[str, Any]) -> dict[str, str]:
        """What of the result is logged as tags."""

    @abstractmethod
    def tell(self, result: dict[str, Any]) -> None:
        """Log the result for a reader."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Remember where runs are tracked."""
        self._mlflow = mlflow_config(context.config_loader["mlflow"])
        self._runs: list[FinishedRun] = []

    @hook_impl
    def before_node_run(self, node: Node, catalog: CatalogProtocol, inputs: dict[str, Any]) -> None:
        """Open the MLflow run before the first node; without enough runs there is none."""
        self._catalog = catalog
        if self._runs or self.STAGE not in node.tags or not this_process().leads:
            return
        self._runs = runs = self.runs(str(node.namespace), inputs)
        if not runs:
            return
        first, known = runs[0], runs_hash(runs)
        loader, result = current_loader(), f"{node.namespace}.{self.STAGE}"
        synthetic = first.metrics.synthetic
        RUN.start(
            self._mlflow.server.mlflow_tracking_uri,
            loader.data_root,
            f"demo-{first.id.cohort}" if synthetic else first.id.cohort,
            self.title(first),
            params={f"comparison.{key}": value for key, value in vars(loader.typed.comparison).items()},
            tags={
                "cohort": first.id.cohort,
                "protocol": ", ".join(sorted({run.id.protocol for run in runs})),
                "runs_hash": known,
                "synthetic": str(synthetic).lower(),
            },
            run_folder=catalog[result].filepath.parent,
            run_id=self._known_run(catalog, result, known),
            send_command=f"kedro send-runs{loader.env_option}",
        )

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any, node: Node) -> None:
        """Log what the stage has written."""
        if not self._runs or self.STAGE not in node.tags:
            return
        path: Path = self._catalog[dataset_name].filepath
        if dataset_name.endswith(f".{self.STAGE}"):
            RUN.log_metrics(self.metrics(data))
            RUN.set_tags(self.tags(data))
        RUN.log_file(path)

    @hook_impl(tryfirst=True)
    def after_pipeline_run(self, pipeline: Pipeline, catalog: CatalogProtocol) -> None:
        """Close the MLflow run, and tell what came out."""
        if not this_process().leads:
            return
        namespaces = sorted({str(node.namespace) for node in pipeline.nodes if self.STAGE in node.tags})
        if namespaces:
            RUN.end("FINISHED")
        for namespace in namespaces:
            self.tell(catalog.load(f"{namespace}.{self.STAGE}"))
            logger.info("Page: %s", catalog[f"{namespace}.{self.STAGE}_page"].filepath)

    def _known_run(self, catalog: CatalogProtocol, name: str, runs: str) -> str | None:
        """The MLflow run of an earlier result of the same runs, ``None`` if there is none."""
        try:
            earlier = self.RESULT.of(catalog.load(name), name)
        except (DatasetError, ResultsError):
            return None
        return earlier.mlflow_run_id if earlier.runs_hash == runs else None
