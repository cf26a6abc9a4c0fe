"""The runner of ``kedro run``: stage by stage, what is finished is not done again."""

import logging
from collections.abc import Callable, Collection
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from kedro.framework.project import pipelines
from kedro.io import CatalogProtocol, DataCatalog, MemoryDataset
from kedro.pipeline import Pipeline
from kedro.runner import SequentialRunner
from pluggy import PluginManager

from s3f_pipeline.catalog_types import ScratchFolderDataset, UnusableFileError
from s3f_pipeline.config.loader import ProjectConfigLoader, current_loader
from s3f_pipeline.config.names import (
    EXPORT,
    PREDICT,
    RUNNER,
    Experiment,
    compare_pipeline,
    experiments,
    leakage_effect_pipeline,
)
from s3f_pipeline.config.schema import ARMS, PROTOCOLS
from s3f_pipeline.errors import ConfigError, TrainingError
from s3f_pipeline.files import require_writable
from s3f_pipeline.pipelines.interrupts import signals_as_errors
from s3f_pipeline.pipelines.locks import preparing, reading, refuse_second_process, refuse_while_read
from s3f_pipeline.pipelines.stages import (
    COMPARISON,
    LEADERBOARD,
    LEAKAGE_EFFECT,
    NEVER_RUN,
    PREDICTION,
    Stage,
    stages_of,
)
from s3f_pipeline.process_group import this_process
from s3f_pipeline.recipe import ExperimentConfig

MODEL_FILE = "model.keras"
READ_BY_EXPERIMENTS = ("ingestion", "resizing", "splitting")
IN_ONE_PASS = {"ingestion": "resizing"}
"""What a stage writes for another one while it reads the raw files."""
logger = logging.getLogger(__name__)
Execute = Callable[[Pipeline, CatalogProtocol], Any]
"""Runs the nodes of a stage."""


class StageRunner(SequentialRunner):
    """Run stage by stage, and skip finished ones unless ``force`` is set.

    Two processes may share the preparation of a cohort: the second one waits. A second process on the
    same experiment is refused, and so is one that would make anew what a running experiment reads.

    Example, inside a project:
        >>> with KedroSession.create() as session:  # doctest: +SKIP
        ...     session.run(pipeline_names=["brisc_bilinear"], runner=StageRunner())
    """

    def __repr__(self) -> str:
        """By this name ``before_pipeline_run`` knows the runner; Kedro gives hooks nothing else of it."""
        return RUNNER

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
            TrainingError: If a training that was done elsewhere is not the one that is asked for.
            ConfigError: For more than one experiment, a part of a stage, or ``--only-missing-outputs``.
            ModelError: If the network cannot be built for these images.
            LockedError: If another process works on the same experiment, or reads what is to be made anew.
            UnusableFileError: If what is read is damaged, and the stage that writes it is not asked for.
            InterruptedRunError: After Ctrl-C or SIGTERM.
        """
        if only_missing_outputs:
            raise ConfigError(
                "--only-missing-outputs takes any file that is there for up to date. Leave it out: what is "
                "finished is not run again anyway."
            )
        loader = current_loader()
        stages = stages_of(pipeline)
        asked = sorted({stage.namespace for stage in stages if stage.is_experiment})
        if len(asked) > 1 and not all(_is_imported(namespace, loader) for namespace in asked):
            raise ConfigError(
                f"One run is one experiment, but these were asked for: {', '.join(asked)}. Run one "
                f"pipeline after the other."
            )
        known = _whole_stages(stages, loader)
        for stage in stages:
            _refuse_part(stage, known)
        process = this_process()
        execute = partial(super().run, hook_manager=hook_manager, run_id=run_id)
        run = _Run(catalog, execute, loader, stages, known, loader.typed.force and process.leads)
        but = ", unless force=true is left in, which begins anew" if loader.typed.force else ""
        with signals_as_errors(but), ExitStack() as held:
            for experiment in asked if process.leads else ():
                held.enter_context(refuse_second_process(loader, experiment))
            for stage in known:
                for name in stage.pipeline.datasets() | {stage.record}:
                    catalog.get(name, fallback_to_runtime_pattern=True)
            for stage in stages:
                if stage.name == "training":
                    _refuse_impossible_network(stage, catalog)
                elif stage.name == "importing":
                    _refuse_unusable_weights(stage, catalog)
            with preparing(loader, {stage.cohort for stage in stages}):
                for stage in stages:
                    if not stage.is_experiment:
                        run.finish(stage)
                for experiment in asked if process.leads else ():
                    held.enter_context(reading(loader, experiment))
            for stage in sorted(stages, key=lambda stage: stage.namespace):  # one experiment after the other
                if stage.is_experiment:
                    (run.finish if process.leads else run.help)(stage)
        return {name: catalog[name] for stage in stages for name in stage.pipeline.outputs()}


@dataclass(frozen=True)
class _Run:
    """One run.

    Attributes:
        catalog: With every dataset of the stages.
        execute: Runs the nodes of a stage.
        loader: The configuration.
        stages: What was asked for.
        known: Those, and all that they stand on.
        force: Finished stages too.
        written_along: Titles of the stages that another one has done in the same pass.
    """

    catalog: CatalogProtocol
    execute: Execute
    loader: ProjectConfigLoader
    stages: Collection[Stage]
    known: Collection[Stage]
    force: bool
    written_along: set[str] = field(default_factory=set)

    def finish(self, stage: Stage) -> None:
        """Run a stage if it is not finished, and first those again whose files it cannot use."""
        if stage.title in self.written_along:
            return
        if not self.force:
            for damage in stage.restore(self.catalog):
                logger.warning("%s: it is put back from the record of %s.", damage, stage.title)
        if self._is_finished(stage) or (self._mend_inputs(stage) and self._is_finished(stage)):
            logger.info("Finished before: %s", stage.title)
            return
        why = stage.why_unfinished(self.catalog, stage.dependencies(self.catalog))
        if why:
            self._refuse_to_replace(stage, why.reason)
        if why and why.damaged:
            logger.warning("%s: %s is made again.%s", why.reason, stage.title, _hint(why.reason))
        elif why and why is not NEVER_RUN and not stage.is_looked_at_each_time:
            level = logging.WARNING if why.warned else logging.INFO
            logger.log(level, "%s: %s; what is there is replaced", stage.title, why.reason)
        self._execute(stage, why.reason if why else "force=true makes everything anew")

    def help(self, stage: Stage) -> None:
        """Train together with the process that leads, and write nothing."""
        if stage.name != "training" or (not self.loader.typed.force and self._is_finished(stage)):
            return
        logger.info("Helping: %s", stage.title)
        datasets: dict[str, Any] = {name: self.catalog[name] for name in stage.pipeline.inputs()}
        datasets |= {name: MemoryDataset(copy_mode="assign") for name in stage.pipeline.outputs()}
        self.execute(stage.pipeline, DataCatalog(datasets))

    def _is_finished(self, stage: Stage) -> bool:
        if self.force or stage.is_looked_at_each_time:
            return False
        return stage.is_finished(self.catalog, stage.dependencies(self.catalog))

    def _mend_inputs(self, stage: Stage) -> bool:
        """Look at the bytes of what a stage is about to read; make again what is damaged.

        Returns:
            Whether anything was made again.

        Raises:
            UnusableFileError: If the stage that writes it is not part of this run.
        """
        mended = False
        for source in self.known:
            names = source.pipeline.all_outputs() & stage.pipeline.inputs()
            damage = source.damage(self.catalog, names, hashed=True) if names else None
            if damage is None:
                continue
            if source.title not in {asked.title for asked in self.stages}:
                raise UnusableFileError(
                    f"{damage}, and {stage.title} reads it. Run the whole pipeline, which makes it again: "
                    f"kedro run{self.loader.env_option} --pipeline={_pipeline_of(stage, self.loader)}, with "
                    f"the same --params and without --tags and the like."
                )
            self._refuse_to_replace(source, damage)
            logger.warning("%s: %s is made again.%s", damage, source.title, _hint(damage))
            self._mend_inputs(source)
            self._execute(source, damage)
            mended = True
        return mended

    def _refuse_to_replace(self, stage: Stage, why: str) -> None:
        """Let no training take the place of one of another machine, unless everything is to be made anew.

        Raises:
            TrainingError: If one would.
        """
        if self.force or not stage.was_run_elsewhere(self.catalog):
            return
        raise TrainingError(
            f"The network in {self.catalog[stage.record].filepath.parent} was trained on another machine "
            f"(python -m s3f_pipeline.train) and is not the one that is asked for: {why}. Nothing was "
            f"changed. Run with the parameters, images and code of its job, copy the folder again if it is "
            f"not whole, or pack and train anew. To train here in its place: --params=force=true."
        )

    def _execute(self, stage: Stage, why: str) -> None:
        with ExitStack() as held:
            if not stage.is_experiment:
                held.enter_context(preparing(self.loader, {stage.cohort}))
            if stage.name in READ_BY_EXPERIMENTS:
                refuse_while_read(self.loader, stage.namespace, f"{stage.title} ({why})")
            if stage.name == "acquisition":  # cohorts of several image sizes share a raw folder
                raw_folder = self.loader.cohort(stage.cohort).raw_folder.replace("/", ".")
                held.enter_context(preparing(self.loader, {f"acquisition.{raw_folder}"}))
            self._run_nodes(stage, why)

    def _run_nodes(self, stage: Stage, why: str) -> None:
        logger.info("Running: %s", stage.title)
        dependencies = stage.dependencies(self.catalog)
        for name in sorted(stage.pipeline.all_outputs() | {stage.record}):
            require_writable(self.catalog[name].filepath)
        if stage.name == "training":
            _check_training(stage, self.catalog)
        scratch = stage.scratch(self.catalog)
        for folder in scratch:
            if self.force:
                folder.clear()
            folder.begin(dependencies.fingerprint)
        self.execute(stage.pipeline, self.catalog)
        if not (stage.is_looked_at_each_time and stage.is_finished(self.catalog, dependencies)):
            stage.write_record(self.catalog, dependencies, why)
        for folder in scratch:
            folder.clear()
        for other in self.known:
            if other.cohort == stage.cohort and other.name == IN_ONE_PASS.get(stage.name):
                other.write_record(self.catalog, other.dependencies(self.catalog), why)
                self.written_along.add(other.title)
                logger.info("Done in the same pass: %s", other.title)


def _whole_stages(stages: Collection[Stage], loader: ProjectConfigLoader) -> list[Stage]:
    """The stages, each whole, and all that they stand on, in an order in which they can run."""
    names = dict.fromkeys(_pipeline_of(stage, loader) for stage in stages)
    whole = {stage.title: stage for name in names for stage in stages_of(pipelines[name])}
    asked = {stage.namespace for stage in stages}
    return [stage for stage in whole.values() if stage.namespace in asked or not stage.is_experiment]


def _pipeline_of(stage: Stage, loader: ProjectConfigLoader) -> str:
    """Name of a registered pipeline that has a stage and all that it stands on."""
    if stage.is_experiment:
        return Experiment.of_namespace(stage.namespace).pipeline
    if stage.name in (LEADERBOARD, EXPORT):
        return stage.name
    if stage.name == PREDICTION:
        return PREDICT
    if stage.name == COMPARISON:
        protocol = stage.namespace.partition(".")[2]
        return compare_pipeline(stage.cohort, protocol)
    if stage.name == LEAKAGE_EFFECT:
        return leakage_effect_pipeline(stage.cohort)
    if stage.name == "linking":
        return f"{stage.cohort}_link_patients"
    if stage.name == "splitting" and stage.namespace != stage.cohort:
        every = experiments(loader.typed, (*PROTOCOLS, *ARMS))
        if first := next((e for e in every if e.namespace.startswith(f"{stage.namespace}.")), None):
            return first.pipeline
    return f"{stage.cohort}_audit"


def _refuse_part(stage: Stage, known: Collection[Stage]) -> None:
    """Refuse a part of a stage, because its record speaks of all of it.

    Raises:
        ConfigError: If nodes of the stage are left out.
    """
    whole = next(each for each in known if each.title == stage.title)
    left_out = sorted(node.name for node in set(whole.pipeline.nodes) - set(stage.pipeline.nodes))
    if left_out:
        raise ConfigError(
            f"A stage is run as a whole, but of {stage.title} these nodes are left out: "
            f"{', '.join(left_out)}. Choose stages by --tags={stage.name}, or nodes that make up whole ones."
        )


def _refuse_impossible_network(stage: Stage, catalog: CatalogProtocol) -> None:
    """Build the network that is to be trained without weights, before images are got and prepared for it."""
    if stage.is_finished(catalog, stage.dependencies(catalog)):
        return
    from s3f_pipeline.models import build_model, without_weights

    config: ExperimentConfig = catalog.load(f"params:{stage.namespace}.experiment")
    with without_weights():
        build_model(config.network, config.input_shape, config.outputs, **config.options)


def _refuse_unusable_weights(stage: Stage, catalog: CatalogProtocol) -> None:
    """Look at the file that is to be imported before images are got and prepared for it."""
    from s3f_pipeline.pipelines.importing.nodes import check_weights

    if not stage.is_finished(catalog, stage.dependencies(catalog)):
        check_weights(catalog.load(f"params:{stage.namespace}.experiment"), catalog.load("weights_file"))


def _is_imported(namespace: str, loader: ProjectConfigLoader) -> bool:
    """Whether the weights of an experiment come from a file; several of these may be in one run."""
    return loader.typed.variants[Experiment.of_namespace(namespace).variant].imported


def _check_training(stage: Stage, catalog: CatalogProtocol) -> None:
    """Let a training refuse what it cannot be trained on before the state of an earlier one is given up."""
    from s3f_pipeline.training.experiment import check_training

    (node,) = stage.pipeline.nodes
    read = [name for name in node.inputs if not isinstance(catalog[name], ScratchFolderDataset)]
    check_training(*(catalog.load(name) for name in read))


def _hint(damage: str) -> str:
    """What else a user can do about a damaged network than let it be trained again."""
    if MODEL_FILE not in damage:
        return ""
    return (
        " Where there is a whole copy of the file, such as in MLflow, stop this run, put it back and run the "
        "same command again: then nothing is trained."
    )
