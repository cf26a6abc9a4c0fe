"""Which finished runs are compared with which, and in what they must agree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from s3f_pipeline.errors import ResultsError
from s3f_pipeline.results import FinishedRun, require_equal
from s3f_pipeline.results.identity import COMPARABLE

Runs = Mapping[str, Sequence[FinishedRun]]
REASON = "cannot be compared"


@dataclass(frozen=True)
class Design:
    """The runs of a cohort under a protocol.

    Attributes:
        repeats: Of each network the runs, seed by seed, whose predictions are compared; those of one seed are
            one, or of a cross-validation one per fold.
        folds: Of each network the runs of a cross-validation, of the folds that all networks have.
        notes: What was left out, and why.
    """

    repeats: Mapping[str, Mapping[int, Sequence[FinishedRun]]]
    folds: Runs
    notes: tuple[str, ...]

    @property
    def is_cross_validation(self) -> bool:
        """Whether there are no runs outside of a cross-validation to be compared."""
        return any(run.id.fold is not None for run in self.runs)

    @property
    def runs(self) -> list[FinishedRun]:
        """All runs whose predictions are compared."""
        return [run for by_seed in self.repeats.values() for of_seed in by_seed.values() for run in of_seed]

    def tables(self, split: str) -> dict[str, list[pd.DataFrame]]:
        """Predictions of the images of one split, one table per network and seed; may be without rows."""
        return {
            name: [pd.concat([_rows(run, split) for run in of_seed]) for of_seed in by_seed.values()]
            for name, by_seed in self.repeats.items()
        }


def design(runs: Sequence[FinishedRun]) -> Design:
    """Find what can be compared.

    Runs outside of a cross-validation are, where two networks have any; else those of the folds that all
    networks have, by the seeds that have all of these folds.

    Raises:
        ResultsError: If there are fewer than two networks, or runs were not made under the same conditions.
    """
    by_split = _by_network([run for run in runs if run.id.fold is None])
    folds = _of_shared_folds(_by_network([run for run in runs if run.id.fold is not None]))
    if len(by_split) > 1:
        repeats = {name: {run.id.seed: [run] for run in of_name} for name, of_name in by_split.items()}
    else:
        repeats = {name: _complete_seeds(of_name) for name, of_name in folds.items()}
        repeats = {name: by_seed for name, by_seed in repeats.items() if by_seed}
    if len(repeats) < 2:
        raise ResultsError(_too_few(runs))
    found = Design(repeats, folds, ())
    require_comparable([*found.runs, *(run for of_name in folds.values() for run in of_name)])
    left_out = sorted({run.id.variant for run in runs} - set(repeats))
    notes = [f"{name} is left out: it has no runs like those of the others." for name in left_out]
    return Design(repeats, folds, tuple(notes))


def require_comparable(runs: Sequence[FinishedRun]) -> None:
    """Refuse runs whose difference is not one of networks alone.

    Under the published protocol each network is trained as its own source says.

    Raises:
        ResultsError: If they differ in a condition; it says in which, and how to make them equal.
    """
    named = [(run.id, run.conditions) for run in runs]
    published = runs[0].id.protocol == "published"
    shared = [name for name in COMPARABLE if name not in ("splits_hash", "training")]
    require_equal(named, shared, reason=REASON)
    for fold in {run.fold for run, _ in named}:
        of_fold = [pair for pair in named if pair[0].fold == fold]
        require_equal(of_fold, ["splits_hash"], reason=REASON)
    for name in {run.variant for run, _ in named} if published else {None}:
        alike = [pair for pair in named if name in (None, pair[0].variant)]
        require_equal(alike, ["training"], reason=REASON)


def _by_network(runs: Sequence[FinishedRun]) -> dict[str, list[FinishedRun]]:
    found: dict[str, list[FinishedRun]] = {}
    for run in runs:
        found.setdefault(run.id.variant, []).append(run)
    return found


def _of_shared_folds(runs: Mapping[str, Sequence[FinishedRun]]) -> dict[str, list[FinishedRun]]:
    if len(runs) < 2:
        return {}
    shared = set.intersection(*({run.id.fold for run in of_name} for of_name in runs.values()))
    return {name: [run for run in of_name if run.id.fold in shared] for name, of_name in runs.items()}


def _complete_seeds(runs: Sequence[FinishedRun]) -> dict[int, list[FinishedRun]]:
    """Runs by seed, of the seeds that have every fold."""
    by_seed: dict[int, list[FinishedRun]] = {}
    for run in runs:
        by_seed.setdefault(run.id.seed, []).append(run)
    folds = {run.id.fold for run in runs}
    return {seed: of_seed for seed, of_seed in by_seed.items() if len(of_seed) == len(folds)}


def _rows(run: FinishedRun, split: str) -> pd.DataFrame:
    table = run.predictions()
    return table[table["split"] == split]


def _too_few(runs: Sequence[FinishedRun]) -> str:
    found = ", ".join(sorted({run.id.title for run in runs})) or "none"
    return (
        f"A comparison needs finished runs of at least two networks on the same split. Found: {found}. Make "
        f"more, with several seeds: kedro sweep --cohorts=<name> --variants=<name>,<name> --seeds=3."
    )
