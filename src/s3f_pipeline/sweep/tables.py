"""Tables for the console, 80 columns at most."""

from collections import Counter
from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

from s3f_pipeline.config.names import Experiment, protocol_ending
from s3f_pipeline.reporting.formats import score
from s3f_pipeline.results import FinishedRun
from s3f_pipeline.sweep.plan import Run
from s3f_pipeline.sweep.state import State

COLUMNS = 80
FIGURES = {"accuracy": "accuracy", "macro_f1": "macro F1"}


def state_table(
    states: Mapping[Run, State], results: Mapping[Run, FinishedRun], reasons: Mapping[Run, str]
) -> str:
    """One line per run, with the figures of the finished ones, and a line that counts them.

    Args:
        states: State of each run.
        results: Of each finished run.
        reasons: Why each outdated run is outdated; each reason is told once.
    """
    rows = [["cohort", "variant", "run", "state", *FIGURES.values()]]
    for run, state in states.items():
        found = results.get(run)
        figures = [score(getattr(found.metrics.test, name)) if found else "" for name in FIGURES]
        rows.append([run.experiment.cohort, _network(run.experiment), run.folder, state.value, *figures])
    by_reason: dict[str, list[Run]] = {}
    for run, reason in reasons.items():
        by_reason.setdefault(reason, []).append(run)
    told = [
        fill(f"outdated: {_first_of(runs)}: {reason}", COLUMNS, subsequent_indent="  ")
        for reason, runs in by_reason.items()
    ]
    return "\n\n".join([aligned(rows, numbers=len(FIGURES)), *told, fill(counted(states), COLUMNS)])


def counted(states: Mapping[Run, State]) -> str:
    """Count the runs by state, such as ``16 runs: 10 finished, 6 not started``."""
    counts = Counter(states.values())
    by_state = ", ".join(f"{counts[state]} {state.value}" for state in State if counts[state])
    return f"{len(states)} {'run' if len(states) == 1 else 'runs'}: {by_state}"


def _first_of(runs: Sequence[Run]) -> str:
    return runs[0].title if len(runs) == 1 else f"{runs[0].title} and {len(runs) - 1} more"


def summary_table(summaries: Sequence[Mapping[str, Any]]) -> str:
    """One line per experiment: mean ± SD over its runs."""
    rows = [["cohort", "variant", "runs", *FIGURES.values()]]
    for summary in summaries:
        figures = [_mean_and_sd(summary["metrics"][name]) for name in FIGURES]
        experiment = Experiment(summary["cohort"], summary["protocol"], summary["variant"])
        rows.append([experiment.cohort, _network(experiment), str(len(summary["runs"])), *figures])
    return aligned(rows, numbers=len(FIGURES) + 1)


def _network(experiment: Experiment) -> str:
    """Its variant, with the protocol as in the name of the pipeline."""
    return f"{experiment.variant}{protocol_ending(experiment.protocol)}"


def _mean_and_sd(spread: Mapping[str, Any]) -> str:
    mean, sd = score(spread["mean"]), spread["sd"]
    return mean if sd is None else f"{mean} ± {score(sd)}"


def aligned(rows: Sequence[Sequence[str]], *, numbers: int) -> str:
    """Align columns, the last ``numbers`` ones to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    left = len(widths) - numbers
    lines = (
        "  ".join(
            cell.ljust(width) if column < left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)
