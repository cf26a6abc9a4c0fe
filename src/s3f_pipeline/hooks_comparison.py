"""What happens around a comparison: one MLflow run per set of finished runs, and what came out."""

import logging
from pathlib import Path
from typing import Any

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol, DatasetError
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from s3f_pipeline.config.loader import current_loader
from s3f_pipeline.config.mlflow import mlflow_config
from s3f_pipeline.errors import ResultsError
from s3f_pipeline.pipelines.stages import COMPARISON, LEADERBOARD
from s3f_pipeline.process_group import this_process
from s3f_pipeline.results import FinishedRun, runs_hash
from s3f_pipeline.results.comparison import Comparison
from s3f_pipeline.tracking.run import RUN

logger = logging.getLogger(__name__)


class ComparisonHooks:
    """Log a comparison; the same set of runs goes on with the same MLflow run."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Remember where runs are tracked."""
        self._uri = mlflow_config(context.config_loader["mlflow"]).server.mlflow_tracking_uri
        self._open = False

    @hook_impl
    def before_node_run(self, node: Node, catalog: CatalogProtocol, inputs: dict[str, Any]) -> None:
        """Open the MLflow run before the first node; without two networks there is none."""
        self._catalog = catalog
        runs: list[FinishedRun] = inputs.get(f"{node.namespace}.runs", [])
        if self._open or COMPARISON not in node.tags or not this_process().leads:
            return
        if len({run.id.variant for run in runs}) < 2:
            return
        self._open = True
        first, known = runs[0], runs_hash(runs)
        loader = current_loader()
        synthetic = first.metrics.synthetic
        RUN.start(
            self._uri,
            loader.data_root,
            f"demo-{first.id.cohort}" if synthetic else first.id.cohort,
            f"{COMPARISON} {first.id.protocol}",
            params={f"comparison.{key}": value for key, value in vars(loader.typed.comparison).items()},
            tags={
                "cohort": first.id.cohort,
                "protocol": first.id.protocol,
                "runs_hash": known,
                "synthetic": str(synthetic).lower(),
            },
            run_folder=catalog[f"{node.namespace}.comparison"].filepath.parent,
            run_id=_known_run(catalog, f"{node.namespace}.comparison", known),
            send_command=f"kedro send-runs{loader.env_option}",
        )

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any, node: Node) -> None:
        """Log what the comparison has written."""
        if not self._open or COMPARISON not in node.tags:
            return
        path: Path = self._catalog[dataset_name].filepath
        if dataset_name.endswith(".comparison"):
            figure = data["figure"]
            RUN.log_metrics(
                {
                    f"{name}_{figure}": network["figures"][figure]["mean"]
                    for name, network in data["networks"].items()
                }
            )
            RUN.set_tags({"advice": data["advice"]["network"] or "none"})
        RUN.log_file(path)

    @hook_impl(tryfirst=True)
    def after_pipeline_run(self, pipeline: Pipeline, catalog: CatalogProtocol) -> None:
        """Close the MLflow run, and tell what came out."""
        if not this_process().leads:
            return
        RUN.end("FINISHED")
        for namespace in sorted({str(n.namespace) for n in pipeline.nodes if COMPARISON in n.tags}):
            comparison = catalog.load(f"{namespace}.comparison")
            for pair in comparison["pairs"]:
                logger.info(
                    "%s against %s: %s (%+.4f %s)",
                    pair["first"], pair["second"], pair["verdict"], pair["difference"], comparison["figure"],
                )  # fmt: skip
            advice = comparison["advice"]
            logger.info("Advice by validation: %s", advice["network"] or f"none, {advice['why_none']}")
            logger.info("Comparison: %s", catalog[f"{namespace}.comparison_page"].filepath)
        if any(LEADERBOARD in node.tags for node in pipeline.nodes):
            logger.info("Leaderboard: %s", catalog["leaderboard.page"].filepath)


def _known_run(catalog: CatalogProtocol, name: str, runs: str) -> str | None:
    """The MLflow run of an earlier comparison of the same runs, ``None`` if there is none."""
    try:
        earlier = Comparison.of(catalog.load(name), name)
    except (DatasetError, ResultsError):
        return None
    return earlier.mlflow_run_id if earlier.runs_hash == runs else None
