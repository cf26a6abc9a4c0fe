"""All pipelines, built from the cohort and variant blocks of the configuration."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from itertools import product

from kedro.pipeline import Pipeline

from s3f_pipeline.bundle.importing import read_keras_file, recognise
from s3f_pipeline.config.loader import ProjectConfigLoader, current_loader
from s3f_pipeline.config.names import (
    EXPORT,
    IMPORT,
    PREDICT,
    Experiment,
    compare_pipeline,
    experiments,
    leakage_effect_pipeline,
    protocol_ending,
)
from s3f_pipeline.config.schema import ARMS, PROTOCOLS, ImageStoreConfig, Protocol
from s3f_pipeline.errors import ConfigError
from s3f_pipeline.pipelines import (
    acquisition,
    auditing,
    bundling,
    comparison,
    evaluation,
    explanation,
    export,
    importing,
    ingestion,
    leaderboard,
    leakage_effect,
    linking,
    prediction,
    reporting,
    resizing,
    splitting,
    training,
)

Prepare = Callable[[str, Protocol], Pipeline]
Builders = Mapping[str, Callable[[], Pipeline]]
ENDINGS = [protocol_ending(protocol) for protocol in (*PROTOCOLS, *ARMS)]


class LazyPipelines(Mapping[str, Pipeline]):
    """Pipelines by name, each built when it is asked for: there are hundreds, and a run takes one.

    Args:
        builders: By name.
        unlisted: Likewise, of pipelines that are there and not listed.
        refused: What is wrong with the cohort or variant of a pipeline that cannot be built, by name.
    """

    def __init__(self, builders: Builders, unlisted: Builders, refused: Mapping[str, str]) -> None:
        self._builders = builders
        self._all = {**unlisted, **builders}
        self._refused = refused

    def __getitem__(self, name: str) -> Pipeline:
        """Build one pipeline.

        Raises:
            ConfigError: If it would be of a cohort or variant whose block cannot be used.
        """
        if name not in self._all and name in self._refused:
            raise ConfigError(self._refused[name])
        return self._all[name]()

    def __iter__(self) -> Iterator[str]:
        """Names of the listed pipelines."""
        return iter(self._builders)

    def __len__(self) -> int:
        """Number of listed pipelines."""
        return len(self._builders)


def register_pipelines() -> LazyPipelines:
    """Name ``<cohort>_<variant>``, ``<cohort>_<variant>_published`` and the preparation alone.

    Returns:
        Pipelines by name. ``<cohort>_acquire`` gets the raw files, ``<cohort>_audit`` goes on to the
        splits and the leakage audit with its page, ``<cohort>_compare`` and ``<cohort>_compare_published``
        put finished runs side by side, and ``leaderboard`` all comparisons; ``<cohort>_leakage_effect`` says
        what a leak is worth, ``<cohort>_link_patients`` matches a cohort to the one that its block links it
        to; ``predict`` predicts a user's images, and ``export`` takes a network out of Keras;
        ``import_published`` evaluates published weights under both protocols, ``<cohort>_imported_<network>``
        and ``…_published``, which are not listed, under one. The audit makes the published splits too, unless
        they need a file that few people have, or this run is about one fold, which no publication has.
        ``<cohort>_<variant>_leak_free`` and ``_leaking`` are not listed: a sweep runs them. There is no
        ``__default__``: training takes hours to weeks, so it is asked for by name.
    """
    loader = current_loader()
    prepare = cache(partial(_prepare, loader))
    builders: dict[str, Callable[[], Pipeline]] = {}
    for cohort, block in loader.typed.cohorts.items():
        builders[f"{cohort}_acquire"] = partial(acquisition.create_pipeline, cohort)
        builders[f"{cohort}_audit"] = partial(_audit, loader, prepare, cohort)
        for protocol in PROTOCOLS if block.published else PROTOCOLS[:1]:
            name = compare_pipeline(cohort, protocol)
            builders[name] = partial(comparison.create_pipeline, cohort, protocol)
        builders[leakage_effect_pipeline(cohort)] = partial(leakage_effect.create_pipeline, cohort)
        if block.link:
            builders[f"{cohort}_link_patients"] = partial(_link, loader, cohort, block.link.to)
    builders["leaderboard"] = leaderboard.create_pipeline
    builders[PREDICT] = prediction.create_pipeline
    builders[EXPORT] = export.create_pipeline
    builders[IMPORT] = partial(_import_published, loader, prepare)
    measured = partial(partial, _experiment, loader, prepare)
    builders |= {experiment.pipeline: measured(experiment) for experiment in experiments(loader.typed)}
    others = [*experiments(loader.typed, ARMS), *experiments(loader.typed, imported=True)]
    unlisted = {experiment.pipeline: measured(experiment) for experiment in others}
    return LazyPipelines(builders, unlisted, dict(_refused_pipelines(loader)))


def _refused_pipelines(loader: ProjectConfigLoader) -> Iterator[tuple[str, str]]:
    """Name every pipeline that there would be if all blocks could be used, and what is wrong."""
    refused = loader.refused
    for variant, message in refused.variants.items():
        for cohort, ending in product([*loader.typed.cohorts, *refused.cohorts], ENDINGS):
            yield f"{cohort}_{variant}{ending}", message
    for cohort, message in refused.cohorts.items():
        for ending in ("acquire", "audit", "compare", "compare_published", "leakage_effect", "link_patients"):
            yield f"{cohort}_{ending}", message
        for variant, ending in product(loader.typed.variants, ENDINGS):
            yield f"{cohort}_{variant}{ending}", message


def _ingest(loader: ProjectConfigLoader, cohort: str) -> Pipeline:
    block = loader.cohort(cohort)
    return Pipeline(
        [
            acquisition.create_pipeline(cohort),
            ingestion.create_pipeline(
                cohort, ImageStoreConfig.part_of(block), reads_header_patients=block.reads_header_patients
            ),
        ]
    )


def _link(loader: ProjectConfigLoader, cohort: str, other: str) -> Pipeline:
    return Pipeline([_ingest(loader, cohort), _ingest(loader, other), linking.create_pipeline(cohort, other)])


def _prepare(loader: ProjectConfigLoader, cohort: str, protocol: Protocol) -> Pipeline:
    shared = [
        _ingest(loader, cohort),
        resizing.create_pipeline(cohort, loader.cohort(cohort).image_size),
        splitting.create_groups(cohort),
    ]
    if protocol in ARMS:
        safe = splitting.create_splits(cohort, "patient_safe")
        return Pipeline([*shared, safe, splitting.create_arm_splits(cohort, protocol)])
    return Pipeline([*shared, splitting.create_splits(cohort, protocol)])


def _audit(loader: ProjectConfigLoader, prepare: Prepare, cohort: str) -> Pipeline:
    audited = prepare(cohort, "patient_safe") + auditing.create_pipeline(cohort)
    published = loader.cohort(cohort).published
    if published and not published.needs and loader.typed.fold is None:
        audited += prepare(cohort, "published")
    return audited


def _experiment(loader: ProjectConfigLoader, prepare: Prepare, experiment: Experiment) -> Pipeline:
    size = loader.cohort(experiment.cohort).image_size
    bundled = [] if experiment.protocol in ARMS else [bundling.create_pipeline(experiment, size)]
    imported = loader.typed.variants[experiment.variant].imported
    made = importing.create_pipeline(experiment) if imported else training.create_pipeline(experiment, size)
    return Pipeline(
        [
            prepare(experiment.cohort, experiment.protocol),
            made,
            evaluation.create_pipeline(experiment, size),
            explanation.create_pipeline(experiment, size),
            *bundled,
            reporting.create_pipeline(experiment, size, imported=imported),
        ]
    )


def _import_published(loader: ProjectConfigLoader, prepare: Prepare) -> Pipeline:
    """Both experiments on the network of a file; without a file, those on any network, which ask for one.

    Raises:
        ConfigError: If only one of file and cohort is named, or the cohort is none.
        WeightsError: If the file cannot be read, or holds no published network.
    """
    asked = loader.typed
    if (asked.weights is None) != (asked.cohort is None):
        raise ConfigError(
            f"{'weights' if asked.weights is None else 'cohort'} is not named. For example: kedro run"
            f'{loader.env_option} --pipeline={IMPORT} --params="weights=<file.keras>,cohort=brisc"'
        )
    cohort = asked.cohort or next(iter(asked.cohorts))
    if cohort not in asked.cohorts:
        told = loader.refused.cohorts.get(cohort, f"There is none. Cohorts: {', '.join(asked.cohorts)}.")
        raise ConfigError(f"cohort={cohort}: {told}")
    network = recognise(read_keras_file(loader.weights_file)).network if asked.weights else "spatial"
    published = loader.cohort(cohort).published
    can_follow = published and not published.needs and asked.fold is None
    return sum(
        (
            _experiment(loader, prepare, experiment)
            for experiment in experiments(asked, PROTOCOLS if can_follow else PROTOCOLS[:1], imported=True)
            if experiment.cohort == cohort and asked.variants[experiment.variant].network == network
        ),
        Pipeline([]),
    )
