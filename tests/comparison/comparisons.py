"""Comparisons as files hold them, for tests of what reads them."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations

from s3f_pipeline.results.advice import Advice
from s3f_pipeline.results.comparison import (
    ClassCount,
    ComparedNetwork,
    ComparedPair,
    ComparedRun,
    Comparison,
    Cost,
    CrossChecks,
    Difference,
    FigureOfRuns,
    ImageCounts,
    JudgedClaim,
    Picking,
    Resampled,
    Sources,
)
from s3f_pipeline.results.intervals import Interval

UNSURE = Interval(-0.1, 0.1, None)


def comparison(
    cohort: str,
    values: Mapping[str, float],
    *,
    verdicts: Mapping[tuple[str, str], str] | None = None,
    protocol: str = "patient_safe",
    groups: int = 100,
    **changed: object,
) -> Comparison:
    """Networks by name with their balanced accuracy; verdicts are ``no difference shown`` unless given."""
    words = dict(verdicts or {})
    made = Comparison(
        cohort=cohort,
        protocol=protocol,
        guarantee={"test": {"a": {"patient": 10}}},
        selection_split="validation",
        selected_on_test=protocol == "published",
        synthetic=False,
        splits_hash="1" * 64,
        data_hash="2" * 64,
        runs_hash="3" * 64,
        mlflow_run_id="run of the comparison",
        figure="balanced_accuracy",
        margin=0.01,
        confidence=0.95,
        replicates=2000,
        runs=tuple(
            ComparedRun(name, seed, None, 3, f"{name} {seed}", "c0ffee", "4" * 64)
            for name in values
            for seed in (0, 1)
        ),
        images=ImageCounts(2 * groups, groups, 0, {"a": ClassCount(groups, groups)}),
        networks={name: _network(name, value) for name, value in values.items()},
        pairs=tuple(
            _pair(first, second, values, words.get((first, second), "no difference shown"))
            for first, second in combinations(values, 2)
        ),
        pareto=tuple(values),
        advice=Advice("3" * 64, "balanced_accuracy", next(iter(values)), None, (), {}, {}, {}, None),
        claims=(JudgedClaim("concat", "spatial", 0.9, 0.8, 100, "", Interval(0.01, 0.2, None)),),
        notes=(),
    )
    return replace(made, **changed)


def _network(name: str, value: float) -> ComparedNetwork:
    return ComparedNetwork(
        title=f"Network {name}",
        seeds=(0, 1),
        figures={
            "balanced_accuracy": FigureOfRuns(
                value, (value, value), Interval(value - 0.1, value + 0.1, None)
            ),
            "accuracy": FigureOfRuns(value + 0.01, (value, value + 0.02), None),
        },
        sources=Sources(0.01, 0.02, None, "weighted_f1", "validation"),
        cost=Cost(1000, None, 60.0, 5.0, ("CPU",)),
        optimism=None,
        picking=Picking("weighted_f1", "validation", 0.9, 0.88, Difference(0.02, None), (0.02, 0.02)),
    )


def _pair(first: str, second: str, values: Mapping[str, float], word: str) -> ComparedPair:
    checks = CrossChecks(Resampled(UNSURE, 0.5), Resampled(UNSURE, 0.5), None, None, {})
    return ComparedPair(
        first=first, second=second, verdict=word, difference=values[first] - values[second],
        standard_error=0.05, df=9.0, interval=UNSURE, p=0.5, p_holm=0.5, p_equivalent=0.5,
        p_equivalent_holm=0.5, p_verdict_false=None, p_worse=0.3, p_equal=0.3, p_better=0.4,
        cross_checks=checks, others={}, folds=None, why_none=None,
    )  # fmt: skip
