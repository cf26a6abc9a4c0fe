"""Nodes of the comparison."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from s3f_pipeline.comparison.settings import ComparisonSettings
from s3f_pipeline.config.schema import CohortFacts

if TYPE_CHECKING:
    from s3f_pipeline.results import FinishedRun


def advise(runs: list["FinishedRun"], settings: ComparisonSettings) -> dict[str, Any]:
    """Advise a network by the validation images alone."""
    from s3f_pipeline.comparison.summary import advise_on_validation

    return asdict(advise_on_validation(runs, settings))


def compare_networks(
    runs: list["FinishedRun"],
    advice: dict[str, Any],
    settings: ComparisonSettings,
    titles: dict[str, str],
    cohort: CohortFacts,
) -> dict[str, Any]:
    """Compare all networks on the test images, and measure how long each takes for one."""
    from s3f_pipeline.bundle.latency import latencies
    from s3f_pipeline.comparison.summary import compare
    from s3f_pipeline.results.advice import Advice
    from s3f_pipeline.tracking.run import RUN

    bundles = {run.id.variant: run.bundle_folder for run in reversed(runs)}
    return asdict(
        compare(
            runs,
            Advice.of(advice, "advice.json"),
            settings,
            titles=titles,
            claims=cohort.published_claims,
            latencies=latencies({name: bundles[name] for name in advice["parameters"]}),
            mlflow_run_id=RUN.run_id,
        )
    )


def compare_why(
    runs: list["FinishedRun"], comparison: dict[str, Any], settings: ComparisonSettings
) -> dict[str, Any]:
    """Put the explanations of the compared runs side by side."""
    from s3f_pipeline.comparison.explanations import compare_explanations

    return asdict(compare_explanations(runs, list(comparison["networks"]), settings.seed))


def write_comparison(comparison: dict[str, Any], explanations: dict[str, Any], cohort: CohortFacts) -> str:
    """Word the comparison as one HTML file."""
    from s3f_pipeline.reporting.comparison import render_comparison
    from s3f_pipeline.results.compared_explanations import ComparedExplanations
    from s3f_pipeline.results.comparison import Comparison

    return render_comparison(
        Comparison.of(comparison, "comparison.json"),
        ComparedExplanations.of(explanations, "compared_explanations.json"),
        cohort.model_dump(mode="json", include={"name", "title", "class_titles", "licence", "citation"}),
        datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )
