"""Many runs of one experiment in one: mean and standard deviation of every metric."""

import json
import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from s3f_pipeline.mappings import dotted
from s3f_pipeline.results.runs import FinishedRun

CONDITIONS = (
    "cohort",
    "protocol",
    "variant",
    "guarantee",
    "selection_split",
    "selected_on_test",
    "synthetic",
)
COUNTS = ("n", "support", "groups")
"""Numbers of the test block that are no metrics."""


@dataclass(frozen=True)
class Summary:
    """Mean and spread over runs that may be compared, and which runs may not.

    Attributes:
        content: Of ``summary.json``.
        left_out: One sentence for each run that differs from the others in more than seed and fold.
    """

    content: dict[str, Any]
    left_out: list[str]


def summarise(runs: Sequence[FinishedRun]) -> Summary:
    """Put the results of one experiment together.

    Runs must have the same data, the same configuration but for seed and fold, and per fold the same
    split. What most runs have counts, of equally many what the one has that finished last; others are left
    out.

    Args:
        runs: Of one experiment, at least one.

    Returns:
        The summary: for each metric of the test block ``mean``, ``sd`` (of a sample, n - 1; ``None`` for
        one run) and ``n``, the runs that have it.
    """
    kept, left_out = list(runs), []
    for name, of in (("data", _data), ("configuration", _configuration), ("split", _split)):
        odd = _odd_ones(kept, of)
        left_out += [f"{run.id.title} is left out: its {name} is not that of the others." for run in odd]
        kept = [run for run in kept if run not in odd]
    return Summary({**_content(kept), "left_out": left_out}, left_out)


def _data(run: FinishedRun) -> tuple[Any, str]:
    return None, run.training.data_hash


def _configuration(run: FinishedRun) -> tuple[Any, str]:
    return None, json.dumps(_own_configuration(run), sort_keys=True)


def _own_configuration(run: FinishedRun) -> dict[str, Any]:
    return {key: value for key, value in run.training.config.items() if key not in ("seed", "fold")}


def _split(run: FinishedRun) -> tuple[Any, str]:
    return run.id.fold, run.training.splits_hash


def _odd_ones(runs: Sequence[FinishedRun], of: Callable[[FinishedRun], tuple[Any, str]]) -> list[FinishedRun]:
    """Runs whose value is not the usual one among the runs that it is compared with."""
    counts: dict[Any, Counter[str]] = {}
    for run in sorted(runs, key=lambda run: run.finished, reverse=True):  # the first of equals counts
        among, value = of(run)
        counts.setdefault(among, Counter())[value] += 1
    usual = {among: counter.most_common(1)[0][0] for among, counter in counts.items()}
    return [run for run in runs if usual[of(run)[0]] != of(run)[1]]


def _content(runs: Sequence[FinishedRun]) -> dict[str, Any]:
    first = runs[0]
    values: dict[str, list[float]] = {}
    for run in runs:
        for name, value in dotted(_without_intervals(asdict(run.metrics.test))):
            if isinstance(value, int | float) and name.rpartition(".")[2] not in COUNTS:
                values.setdefault(name, []).append(float(value))
    return {
        **{key: getattr(first.metrics, key) for key in CONDITIONS},
        "data_hash": first.training.data_hash,
        "config": _own_configuration(first),
        "runs": [
            {
                "seed": run.id.seed,
                "fold": run.id.fold,
                "splits_hash": run.training.splits_hash,
                "mlflow_run_id": run.training.mlflow_run_id,
            }
            for run in runs
        ],
        "metrics": {name: _spread(found) for name, found in values.items()},
    }


def _without_intervals(block: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of a split without their intervals, which have no mean."""
    kept = {key: value for key, value in block.items() if key != "intervals"}
    kept["per_class"] = {
        name: {key: value for key, value in figures.items() if key != "intervals"}
        for name, figures in block["per_class"].items()
    }
    if kept["positive"]:
        kept["positive"] = {key: value for key, value in kept["positive"].items() if key != "intervals"}
    return kept


def _spread(values: Sequence[float]) -> dict[str, float | int | None]:
    return {
        "mean": statistics.fmean(values),
        "sd": statistics.stdev(values) if len(values) > 1 else None,
        "n": len(values),
    }
