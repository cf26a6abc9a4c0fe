"""Many experiments of one configuration, looked at from one process that trains none of them."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from filelock import Timeout
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.io import CatalogProtocol

from s3f_pipeline.config.layers import Refused
from s3f_pipeline.config.loader import PROJECT, ProjectConfigLoader, current_loader
from s3f_pipeline.config.names import Experiment, run_folder
from s3f_pipeline.config.schema import Parameters
from s3f_pipeline.errors import S3FError
from s3f_pipeline.pipelines.interrupts import InterruptedRunError
from s3f_pipeline.pipelines.locks import lock_of
from s3f_pipeline.pipelines.runner import StageRunner
from s3f_pipeline.pipelines.stages import PREPARATION_STAGES, Stage, stages_of
from s3f_pipeline.pipelines.summaries import update_summary
from s3f_pipeline.tracking.parent import ParentRun


class ManyExperiments:
    """Stages, files and preparation of experiments; a catalog is made once per seed and fold.

    Args:
        env: Configuration environment, ``None`` for the default one.
        params: What ``--params`` says, without seed and fold.
        explain: Turns any failure into a readable error.
    """

    def __init__(
        self, env: str | None, params: dict[str, Any], explain: Callable[[BaseException], S3FError]
    ) -> None:
        """Read the configuration."""
        self._env, self._params, self._explain = env, params, explain
        self._catalogs: dict[tuple[int, int | None], CatalogProtocol] = {}
        self._stages: dict[str, list[Stage]] = {}
        self._session({}).load_context()
        self._loader: ProjectConfigLoader = current_loader()

    @property
    def parameters(self) -> Parameters:
        """The merged and checked configuration."""
        return self._loader.typed

    @property
    def refused(self) -> Refused:
        """What is wrong with cohorts and variants whose block cannot be used, by name."""
        return self._loader.refused

    @property
    def data_root(self) -> Path:
        """Folder below which all runs read and write."""
        return self._loader.data_root

    def open_parent(self, selection: dict[str, str]) -> ParentRun:
        """Open the MLflow run of a sweep."""
        name = "sweeps" if self.parameters.phantoms is None else "demo-sweeps"
        uri = self._loader["mlflow"]["server"]["mlflow_tracking_uri"]
        return ParentRun(uri, self.data_root, name, selection)

    def prepare(self, experiment: Experiment, fold: int | None) -> str | None:
        """Make what the experiments of a cohort share: images, groups and the split of this fold.

        Returns:
            What went wrong, ``None`` if nothing did.

        Raises:
            InterruptedRunError: After Ctrl-C or SIGTERM.
        """
        try:
            self._session({"fold": fold}).run(
                pipeline_names=[experiment.pipeline], tags=PREPARATION_STAGES, runner=StageRunner()
            )
        except InterruptedRunError:
            raise
        except Exception as error:
            return self._explain(error).message
        return None

    def why_unfinished(self, experiment: Experiment, seed: int, fold: int | None) -> str | None:
        """Say why a stage, from the images to the report, has to be run; ``None`` if all are finished."""
        catalog = self._catalog(seed, fold)
        for stage in self._stages_of(experiment):
            if not stage.is_looked_at_each_time:
                why = stage.why_unfinished(catalog, stage.dependencies(catalog))
                if why is not None:
                    return f"{stage.name}: {why.reason}"
        return None

    def has_results(self, experiment: Experiment, seed: int, fold: int | None) -> bool:
        """Whether a run has been finished, with whatever parameters, data and code."""
        catalog = self._catalog(seed, fold)
        return all(catalog[s.record].exists() for s in self._stages_of(experiment) if s.is_experiment)

    def forget(self, experiment: Experiment, seed: int, fold: int | None) -> None:
        """Make a run count as not started: its records and the state of its training are removed.

        A run that another process works on stays as it is; who starts it is refused.
        """
        catalog = self._catalog(seed, fold)
        lock = lock_of(self._loader, f"{experiment.namespace}.{run_folder(seed, fold)}")
        with suppress(Timeout), lock.acquire(timeout=0):
            for stage in self._stages_of(experiment):
                if stage.is_experiment:
                    catalog[stage.record].invalidate()
                    for folder in stage.scratch(catalog):
                        folder.clear()

    def update_summary(self, experiment: Experiment) -> None:
        """Write what all finished runs of an experiment come to."""
        update_summary(self._loader, next(iter(self._catalogs.values())), experiment)

    def _session(self, params: dict[str, Any]) -> KedroSession:
        runtime = {**self._params, **{name: value for name, value in params.items() if value is not None}}
        return KedroSession.create(project_path=PROJECT, env=self._env, runtime_params=runtime)

    def _catalog(self, seed: int, fold: int | None) -> CatalogProtocol:
        if (seed, fold) not in self._catalogs:
            context = self._session({"seed": seed, "fold": fold}).load_context()
            self._catalogs[seed, fold] = context.catalog
        return self._catalogs[seed, fold]

    def _stages_of(self, experiment: Experiment) -> list[Stage]:
        if experiment.pipeline not in self._stages:
            self._stages[experiment.pipeline] = stages_of(pipelines[experiment.pipeline])
        return self._stages[experiment.pipeline]
