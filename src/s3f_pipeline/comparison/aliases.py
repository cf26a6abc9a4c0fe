"""Which run of each network stands for it, and which network is the champion: by validation images alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from s3f_pipeline.results import FinishedRun
from s3f_pipeline.results.advice import Advice


@dataclass(frozen=True)
class Placed:
    """The run that stands for a network.

    Attributes:
        is_champion: Whether its network is the advised one.
        reason: Why, in a sentence.
    """

    run: FinishedRun
    is_champion: bool
    reason: str


def place_networks(runs: Sequence[FinishedRun], advice: Advice) -> list[Placed]:
    """Choose the run of each network with the best figure on validation images, the first of equal ones.

    Returns:
        One of each network, by name; none where nothing is advised, or where the epoch was chosen on test
        images, so that the networks themselves were picked by them.
    """
    if advice.network is None or any(run.metrics.selected_on_test for run in runs):
        return []
    return [_place([run for run in runs if run.id.variant == name], advice) for name in sorted(advice.means)]


def _place(runs: Sequence[FinishedRun], advice: Advice) -> Placed:
    best = max(sorted(runs, key=lambda run: run.id.order), key=lambda run: _figure(run, advice.figure))
    name, figure = best.id.variant, advice.figure
    others = ", ".join(other for other in sorted(advice.means) if other != name)
    verb = f"the comparison advises it before {others}"
    if name != advice.network:
        verb = f"the comparison advises {advice.network} before it"
    return Placed(
        best,
        name == advice.network,
        f"{verb}: {figure} of {advice.means[name]:.4f} on validation images, mean of its runs, and "
        f"{_figure(best, figure):.4f} of {best.id.folder}, the best of {len(runs)}",
    )


def _figure(run: FinishedRun, figure: str) -> float:
    validation = run.metrics.validation
    assert validation is not None  # else nothing is advised
    value: float | None = getattr(validation, figure)
    return float("-inf") if value is None else value
