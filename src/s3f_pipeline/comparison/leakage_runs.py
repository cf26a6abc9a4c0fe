"""The finished runs with and without a leak, and what tells them apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from s3f_pipeline.errors import ResultsError
from s3f_pipeline.results import FinishedRun, require_equal
from s3f_pipeline.results.identity import COMPARABLE
from s3f_pipeline.results.leakage_effect import ClassInjection
from s3f_pipeline.splits.injection import CONCERNED, LEAKING
from s3f_pipeline.splits.patient_safe import OFFICIAL

Runs = Mapping[str, Sequence[FinishedRun]]
SEEDS = range(3)
"""That a sweep is told to take where there are no runs at all."""


@dataclass(frozen=True)
class PairedRuns:
    """The runs of both sides, on the same test images.

    Attributes:
        leak_free: By network.
        leaking: By network, the same networks with the same seeds.
        leak: ``twins`` or ``subject``.
        official_test: Whether the test set is the official one.
        concerned: Ids of the test images of which something leaks.
        injected: Counts by class.
    """

    leak_free: Runs
    leaking: Runs
    leak: str
    official_test: bool
    concerned: frozenset[str]
    injected: Mapping[str, ClassInjection]


def paired_runs(
    leak_free: Sequence[FinishedRun], leaking: Sequence[FinishedRun], *, cohort: str, network: str, env: str
) -> PairedRuns:
    """Bring the runs of both sides together.

    Args:
        leak_free: All runs without the leak.
        leaking: All runs with it.
        cohort: Name of the cohort.
        network: That a sweep is told to take where there are no runs at all.
        env: What commands end in, such as `` --env=demo``.

    Raises:
        ResultsError: If runs are missing, with the command that makes them; if the runs of a network differ
            in a condition; or if a split or the index has been made anew since.
    """
    _require_all(leak_free, leaking, cohort=cohort, network=network, env=env)
    sides = [_by_network(leak_free), _by_network(leaking)]
    for side in (leak_free, leaking):
        named = [(run.id, run.conditions) for run in side]
        require_equal(named, ["splits_hash", "data_hash"], reason="cannot be taken together")
    conditions = [name for name in COMPARABLE if name != "splits_hash"]
    for name in sides[0]:
        both = [(run.id, run.conditions) for side in sides for run in side[name]]
        require_equal(both, conditions, reason="cannot tell what a leak is worth")
    splits, without = leaking[0].splits(), leak_free[0].splits()
    _require_pair(splits, without, _sweep(cohort, list(sides[0]), _seeds([*leak_free, *leaking]), env))
    concerned = splits["reason"].str.endswith(CONCERNED)
    reasons = set(splits["reason"])
    labels = leaking[0].index().set_index("image_id")["label"]
    return PairedRuns(
        leak_free=sides[0],
        leaking=sides[1],
        leak=next(leak for leak, reason in LEAKING.items() if reason in reasons),
        official_test=bool(splits["reason"].str.startswith(OFFICIAL).any()),
        concerned=frozenset(splits["image_id"][concerned]),
        injected={
            name: ClassInjection(
                train=int((rows["split"] == "train").sum()),
                leaked=int(rows["reason"].isin(LEAKING.values()).sum()),
                test=int((rows["split"] == "test").sum()),
                concerned=int(rows["reason"].str.endswith(CONCERNED).sum()),
            )
            for name in leaking[0].training.classes
            for rows in [splits[splits["image_id"].map(labels) == name]]
        },
    )


def _by_network(runs: Sequence[FinishedRun]) -> dict[str, list[FinishedRun]]:
    found: dict[str, list[FinishedRun]] = {}
    for run in runs:
        found.setdefault(run.id.variant, []).append(run)
    return found


def _require_all(
    leak_free: Sequence[FinishedRun], leaking: Sequence[FinishedRun], *, cohort: str, network: str, env: str
) -> None:
    """Refuse networks and seeds that only one side has."""
    without, with_leak = ({(run.id.variant, run.id.seed) for run in side} for side in (leak_free, leaking))
    missing = sorted(without ^ with_leak)
    if not without | with_leak:
        raise ResultsError(
            f"What a leak is worth is told by finished runs with and without it, and there are none of "
            f"{cohort}. Make them, of this network or others: {_sweep(cohort, [network], SEEDS, env)}"
        )
    if missing:
        told = ", ".join(
            f"{variant} with seed {seed} ({'leaking' if (variant, seed) in without else 'leak_free'})"
            for variant, seed in missing
        )
        seeds = sorted({seed for _, seed in missing})
        command = _sweep(cohort, list(dict.fromkeys(variant for variant, _ in missing)), seeds, env)
        raise ResultsError(f"Finished runs are missing: {told}. Make them, with the same --params: {command}")


def _require_pair(leaking: pd.DataFrame, leak_free: pd.DataFrame, command: str) -> None:
    """Refuse two splits that were not made together."""
    same = ["test", "validation"]
    held = [table[table["split"].isin(same)][["image_id", "split"]] for table in (leaking, leak_free)]
    sizes = [int((table["split"] == "train").sum()) for table in (leaking, leak_free)]
    if not held[0].equals(held[1]) or sizes[0] != sizes[1]:
        raise ResultsError(
            f"The splits with and without the leak were made with different settings, and differ in more "
            f"than the leak. Run both again: {command}"
        )


def _seeds(runs: Sequence[FinishedRun]) -> list[int]:
    return sorted({run.id.seed for run in runs})


def _sweep(cohort: str, variants: Sequence[str], seeds: Sequence[int], env: str) -> str:
    """The command that makes the runs of both sides."""
    counted = list(seeds) == list(range(len(seeds)))
    told = str(len(seeds)) if counted else ",".join(map(str, seeds)) + ("," if len(seeds) == 1 else "")
    return (
        f"kedro sweep --cohorts={cohort} --variants={','.join(variants)} --protocols=leak_free,leaking "
        f"--seeds={told}{env}"
    )
