"""What happens around a run: its log file, and the MLflow run of an experiment."""

import logging
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.framework.project import pipelines
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from s3f_pipeline.bundle.contents import CARD, PREPROCESSING
from s3f_pipeline.config.loader import current_loader
from s3f_pipeline.config.mlflow import mlflow_config
from s3f_pipeline.config.names import RUNNER, Experiment, run_folder
from s3f_pipeline.errors import ConfigError
from s3f_pipeline.evaluation.names import metric_name
from s3f_pipeline.files import atomic_path, sha256_of
from s3f_pipeline.logs import LineFormatter
from s3f_pipeline.pipelines.interrupts import InterruptedRunError
from s3f_pipeline.pipelines.stages import EXPERIMENT_STAGES
from s3f_pipeline.process_group import this_process
from s3f_pipeline.recipe import ExperimentConfig
from s3f_pipeline.reporting.formats import score
from s3f_pipeline.tracking.run import RUN

MLFLOW_RUN = "mlflow_run.txt"
"""Beside the state of a training: the MLflow run that goes on when the training does. Beside a network of
another machine: the run that was told of its training, and the hash of the facts that it was told."""
FACTS = "training.json"
RUN_ID = re.compile(r"[0-9a-z]\w*", re.ASCII)
MAKING = {"training", "importing"}
"""Stages that make a network, with which an MLflow run begins."""
TOLD = ("accuracy", "macro_f1", "weighted_f1", "auc_macro")
logger = logging.getLogger(__name__)


class RegistryHooks:
    """Build the pipelines for the configuration of each session, not for that of the first one."""

    @hook_impl
    def after_context_created(self) -> None:
        """Forget pipelines that an earlier session of this process has built."""
        pipelines.configure("s3f_pipeline.pipeline_registry")


class RunnerHooks:
    """Let no other runner change files behind the records of the stages."""

    @hook_impl(tryfirst=True)
    def before_pipeline_run(self, run_params: dict[str, Any]) -> None:
        """Refuse every runner but ours, before anything is written.

        Raises:
            ConfigError: For Kedro's own runners, ``session.run()``'s default one included.
        """
        if run_params["runner"] != RUNNER:
            raise ConfigError(
                "Kedro's own runners change files behind the records that say what is finished. Leave "
                "--runner out; in Python: from s3f_pipeline.pipelines.runner import StageRunner, and "
                "session.run(..., runner=StageRunner())."
            )


class RunLogHooks:
    """Write everything that happens, the full trace of a failure included, to one file per run."""

    OWNERS = (None, "kedro", "s3f_pipeline")

    @hook_impl(tryfirst=True)
    def before_pipeline_run(self, run_params: dict[str, Any]) -> None:
        """Open the log file."""
        name = "+".join(run_params["pipeline_names"])
        now = datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
        loader, process = current_loader(), this_process()
        ending = "" if process.leads else f"_process-{process.number}"
        path = loader.data_root / "logs" / f"{now}_{name}_{loader.run_folder}{ending}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        self._handler = logging.FileHandler(path, encoding="utf-8")
        written = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._handler.setFormatter(LineFormatter(written))
        for owner in self.OWNERS:
            logging.getLogger(owner).addHandler(self._handler)
        logger.info("Log file: %s", path)

    @hook_impl(trylast=True)
    def after_pipeline_run(self) -> None:
        """Close the log file."""
        self._close()

    @hook_impl(trylast=True)
    def on_pipeline_error(self, error: Exception) -> None:
        """Keep the trace, and close the log file."""
        logger.debug("The run failed", exc_info=error)
        self._close()

    def _close(self) -> None:
        for owner in self.OWNERS:
            logging.getLogger(owner).removeHandler(self._handler)
        self._handler.close()


class TrackingHooks:
    """One MLflow run from training to report; preparation opens none, nor do processes that only help."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Remember where runs are tracked."""
        self._mlflow = mlflow_config(context.config_loader["mlflow"])
        self._experiment: ExperimentConfig | None = None

    @hook_impl
    def before_node_run(self, node: Node, catalog: CatalogProtocol, inputs: dict[str, Any]) -> None:
        """Open the MLflow run before the first node of an experiment."""
        self._catalog = catalog
        if not node.tags & set(EXPERIMENT_STAGES) or not this_process().leads:
            return
        from s3f_pipeline.tracking.experiment import tracked_params, tracked_tags

        config: ExperimentConfig = inputs[f"params:{node.namespace}.experiment"]
        if config == self._experiment:
            return
        if self._experiment is not None:
            RUN.end("FINISHED")
        self._experiment = config
        training = f"{node.namespace}.training"
        facts = None if node.tags & MAKING or not catalog[training].exists() else catalog.load(training)
        folder = catalog[training].filepath.parent
        begun = catalog[f"{node.namespace}.training_state"].filepath / MLFLOW_RUN
        elsewhere = facts is not None and _was_trained_elsewhere(catalog, str(node.namespace))
        told = _read_told(folder) if elsewhere else _read_run_id(begun)
        known = facts["mlflow_run_id"] if facts and not elsewhere else told
        loader = current_loader()
        synthetic = catalog.load(f"{config.cohort}.acquisition")["provenance"]["synthetic"]
        self._source = "phantoms of this project" if synthetic else loader.cohort(config.cohort).source
        RUN.start(
            self._mlflow.server.mlflow_tracking_uri,
            loader.data_root,
            f"demo-{config.cohort}" if synthetic else config.cohort,
            f"{config.variant} {config.protocol} {run_folder(config.seed, config.fold)}",
            params=tracked_params(_used(config)),
            tags=tracked_tags(config.as_json(), synthetic=synthetic),
            run_folder=folder,
            run_id=known,
            send_command=f"kedro send-runs{loader.env_option}",
        )
        if facts and elsewhere and known is None:
            self._log_training(facts, catalog.load(f"{node.namespace}.history"), folder)
        if RUN.run_id and "training" in node.tags:
            with atomic_path(begun) as temporary:
                temporary.write_text(RUN.run_id, encoding="utf-8")

    def _log_training(self, facts: dict[str, Any], history: pd.DataFrame, folder: Path) -> None:
        """Log a training that was done on another machine, and note which run was told of it."""
        from s3f_pipeline.tracking.datasets import dataset_facts
        from s3f_pipeline.tracking.experiment import artifact_folder, training_tags

        RUN.set_tags(training_tags(facts))
        RUN.log_datasets(dataset_facts(facts, self._source))
        for row in history.to_dict("records"):
            RUN.log_epoch(int(row.pop("epoch")), {str(name): figure for name, figure in row.items()})
        for noun, name in (("history", "history.csv"), ("training", FACTS)):
            RUN.log_file(folder / name, artifact_folder(noun))
        if RUN.run_id:
            with atomic_path(folder / MLFLOW_RUN) as temporary:
                temporary.write_text(f"{RUN.run_id} {sha256_of(folder / FACTS)}", encoding="utf-8")

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any, node: Node) -> None:
        """Log what an experiment has written."""
        if self._experiment is None or not node.tags & set(EXPERIMENT_STAGES):
            return
        from s3f_pipeline.tracking.datasets import dataset_facts
        from s3f_pipeline.tracking.experiment import (
            NOTE_TAG,
            artifact_folder,
            leakage_tags,
            openings_tags,
            tracked_metrics,
            training_tags,
        )

        noun = dataset_name.rpartition(".")[2]
        if noun == "model":  # the bundle has it
            return
        path: Path = self._catalog[dataset_name].filepath
        if noun == "training":
            RUN.set_tags(training_tags(data))
            RUN.log_datasets(dataset_facts(data, self._source))
        elif noun == "metrics":
            RUN.log_metrics(tracked_metrics(data))
            RUN.set_tags(openings_tags(data) | leakage_tags(data))
        elif noun == "plain_summary":
            RUN.set_tags({NOTE_TAG: data})
        names = {"bundle": [CARD], "explanation_pictures": list(data)}.get(noun, [path.name])
        for name in names:
            RUN.log_file(path.with_name(name), artifact_folder(noun))

    @hook_impl
    def after_pipeline_run(self, pipeline: Pipeline, catalog: CatalogProtocol) -> None:
        """Log the bundle, close the MLflow run, and tell what came out."""
        if not this_process().leads:
            return
        if self._experiment is not None and any("bundling" in node.tags for node in pipeline.nodes):
            self._log_bundle(self._experiment, catalog)
        RUN.end("FINISHED")
        for namespace in sorted({str(n.namespace) for n in pipeline.nodes if "reporting" in n.tags}):
            from s3f_pipeline.pipelines.summaries import update_summary

            experiment = Experiment.of_namespace(namespace)
            _tell_result(experiment, catalog)
            update_summary(current_loader(), catalog, experiment)
        for cohort in sorted({str(n.namespace) for n in pipeline.nodes if "auditing" in n.tags}):
            logger.info("Leakage audit: %s", catalog[f"{cohort}.audit_page"].filepath)
        for cohort in sorted({str(n.namespace) for n in pipeline.nodes if "linking" in n.tags}):
            _tell_link(cohort, catalog)

    def _log_bundle(self, config: ExperimentConfig, catalog: CatalogProtocol) -> None:
        """Log the bundle of an experiment that has finished, as a version of its registered model."""
        from s3f_pipeline.bundle.preprocessing import Preprocessing
        from s3f_pipeline.tracking.experiment import version_tags
        from s3f_pipeline.tracking.registry import registered_name

        experiment = Experiment(config.cohort, config.protocol, config.variant)
        bundle = catalog[f"{experiment.namespace}.bundle"]
        says = Preprocessing.read(bundle.folder / PREPROCESSING)
        name = registered_name(says.name, synthetic=says.trained_on.synthetic)
        RUN.log_bundle(
            bundle.filepath,
            model=name if self._mlflow.registry.enabled else None,
            tags=version_tags(says, catalog.load(f"{experiment.namespace}.metrics")),
            description=(bundle.folder / CARD).read_text(encoding="utf-8"),
        )

    @hook_impl
    def on_pipeline_error(self, error: Exception) -> None:
        """Mark the MLflow run."""
        RUN.end("KILLED" if isinstance(error, InterruptedRunError) else "FAILED")


def _tell_link(cohort: str, catalog: CatalogProtocol) -> None:
    """Say where the table of links is, and how it is put to use."""
    table: Path = catalog[f"{cohort}.linked_patients"].filepath
    block = current_loader().cohort(cohort)
    assert block.link is not None  # there is no such pipeline without
    folder = catalog[f"{cohort}.raw_root"].load() / block.raw_folder
    logger.info("Table:  %s", table)
    logger.info("Report: %s", catalog[f"{cohort}.link_report"].filepath)
    logger.info(
        "To use this table: copy it to %s and name it in the cohort's block: link: {to: %s, table: %s}",
        folder / table.name,
        block.link.to,
        table.name,
    )


def _used(config: ExperimentConfig) -> dict[str, Any]:
    """The configuration of an experiment, without what it says in vain."""
    imported = current_loader().typed.variants[config.variant].imported
    return {key: value for key, value in config.as_json().items() if key != "training" or not imported}


def _was_trained_elsewhere(catalog: CatalogProtocol, namespace: str) -> bool:
    record = catalog[f"{namespace}.training_record"]
    return record.exists() and bool(record.load().get("elsewhere"))


def _read_told(folder: Path) -> str | None:
    """The MLflow run that was told of a network of another machine, ``None`` if none was told of this one."""
    path = folder / MLFLOW_RUN
    told = path.read_text(encoding="utf-8", errors="replace").split() if path.is_file() else []
    return told[0] if len(told) == 2 and told[1] == sha256_of(folder / FACTS) else None


def _read_run_id(path: Path) -> str | None:
    """The MLflow run that a training has begun, ``None`` where no id can be read."""
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    return text if RUN_ID.fullmatch(text) else None


def _tell_result(experiment: Experiment, catalog: CatalogProtocol) -> None:
    from s3f_pipeline.reporting.facts import openings_text
    from s3f_pipeline.results.metrics import Metrics

    metrics = Metrics.of(catalog.load(f"{experiment.namespace}.metrics"), "metrics.json")
    loader = current_loader()
    figures = [f"{metric_name(key)} {score(getattr(metrics.test, key))}" for key in TOLD]
    opened = openings_text(metrics.test_openings)
    logger.info(
        "%s, %s: %s on %d test images%s%s%s",
        experiment.pipeline,
        loader.run_folder,
        ", ".join(figures),
        metrics.test.n,
        " (selected on test: optimistic)" if metrics.selected_on_test else "",
        f" ({opened})" if opened else "",
        " (synthetic phantoms, no medical meaning)" if metrics.synthetic else "",
    )
    if published := metrics.leakage:
        logger.info(
            "Leakage: of %d test images of the published split, %d have a twin in training or validation; of "
            "%d with a known patient or lesion, %d share it with them",
            published["test_images"],
            published["test_images_with_twin_outside_test"],
            published["test_images_with_known_subject"],
            published["test_images_with_subject_outside_test"],
        )
    bundle = catalog[f"{experiment.namespace}.bundle"]
    if bundle.exists():
        logger.info("Bundle: %s", bundle.folder)
    logger.info("Report: %s", catalog[f"{experiment.namespace}.report"].filepath)
    logger.info("Runs:   kedro mlflow ui%s", loader.env_option)
