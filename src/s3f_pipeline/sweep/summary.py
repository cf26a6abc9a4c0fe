"""Many runs of one experiment in one: mean and standard deviation of every metric."""

import json
import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from s3f_pipeline.reporting.formats import dotted
from s3f_pipeline.sweep.plan import Run

CONDITIONS = (
    "cohort",
    "protocol",
    "variant",
    "guarantee",
    "selection_split",
    "selected_on_test",
    "synthetic",
)
COUNTS = ("n", "support")
"""Numbers of the test block that are no metrics."""


@dataclass(frozen=True)
class Result:
    """What a finished run has left.

    Attributes:
        run: The run.
        training: Content of ``training.json``.
        metrics: Content of ``metrics.json``.
    """

    run: Run
    training: Mapping[str, Any]
    metrics: Mapping[str, Any]


@dataclass(frozen=True)
class Summary:
    """Mean and spread over runs that may be compared, and which runs may not.

    Attributes:
        content: Of ``summary.json``.
        left_out: One sentence for each run that differs from the others in more than seed and fold.
    """

    content: dict[str, Any]
    left_out: list[str]


def summarise(results: Sequence[Result]) -> Summary:
    """Put the results of one experiment together.

    Runs must have the same data, the same configuration but for seed and fold, and per fold the same
    split. What most runs have counts (of equally many, what the first one has); others are left out.

    Args:
        results: Of one experiment, at least one.

    Returns:
        The summary: for each metric of the test block ``mean``, ``sd`` (of a sample, n - 1; ``None`` for
        one run) and ``n``, the runs that have it.
    """
    kept, left_out = list(results), []
    for name, of in (("data", _data), ("configuration", _configuration), ("split", _split)):
        odd = _odd_ones(kept, of)
        left_out += [
            f"{result.run.title} is left out: its {name} is not that of the others." for result in odd
        ]
        kept = [result for result in kept if result not in odd]
    return Summary(_content(kept), left_out)


def _data(result: Result) -> tuple[Any, str]:
    return None, result.training["data_hash"]


def _configuration(result: Result) -> tuple[Any, str]:
    return None, json.dumps(_own_configuration(result), sort_keys=True)


def _own_configuration(result: Result) -> dict[str, Any]:
    return {key: value for key, value in result.training["config"].items() if key not in ("seed", "fold")}


def _split(result: Result) -> tuple[Any, str]:
    return result.run.fold, result.training["splits_hash"]


def _odd_ones(results: Sequence[Result], of: Callable[[Result], tuple[Any, str]]) -> list[Result]:
    """Runs whose value is not the usual one among the runs that it is compared with."""
    counts: dict[Any, Counter[str]] = {}
    for among, value in map(of, results):
        counts.setdefault(among, Counter())[value] += 1
    usual = {among: counter.most_common(1)[0][0] for among, counter in counts.items()}
    return [result for result in results if usual[of(result)[0]] != of(result)[1]]


def _content(results: Sequence[Result]) -> dict[str, Any]:
    first = results[0].metrics
    values: dict[str, list[float]] = {}
    for result in results:
        for name, value in dotted(result.metrics["test"]):
            if isinstance(value, int | float) and name.rpartition(".")[2] not in COUNTS:
                values.setdefault(name, []).append(float(value))
    return {
        **{key: first[key] for key in CONDITIONS},
        "data_hash": results[0].training["data_hash"],
        "config": _own_configuration(results[0]),
        "runs": [
            {
                "seed": result.run.seed,
                "fold": result.run.fold,
                **{key: result.training[key] for key in ("splits_hash", "mlflow_run_id")},
            }
            for result in results
        ],
        "metrics": {name: _spread(found) for name, found in values.items()},
    }


def _spread(values: Sequence[float]) -> dict[str, float | int | None]:
    return {
        "mean": statistics.fmean(values),
        "sd": statistics.stdev(values) if len(values) > 1 else None,
        "n": len(values),
    }
