"""``comparison.json``: networks of one cohort and protocol against one another."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from s3f_pipeline.results.advice import Advice
from s3f_pipeline.results.artefacts import Artefact
from s3f_pipeline.results.intervals import Interval
from s3f_pipeline.results.metrics import Guarantee


@dataclass(frozen=True)
class ComparedRun:
    """A run that was looked at; ``predictions`` is the SHA-256 of its file."""

    variant: str
    seed: int
    fold: int | None
    selected_epoch: int
    mlflow_run_id: str | None
    git_commit: str
    predictions: str


@dataclass(frozen=True)
class ClassCount:
    """Images of one class, and groups that have any."""

    images: int
    groups: int


@dataclass(frozen=True)
class ImageCounts:
    """The images that networks were compared on.

    Attributes:
        singletons: Images that are alone in their group.
        classes: By class name.
    """

    images: int
    groups: int
    singletons: int
    classes: Mapping[str, ClassCount]


@dataclass(frozen=True)
class FigureOfRuns:
    """A figure of one network.

    Attributes:
        mean: Over its runs.
        values: Of each run, in the order of their seeds.
        interval: Of the mean, over other images and other seeds; ``None`` where there is no spread to tell.
    """

    mean: float
    values: tuple[float, ...]
    interval: Interval | None


@dataclass(frozen=True)
class Sources:
    """What the deciding figure of a single run varies by, as standard deviations.

    Attributes:
        seed: Over seeds, on the same images; ``None`` of a single run.
        sample: Over other test images.
        epoch: Of the figure that chose the epoch, over the epochs around the kept one; ``None`` where there
            was a single epoch.
        epoch_metric: That figure, and the split that it is of.
    """

    seed: float | None
    sample: float
    epoch: float | None
    epoch_metric: str
    epoch_split: str


@dataclass(frozen=True)
class Cost:
    """What a network costs; ``None`` is not known.

    Attributes:
        parameters: Weights.
        multiply_adds: Of one image.
        training_seconds: Of one run, mean.
        seconds_per_epoch: Mean.
        devices: Of the trainings; times of different ones cannot be compared.
        latency_seconds: Of predicting one image, measured in turns with the other networks.
        memory_bytes: That training takes on each device, estimated from the shapes of the layers.
    """

    parameters: int
    multiply_adds: int | None
    training_seconds: float
    seconds_per_epoch: float
    devices: tuple[str, ...]
    latency_seconds: float | None = None
    memory_bytes: int | None = None


@dataclass(frozen=True)
class Difference:
    """A difference with its interval, ``None`` where there is no spread to tell."""

    value: float
    interval: Interval | None


@dataclass(frozen=True)
class Picking:
    """What picking the epoch by its own figure brings.

    Attributes:
        metric: That picked the epoch.
        split: Whose images it is of.
        picked: Of the kept epochs, mean over runs.
        settled: Over the last quarter of the epochs, mean over runs.
        price: Picked less settled, the most that picking can be worth; its interval is over runs.
        prices: Of each run, in the order of their seeds.
    """

    metric: str
    split: str
    picked: float
    settled: float
    price: Difference
    prices: tuple[float, ...]


@dataclass(frozen=True)
class ComparedNetwork:
    """One network.

    Attributes:
        title: What pages call it.
        seeds: Of its runs outside of a cross-validation.
        figures: By name.
        sources: Of uncertainty.
        optimism: Deciding figure on validation less that on test images, ``None`` without validation images.
    """

    title: str
    seeds: tuple[int, ...]
    figures: Mapping[str, FigureOfRuns]
    sources: Sources
    cost: Cost
    optimism: Difference | None
    picking: Picking


@dataclass(frozen=True)
class Resampled:
    """Interval and p of a bootstrap."""

    interval: Interval
    p: float


@dataclass(frozen=True)
class OverRunPairs:
    """A figure of every pair of a run of the first network with one of the second, which nothing pairs."""

    median: float
    lowest: float
    highest: float
    run_pairs: int


@dataclass(frozen=True)
class CrossChecks:
    """What other methods say of the same difference; no verdict depends on it.

    Attributes:
        groups: Bootstrap over groups, the runs as they are.
        two_level: Bootstrap over runs and groups.
        mcnemar_p: Exact, on images that are alone in their group; ``None`` where there is none.
        claim_false: Probability that the network with the higher accuracy is not the better one, likewise.
        delong_p: Of the AUC of each class against the rest, corrected by Holm over the classes, likewise.
    """

    groups: Resampled
    two_level: Resampled
    mcnemar_p: OverRunPairs | None
    claim_false: OverRunPairs | None
    delong_p: Mapping[str, OverRunPairs]


@dataclass(frozen=True)
class FoldTest:
    """A difference over the folds of a cross-validation.

    Attributes:
        differences: Of each fold, mean over seeds.
        interval: By Nadeau and Bengio; ``None`` for a single fold, or where all are the same.
        p_worse: With the two below by the Bayesian correlated t-test.
    """

    folds: tuple[int, ...]
    differences: tuple[float, ...]
    mean: float
    interval: Interval | None
    p: float | None
    p_worse: float | None
    p_equal: float | None
    p_better: float | None


@dataclass(frozen=True)
class ComparedPair:
    """Two networks; every difference is the first less the second.

    Attributes:
        difference: Of the deciding figure.
        standard_error: Of it, sample and training together.
        df: Degrees of freedom.
        interval: ``None`` where there is no spread to tell, or a network has a single run.
        p: Of no difference.
        p_holm: The same, corrected for all pairs.
        p_equivalent: Of a difference of the margin or more.
        p_equivalent_holm: The same, corrected for all pairs.
        p_verdict_false: Probability that the verdict is false: that the sign is the other one, of a verdict
            ``practically equal`` that the difference exceeds the margin; ``None`` where nothing is shown.
        p_worse: Probability that the first is worse by more than the margin.
        p_equal: That they differ by less.
        p_better: That the first is better by more.
        others: Other figures, without correction and without verdict.
        folds: Over a cross-validation, ``None`` without.
        why_none: Why nothing can be shown, ``None`` where it can.
    """

    first: str
    second: str
    verdict: str
    difference: float
    standard_error: float
    df: float
    interval: Interval | None
    p: float | None
    p_holm: float | None
    p_equivalent: float | None
    p_equivalent_holm: float | None
    p_verdict_false: float | None
    p_worse: float | None
    p_equal: float | None
    p_better: float | None
    cross_checks: CrossChecks
    others: Mapping[str, Difference]
    folds: FoldTest | None
    why_none: str | None


@dataclass(frozen=True)
class JudgedClaim:
    """A published claim that one network is better than another.

    Attributes:
        p_false: Lowest and highest probability that it is false, over all ways in which they can have been
            wrong on the same images.
    """

    better: str
    other: str
    accuracy: float
    other_accuracy: float
    test_images: int
    note: str
    p_false: Interval


@dataclass(frozen=True)
class Comparison(Artefact):
    """Content of ``comparison.json``.

    Attributes:
        runs_hash: Of all runs; the same for the same set of finished runs.
        figure: That decides.
        margin: Difference that does not matter.
        few_groups: Fewer groups than this in a class flag an interval.
        networks: By variant, the best mean figure first.
        pareto: Networks that none beats in figure and number of parameters, the cheapest first.
        advice: As it was frozen before.
        notes: What a reader must know.
    """

    VERSION: ClassVar[int] = 1

    cohort: str
    protocol: str
    guarantee: Guarantee
    selection_split: str
    selected_on_test: bool
    synthetic: bool
    splits_hash: str
    data_hash: str
    runs_hash: str
    mlflow_run_id: str | None
    figure: str
    margin: float
    confidence: float
    replicates: int
    runs: tuple[ComparedRun, ...]
    images: ImageCounts
    networks: Mapping[str, ComparedNetwork]
    pairs: tuple[ComparedPair, ...]
    pareto: tuple[str, ...]
    advice: Advice
    claims: tuple[JudgedClaim, ...]
    notes: tuple[str, ...]


def find_comparisons(folder: Path) -> dict[str, Comparison]:
    """Read every comparison in a folder, and of cohorts and protocols below it, by path inside the folder.

    Raises:
        ResultsError: If one of them is damaged.
    """
    paths = [*folder.glob("*comparison.json"), *folder.glob("*/*/comparison.json")]
    return {path.relative_to(folder).as_posix(): Comparison.read(path) for path in sorted(paths)}
