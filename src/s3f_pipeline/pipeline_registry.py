"""All pipelines, built from the cohort and variant blocks of the configuration."""

from kedro.pipeline import Pipeline

from s3f_pipeline.config.loader import current_loader
from s3f_pipeline.config.names import experiments
from s3f_pipeline.config.schema import PROTOCOLS
from s3f_pipeline.pipelines import (
    acquisition,
    auditing,
    evaluation,
    ingestion,
    reporting,
    splitting,
    training,
)

DEFAULT = "brisc_bilinear"


def register_pipelines() -> dict[str, Pipeline]:
    """Build ``<cohort>_<variant>``, ``<cohort>_<variant>_published`` and the preparation alone.

    Returns:
        Pipelines by name. ``<cohort>_acquire`` gets the raw files, ``<cohort>_audit`` goes on to the
        splits and the leakage audit with its page; ``__default__`` is ``brisc_bilinear``. The audit makes
        the published splits too, unless they need a file that few people have, or this run is about one
        fold, which no publication has.
    """
    loader = current_loader()
    pipelines: dict[str, Pipeline] = {}
    prepared: dict[tuple[str, str], Pipeline] = {}
    for cohort in loader.typed.cohorts:
        size, published = loader.cohort(cohort).image_size, loader.cohort(cohort).published
        acquired = acquisition.create_pipeline(cohort)
        grouped = acquired + ingestion.create_pipeline(cohort, size) + splitting.create_groups(cohort)
        for protocol in PROTOCOLS:
            prepared[cohort, protocol] = grouped + splitting.create_splits(cohort, protocol)
        pipelines[f"{cohort}_acquire"] = acquired
        audited = prepared[cohort, "patient_safe"] + auditing.create_pipeline(cohort)
        if published and not published.needs and loader.typed.fold is None:
            audited += prepared[cohort, "published"]
        pipelines[f"{cohort}_audit"] = audited
    for experiment in experiments(loader.typed):
        size = loader.cohort(experiment.cohort).image_size
        pipelines[experiment.pipeline] = (
            prepared[experiment.cohort, experiment.protocol]
            + training.create_pipeline(experiment, size)
            + evaluation.create_pipeline(experiment, size)
            + reporting.create_pipeline(experiment)
        )
    if DEFAULT in pipelines:
        pipelines["__default__"] = pipelines[DEFAULT]
    return pipelines
