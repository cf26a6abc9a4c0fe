"""Networks over all cohorts, from what comparisons say and nothing else."""

from collections.abc import Mapping
from dataclasses import asdict

from s3f_pipeline.comparison.duels import duels
from s3f_pipeline.comparison.ranks import rank
from s3f_pipeline.comparison.settings import Described
from s3f_pipeline.comparison.verdicts import BETTER, EQUAL, WORSE, opposite
from s3f_pipeline.errors import ResultsError
from s3f_pipeline.results.comparison import ComparedNetwork, Comparison
from s3f_pipeline.results.leaderboard import Board, BoardCohort, Claim, Leaderboard, Published, Row

SETTINGS = ("figure", "margin", "confidence", "synthetic")
"""What all comparisons must share."""


def leaderboard(comparisons: Mapping[str, Comparison], described: Mapping[str, Described]) -> Leaderboard:
    """Put all comparisons side by side.

    Args:
        comparisons: By file, as links name it.
        described: By cohort.

    Raises:
        ResultsError: If there is no comparison, one is of a cohort that is not described, two are of the same
            cohort and protocol, or they do not share figure, margin and confidence.
    """
    _check(comparisons, described)
    first = next(iter(comparisons.values()))
    protocols = sorted({comparison.protocol for comparison in comparisons.values()})
    return Leaderboard(
        figure=first.figure,
        margin=first.margin,
        confidence=first.confidence,
        boards={
            protocol: _board(
                {file: one for file, one in comparisons.items() if one.protocol == protocol}, described
            )
            for protocol in protocols
        },
    )


def _check(comparisons: Mapping[str, Comparison], described: Mapping[str, Described]) -> None:
    if not comparisons:
        raise ResultsError(
            "There is no comparison yet. Train networks and compare them first: "
            "kedro run --pipeline=<cohort>_compare."
        )
    seen: dict[tuple[str, str], str] = {}
    first_file, first = next(iter(comparisons.items()))
    for file, comparison in comparisons.items():
        if comparison.cohort not in described:
            raise ResultsError(
                f"{file} compares networks on {comparison.cohort}, of which the configuration knows nothing. "
                f"Put its block back, or take the file away."
            )
        other = seen.setdefault((comparison.cohort, comparison.protocol), file)
        if other != file:
            raise ResultsError(f"{other} and {file} are of the same cohort and protocol. Keep one of them.")
        differing = [name for name in SETTINGS if getattr(comparison, name) != getattr(first, name)]
        if differing:
            raise ResultsError(
                f"{file} and {first_file} differ in {', '.join(differing)}, so that one table cannot hold "
                f"them. Compare anew with the same settings: "
                f"kedro run --pipeline={comparison.cohort}_compare."
            )


def _board(comparisons: Mapping[str, Comparison], described: Mapping[str, Described]) -> Board:
    standing = _standing(comparisons, described)
    counted = [comparisons[file] for file in comparisons if file in standing]
    met = duels(counted)
    figures = {
        described[one.cohort].family: {
            name: network.figures[one.figure].mean for name, network in one.networks.items()
        }
        for one in counted
    }
    ranks, why_none = rank(figures, met, 1 - counted[0].confidence)
    cohorts = [
        _cohort(file, one, described[one.cohort], counts=file in standing)
        for file, one in comparisons.items()
    ]
    return Board(
        cohorts=tuple(sorted(cohorts, key=lambda cohort: (cohort.family, not cohort.counts, cohort.cohort))),
        duels=met,
        ranks=ranks,
        why_no_ranks=why_none,
    )


def _standing(comparisons: Mapping[str, Comparison], described: Mapping[str, Described]) -> set[str]:
    """The file that stands for each family: the one with the most groups of test images."""
    best: dict[str, str] = {}
    for file, one in sorted(comparisons.items(), key=lambda item: (-item[1].images.groups, item[1].cohort)):
        best.setdefault(described[one.cohort].family, file)
    return set(best.values())


def _cohort(file: str, one: Comparison, about: Described, *, counts: bool) -> BoardCohort:
    return BoardCohort(
        cohort=one.cohort,
        title=about.title,
        protocol=one.protocol,
        family=about.family,
        counts=counts,
        file=file,
        runs_hash=one.runs_hash,
        splits_hash=one.splits_hash,
        mlflow_run_id=one.mlflow_run_id,
        synthetic=one.synthetic,
        selected_on_test=one.selected_on_test,
        guarantee=one.guarantee,
        images=one.images.images,
        groups=one.images.groups,
        rows=tuple(_row(name, network, one) for name, network in one.networks.items()),
        advice=one.advice.network,
        published=tuple(Published(**asdict(row)) for row in about.published),
        claims=tuple(Claim(claim.better, claim.other, claim.p_false) for claim in one.claims),
    )


def _row(name: str, network: ComparedNetwork, one: Comparison) -> Row:
    words: dict[str, list[str]] = {}
    for pair in one.pairs:
        if name == pair.first:
            words.setdefault(pair.verdict, []).append(pair.second)
        elif name == pair.second:
            words.setdefault(opposite(pair.verdict), []).append(pair.first)
    figure = network.figures[one.figure]
    return Row(
        network=name,
        title=network.title,
        value=figure.mean,
        interval=figure.interval,
        seeds=len(figure.values),
        parameters=network.cost.parameters,
        others={key: found.mean for key, found in network.figures.items() if key != one.figure},
        better_than=tuple(words.get(BETTER, ())),
        worse_than=tuple(words.get(WORSE, ())),
        equal_to=tuple(words.get(EQUAL, ())),
        runs=tuple(run.mlflow_run_id for run in one.runs if run.variant == name and run.mlflow_run_id),
    )
