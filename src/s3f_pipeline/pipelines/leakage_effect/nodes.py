"""Nodes of the leakage effect."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from s3f_pipeline.comparison.settings import ComparisonSettings
from s3f_pipeline.config.loader import current_loader
from s3f_pipeline.config.schema import CohortFacts

if TYPE_CHECKING:
    from s3f_pipeline.results import FinishedRun


def measure_effect(
    leak_free: list["FinishedRun"],
    leaking: list["FinishedRun"],
    settings: ComparisonSettings,
    titles: dict[str, str],
    cohort: CohortFacts,
) -> dict[str, Any]:
    """Measure what the leak is worth to every network."""
    from s3f_pipeline.comparison.leakage import measure_leakage
    from s3f_pipeline.comparison.leakage_runs import paired_runs
    from s3f_pipeline.tracking.run import RUN

    paired = paired_runs(
        leak_free, leaking, cohort=cohort.name, network=next(iter(titles)), env=current_loader().env_option
    )
    return asdict(measure_leakage(paired, settings, titles=titles, mlflow_run_id=RUN.run_id))


def write_effect(effect: dict[str, Any], cohort: CohortFacts) -> str:
    """Word the effect as one HTML file."""
    from s3f_pipeline.reporting.leakage_effect import render_leakage_effect
    from s3f_pipeline.results.leakage_effect import LeakageEffect

    return render_leakage_effect(
        LeakageEffect.of(effect, "leakage_effect.json"),
        cohort.model_dump(
            mode="json", include={"name", "title", "subject", "class_titles", "licence", "citation"}
        ),
        datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )
