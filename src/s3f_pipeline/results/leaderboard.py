"""``leaderboard.json``: networks over all cohorts that were compared."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from s3f_pipeline.results.artefacts import Artefact
from s3f_pipeline.results.intervals import Interval
from s3f_pipeline.results.metrics import Guarantee


@dataclass(frozen=True)
class Row:
    """A network on one cohort.

    Attributes:
        value: Deciding figure, mean over its runs.
        interval: Of it, ``None`` where there is no spread to tell.
        seeds: Number of runs, or of seeds of a cross-validation.
        others: Further figures, means.
        better_than: Networks that it is shown to be better than.
        worse_than: And worse than.
        equal_to: And practically equal to.
        runs: MLflow run ids, of those that have one.
    """

    network: str
    title: str
    value: float
    interval: Interval | None
    seeds: int
    parameters: int
    others: Mapping[str, float]
    better_than: tuple[str, ...]
    worse_than: tuple[str, ...]
    equal_to: tuple[str, ...]
    runs: tuple[str, ...]


@dataclass(frozen=True)
class Published:
    """A published result; ``None`` is not published."""

    model: str
    accuracy: float | None
    auc_macro: float | None
    weighted_f1: float | None
    note: str


@dataclass(frozen=True)
class Claim:
    """A published claim with the lowest and the highest probability that it is false."""

    better: str
    other: str
    p_false: Interval


@dataclass(frozen=True)
class BoardCohort:
    """A cohort under one protocol.

    Attributes:
        family: Cohorts of the same patients are of one family.
        counts: Whether it is the one that stands for its family where cohorts are counted.
        file: The ``comparison.json``, below the folder that was read.
        rows: The best first.
        advice: Network that the validation images advise, ``None`` without any.
    """

    cohort: str
    title: str
    protocol: str
    family: str
    counts: bool
    file: str
    runs_hash: str
    splits_hash: str
    mlflow_run_id: str | None
    synthetic: bool
    selected_on_test: bool
    guarantee: Guarantee
    images: int
    groups: int
    rows: tuple[Row, ...]
    advice: str | None
    published: tuple[Published, ...]
    claims: tuple[Claim, ...]


@dataclass(frozen=True)
class Duel:
    """Two networks over all families that have both; differences are the first less the second.

    Attributes:
        differences: By the cohort that stands for its family.
        mean: Of the differences.
        effect_size: Mean over standard deviation of the differences; ``None`` below three families, or where
            all are equal.
        better: Families where the first is shown to be better.
        worse: And worse.
        equal: And practically equal.
        not_shown: Where no difference is shown.
        p: Wilcoxon signed-rank test over families; ``None`` below ``FEWEST_FAMILIES``.
        p_holm: The same, corrected for all pairs.
    """

    first: str
    second: str
    differences: Mapping[str, float]
    mean: float
    effect_size: float | None
    better: int
    worse: int
    equal: int
    not_shown: int
    p: float | None = None
    p_holm: float | None = None


@dataclass(frozen=True)
class Ranks:
    """Networks ranked over families, 1 for the best.

    Attributes:
        means: Mean rank of each network, the best first.
        families: Number of them.
        friedman_p: Of no difference at all.
        joined: Networks next to one another of which no two are shown to differ (Wilcoxon, Holm).
        least_p: That the first of all pairs could get if it had the same sign in all families. Above the
            level, so few of them can show no difference, however large it is.
    """

    means: Mapping[str, float]
    families: int
    friedman_p: float
    joined: tuple[tuple[str, ...], ...]
    least_p: float


@dataclass(frozen=True)
class Board:
    """All cohorts of one protocol.

    Attributes:
        duels: Every pair of networks that share a family.
        ranks: ``None`` where ``why_no_ranks`` says why.
    """

    cohorts: tuple[BoardCohort, ...]
    duels: tuple[Duel, ...]
    ranks: Ranks | None
    why_no_ranks: str | None


@dataclass(frozen=True)
class Leaderboard(Artefact):
    """Content of ``leaderboard.json``.

    Attributes:
        figure: That decides; the same in all comparisons.
        boards: By protocol.
    """

    VERSION: ClassVar[int] = 1

    figure: str
    margin: float
    confidence: float
    boards: Mapping[str, Board]
