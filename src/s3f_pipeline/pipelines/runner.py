"""The runner of ``kedro run``: stage by stage, what is finished is not done again."""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from typing import Any

from filelock import FileLock, Timeout
from kedro.io import CatalogProtocol, DataCatalog, MemoryDataset
from kedro.pipeline import Pipeline
from kedro.runner import SequentialRunner
from pluggy import PluginManager

from s3f_pipeline.config.loader import ProjectConfigLoader, current_loader
from s3f_pipeline.config.schema import ExperimentConfig
from s3f_pipeline.errors import ConfigError, LockedError
from s3f_pipeline.pipelines.interrupts import signals_as_errors
from s3f_pipeline.pipelines.stages import Stage, stages_of
from s3f_pipeline.processes import this_process

logger = logging.getLogger(__name__)
Execute = Callable[[Pipeline, CatalogProtocol], Any]
"""Runs the nodes of a stage."""


class StageRunner(SequentialRunner):
    """Run stage by stage, and skip finished ones unless ``force`` is set.

    Two processes may share the preparation of a cohort: the second one waits. A second process on the
    same experiment is refused.

    Example:
        >>> with KedroSession.create() as session:
        ...     session.run(pipeline_names=["brisc_bilinear"], runner=StageRunner())
    """

    @property
    def _logger(self) -> logging.Logger:
        return logging.getLogger("kedro.runner")

    def run(
        self,
        pipeline: Pipeline,
        catalog: CatalogProtocol,
        hook_manager: PluginManager | None = None,
        run_id: str | None = None,
        only_missing_outputs: bool = False,
    ) -> dict[str, Any]:
        """Run what is not finished; arguments as in Kedro's runners.

        Raises:
            ConfigError: For more than one experiment, or ``--only-missing-outputs``.
            ModelError: If the network cannot be built for these images.
            LockedError: If another process works on the same experiment.
            InterruptedRunError: After Ctrl-C or SIGTERM.
        """
        if only_missing_outputs:
            raise ConfigError(
                "--only-missing-outputs takes any file that is there for up to date. Leave it out: what is "
                "finished is not run again anyway."
            )
        loader = current_loader()
        stages = stages_of(pipeline)
        experiments = sorted({stage.namespace for stage in stages if stage.is_experiment})
        if len(experiments) > 1:
            raise ConfigError(
                f"One run is one experiment, but these were asked for: {', '.join(experiments)}. Run one "
                f"pipeline after the other."
            )
        process = this_process()
        execute = partial(super().run, hook_manager=hook_manager, run_id=run_id)
        outputs: dict[str, Any] = {}
        with signals_as_errors(), ExitStack() as held:
            for experiment in experiments if process.leads else ():
                held.enter_context(_refuse_second_process(loader, experiment))
            for stage in stages:
                for name in stage.pipeline.datasets() | ({stage.record} if stage.keeps_record else set()):
                    catalog.get(name, fallback_to_runtime_pattern=True)
                if stage.name == "training":
                    _refuse_impossible_network(stage, catalog)
            for stage in stages:
                if stage.is_experiment and not process.leads:
                    _help(stage, catalog, execute, loader.typed.force)
                    continue
                with nullcontext() if stage.is_experiment else _wait_for_other_process(loader, stage):
                    _run_stage(stage, catalog, execute, loader.typed.force and process.leads)
                outputs |= {name: catalog[name] for name in stage.pipeline.outputs()}
        return outputs


def _refuse_impossible_network(stage: Stage, catalog: CatalogProtocol) -> None:
    """Build the network that is to be trained without weights, before images are got and prepared for it."""
    if stage.is_finished(catalog, stage.fingerprint(catalog)):
        return
    from s3f_pipeline.models import build_model, without_weights

    config = ExperimentConfig.model_validate(catalog.load(f"params:{stage.namespace}.experiment"))
    with without_weights():
        build_model(config.network, config.input_shape, config.outputs, **config.options)


def _run_stage(stage: Stage, catalog: CatalogProtocol, execute: Execute, force: bool) -> None:
    if not stage.keeps_record:
        logger.info("Running: %s", stage.title)
        execute(stage.pipeline, catalog)
        return
    fingerprint = stage.fingerprint(catalog)
    if not force and stage.is_finished(catalog, fingerprint):
        logger.info("Finished before: %s", stage.title)
        return
    if not force and catalog[stage.record].exists():
        logger.info(
            "%s: not the same parameters, data or code as before; what is there is replaced", stage.title
        )
    logger.info("Running: %s", stage.title)
    catalog[stage.record].invalidate()
    scratch = stage.scratch(catalog)
    for folder in scratch:
        if force:
            folder.clear()
        folder.begin(fingerprint)
    execute(stage.pipeline, catalog)
    stage.write_record(catalog, fingerprint)
    for folder in scratch:
        folder.clear()


def _help(stage: Stage, catalog: CatalogProtocol, execute: Execute, force: bool) -> None:
    """Train together with the process that leads, and write nothing."""
    if stage.name != "training" or (not force and stage.is_finished(catalog, stage.fingerprint(catalog))):
        return
    logger.info("Helping: %s", stage.title)
    datasets: dict[str, Any] = {name: catalog[name] for name in stage.pipeline.inputs()}
    datasets |= {name: MemoryDataset(copy_mode="assign") for name in stage.pipeline.outputs()}
    execute(stage.pipeline, DataCatalog(datasets))


def lock_of(loader: ProjectConfigLoader, name: str) -> FileLock:
    """The lock of ``<namespace>.<run folder>`` of an experiment, or of what is prepared."""
    folder = loader.data_root / ".locks"
    folder.mkdir(parents=True, exist_ok=True)
    return FileLock(folder / f"{name}.lock", is_singleton=True)


@contextmanager
def _refuse_second_process(loader: ProjectConfigLoader, experiment: str) -> Iterator[None]:
    lock = lock_of(loader, f"{experiment}.{loader.run_folder}")
    try:
        with lock.acquire(timeout=0):
            yield
    except Timeout as error:
        raise LockedError(
            f"Another process is working on {experiment} ({loader.run_folder}). Wait for it, stop it, "
            f"or run another seed: --params=seed=<n>."
        ) from error


@contextmanager
def _wait_for_other_process(loader: ProjectConfigLoader, stage: Stage) -> Iterator[None]:
    lock = lock_of(loader, _prepared_alone(stage, loader))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        logger.info("Another process is at work on %s: waiting for it.", stage.title)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _prepared_alone(stage: Stage, loader: ProjectConfigLoader) -> str:
    """What only one process may prepare at a time; cohorts of several image sizes share a raw folder."""
    if stage.name == "acquisition":
        return f"acquisition.{loader.cohort(stage.namespace).raw_folder.replace('/', '.')}"
    return stage.namespace
