"""The configuration loader of the project.

It types and checks the parameters after base, environment and ``--params`` have been merged (OmegaConf
interpolation would resolve each of them too early), and it remembers itself, because Kedro does not tell
``register_pipelines`` the environment of the run.
"""

import logging
import os
from pathlib import Path
from typing import Any, ClassVar

from kedro.config import OmegaConfigLoader

from s3f_pipeline.comparison.settings import ComparisonSettings, Described, PublishedFigures
from s3f_pipeline.config.globals import check_globals
from s3f_pipeline.config.layers import (
    RUNTIME,
    Layer,
    Refused,
    merge,
    read_layer,
    resolve_experiment,
    resolve_parameters,
)
from s3f_pipeline.config.names import Experiment, fold_ending, run_folder, trained_variants
from s3f_pipeline.config.reading import check_yaml, files_in
from s3f_pipeline.config.schema import (
    AcquisitionConfig,
    CohortConfig,
    CohortData,
    CohortFacts,
    CohortUse,
    ExperimentLabels,
    ExportRequest,
    ImageStoreConfig,
    Parameters,
    PredictionRequest,
    Protocol,
    SplittingOfRun,
)
from s3f_pipeline.errors import ConfigError
from s3f_pipeline.recipe import ExperimentConfig

BLOCKS = {"cohorts", "variants"}
"""Parameters of which a run takes one entry, in the form that its nodes ask for."""
PROJECT = Path(__file__).resolve().parents[3]
logger = logging.getLogger(__name__)


class ProjectConfigLoader(OmegaConfigLoader):
    """OmegaConfigLoader whose parameters are checked, and typed for each node by ``parameter``."""

    current: ClassVar["ProjectConfigLoader | None"] = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take the arguments of ``OmegaConfigLoader`` and become the current loader."""
        self._stages: list[list[Layer]] | None = None
        self._resolved: tuple[Parameters, Refused] | None = None
        type(self).current = self
        super().__init__(*args, **kwargs)

    def __getitem__(self, key: str) -> dict[str, Any]:
        """Return the configuration of one kind; ``parameters`` are those that all runs have in common.

        Raises:
            ConfigError: If a file cannot be read, or a parameter file or ``--params`` has an unknown key or a
                wrong value.
        """
        if key == "globals":  # what Kedro reads first
            self._check_files()
        if key != "parameters":
            return super().__getitem__(key)
        return self.typed.model_dump(mode="json", exclude=BLOCKS)

    def _check_files(self) -> None:
        for name in self._environments():
            if not (Path(self.conf_source) / name).is_dir():
                raise ConfigError(
                    f"There is no configuration folder {Path(self.conf_source) / name}. "
                    f"Choose another --env, or make the folder."
                )
            for path in files_in(Path(self.conf_source) / name):
                check_yaml(path)
            check_globals(Path(self.conf_source) / name)

    def _environments(self) -> list[str]:
        """Folders of the configuration, weakest first."""
        return list(dict.fromkeys([self.base_env, self.env or self.default_run_env]))

    @property
    def stages(self) -> list[list[Layer]]:
        """The parameter layers, weakest first: base, environment, ``--params``."""
        if self._stages is None:
            stages = [read_layer(Path(self.conf_source) / name) for name in self._environments()]
            runtime = self.runtime_params or {}
            self._stages = [*stages, [Layer(RUNTIME, merge(runtime))]]
        return self._stages

    @property
    def typed(self) -> Parameters:
        """The merged and checked parameters, without what is ``refused``."""
        return self._resolve()[0]

    @property
    def refused(self) -> Refused:
        """What is wrong with cohorts and variants whose block cannot be used, by name."""
        return self._resolve()[1]

    def _resolve(self) -> tuple[Parameters, Refused]:
        if self._resolved is None:
            self._resolved = resolve_parameters([layer for stage in self.stages for layer in stage])
        return self._resolved

    @property
    def data_root(self) -> Path:
        """Absolute folder below which all stages read and write.

        Raises:
            ConfigError: If ``data_root`` is missing, or no text.
        """
        folder = self["globals"].get("data_root")
        if not isinstance(folder, str) or not folder.strip() or "\0" in folder:
            raise ConfigError(
                f"data_root in globals.yml is {folder!r}. Name the folder for the data, such as data, or in "
                f"quotes if the name is a number."
            )
        return PROJECT / folder

    @property
    def env_option(self) -> str:
        """What a command needs to mean this environment, such as `` --env=demo``."""
        return f" --env={self.env}" if self.env else ""

    @property
    def run_folder(self) -> str:
        """Folder name of this run, such as ``seed-0``."""
        return run_folder(self.typed.seed, self.typed.fold)

    @property
    def fold_ending(self) -> str:
        """What file names that belong to this run's fold end in, such as ``_fold-3``."""
        return fold_ending(self.typed.fold)

    @property
    def prediction_folder(self) -> str:
        """Name of the folder with the results of this run's prediction."""
        return self.typed.folder

    @property
    def weights_file(self) -> Path:
        """The file of published weights that this run imports; there is none where it names none."""
        named = self.typed.weights
        return Path(named).expanduser().absolute() if named else self.data_root / "no weights are named"

    @property
    def export_folder(self) -> str:
        """Name of the folder with the network that this run exports."""
        return ExportRequest.part_of(self.typed).folder

    def cohort(self, name: str) -> CohortConfig:
        """The block of one cohort, at the image size of this run.

        Raises:
            ConfigError: If the cohort is ``refused``.
        """
        if name in self.refused.cohorts:
            raise ConfigError(self.refused.cohorts[name])
        block = self.typed.cohorts[name]
        if self.typed.image_size is None:
            return block
        return block.model_copy(update={"image_size": self.typed.image_size})

    def experiment(self, cohort: str, protocol: Protocol, variant: str) -> ExperimentConfig:
        """The configuration of one experiment."""
        return resolve_experiment(self.typed, self.stages, cohort, protocol, variant)

    def parameter(self, name: str) -> Any:
        """What a node takes as ``params:<name>``, and no more: a finished stage must stay finished.

        Args:
            name: ``<cohort>.<noun>``, or ``<cohort>.<protocol>.<variant>.<noun>`` for an experiment.

        Raises:
            ConfigError: If a parameter file or ``--params`` has an unknown key or a wrong value.
            KeyError: If there is no such parameter.
        """
        namespace, _, noun = name.rpartition(".")
        if noun in ("experiment", "labels"):
            make = self.experiment if noun == "experiment" else self._labels
            return make(*Experiment.of_namespace(namespace))
        if name == "leaderboard.cohorts":
            return self._described()
        if name == "prediction.request":
            return PredictionRequest.part_of(self.typed)
        if name == "export.request":
            return ExportRequest.part_of(self.typed)
        if namespace == "prediction":
            namespace = next(iter(self.typed.cohorts))  # settings that all cohorts share
        block, typed = self.cohort(namespace), self.typed
        match noun:
            case "cohort":
                return CohortFacts.part_of(block)
            case "data":
                return CohortData.part_of(block)
            case "image_store":
                return ImageStoreConfig.part_of(block)
            case "acquisition":
                return self._acquisition()
            case "use":
                return CohortUse.part_of(block)
            case "evaluation":
                return typed.evaluation
            case "explanation":
                return typed.explanation
            case "ingestion":
                return typed.ingestion
            case "twins":
                return typed.twins
            case "comparison":
                draws = typed.evaluation.model_dump(include={"confidence", "replicates", "seed"})
                return ComparisonSettings(**dict(typed.comparison), **draws)
            case "leakage_effect":
                return typed.leakage_effect
            case "networks":
                return {variant: network.title for variant, network in trained_variants(typed).items()}
            case "splitting":
                return SplittingOfRun(**dict(typed.splitting), fold=typed.fold)
        raise KeyError(name)

    def _acquisition(self) -> AcquisitionConfig:
        """``--params`` wins over the environment variables, and these over files."""
        archives = (self.runtime_params or {}).get("archives") or os.environ.get("S3F_ARCHIVES")
        return AcquisitionConfig(
            archives=archives or self.typed.archives,
            offline=self.typed.offline or bool(os.environ.get("S3F_OFFLINE")),
            phantoms=self.typed.phantoms,
        )

    def _described(self) -> dict[str, Described]:
        """What a leaderboard says of each cohort beside figures of our own."""
        return {
            name: Described(
                title=block.title,
                family=block.kin or name,
                published=tuple(
                    PublishedFigures(row.model, row.accuracy, row.auc_macro, row.weighted_f1, row.note)
                    for row in block.published_results
                ),
            )
            for name, block in self.typed.cohorts.items()
        }

    def _labels(self, cohort: str, protocol: Protocol, variant: str) -> ExperimentLabels:
        block, of_cohort = self.typed.variants[variant], self.typed.cohorts[cohort]
        published = of_cohort.published
        of_work = f" (that of {published.work})" if protocol == "published" and published else ""
        return ExperimentLabels(
            network_title=block.title,
            network_note=block.note,
            protocol_title=f"{protocol}{of_work}",
            class_titles=of_cohort.class_titles,
        )


def current_loader() -> ProjectConfigLoader:
    """Return the loader of the running session, or one made from ``KEDRO_ENV`` where none runs.

    ``kedro registry list`` builds the pipelines without a session and has no ``--env``; it alone is told of
    cohorts and variants that are refused, other commands if they ask for one.
    """
    if ProjectConfigLoader.current is not None:
        return ProjectConfigLoader.current
    from kedro.framework.project import settings

    loader = ProjectConfigLoader(
        conf_source=str(PROJECT / settings.CONF_SOURCE),
        env=os.getenv("KEDRO_ENV"),
        **settings.CONFIG_LOADER_ARGS,
    )
    for kind, refused in zip(("cohort", "variant"), loader.refused, strict=True):
        for name, message in refused.items():
            logger.warning("The %s %s has no pipelines. %s", kind, name, message)
    return loader
