import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from comparisons import comparison
from scipy.stats import friedmanchisquare, wilcoxon

from s3f_pipeline.comparison.leaderboard import leaderboard
from s3f_pipeline.comparison.ranks import rank, signed_rank_p
from s3f_pipeline.comparison.settings import Described, PublishedFigures
from s3f_pipeline.errors import ResultsError
from s3f_pipeline.results.leaderboard import Leaderboard

NAMES = ("bilinear", "spatial", "spectral")
PUBLISHED = (PublishedFigures("spatial", 0.98, None, 0.97, "one run"),)


def described(*cohorts, **families):
    return {name: Described(f"Title of {name}", families.get(name, name), PUBLISHED) for name in cohorts}


def board_of(*comparisons, **families):
    files = {f"{one.cohort}/{one.protocol}/comparison.json": one for one in comparisons}
    return leaderboard(files, described(*(one.cohort for one in comparisons), **families))


def cohorts(count, rng=None):
    rng = rng or np.random.default_rng(0)
    return [
        comparison(f"cohort{number}", dict(zip(NAMES, rng.uniform(0.5, 0.9, 3), strict=True)))
        for number in range(count)
    ]


def values_of(one):
    return {name: network.figures["balanced_accuracy"].mean for name, network in one.networks.items()}


def test_a_row_says_whom_a_network_is_shown_to_beat():
    words = {("bilinear", "spatial"): "better", ("bilinear", "spectral"): "practically equal"}
    values = {"bilinear": 0.8, "spatial": 0.7, "spectral": 0.79}
    [cohort] = board_of(comparison("brisc", values, verdicts=words)).boards["patient_safe"].cohorts
    rows = {row.network: row for row in cohort.rows}
    assert rows["bilinear"].better_than == ("spatial",)
    assert rows["bilinear"].equal_to == ("spectral",)
    assert rows["spatial"].worse_than == ("bilinear",)
    assert rows["spectral"].equal_to == ("bilinear",)
    assert rows["bilinear"].value == 0.8
    assert rows["bilinear"].interval.high == pytest.approx(0.9)
    assert rows["bilinear"].others == {"accuracy": pytest.approx(0.81)}
    assert rows["spatial"].seeds == 2
    assert rows["spatial"].runs == ("spatial 0", "spatial 1")
    assert cohort.file == "brisc/patient_safe/comparison.json"
    assert [asdict(row) for row in cohort.published] == [asdict(row) for row in PUBLISHED]


def test_cohorts_of_the_same_patients_count_once():
    small = comparison("breastmnist", {"bilinear": 0.9, "spatial": 0.7}, groups=60)
    large = comparison("busi", {"bilinear": 0.6, "spatial": 0.7}, groups=90)
    board = board_of(small, large, breastmnist="breast", busi="breast").boards["patient_safe"]
    assert {cohort.cohort: cohort.counts for cohort in board.cohorts} == {"busi": True, "breastmnist": False}
    [duel] = board.duels
    assert duel.differences == {"busi": pytest.approx(-0.1)}
    assert duel.not_shown == 1


def test_protocols_are_boards_of_their_own():
    ours = comparison("busi", {"a": 0.6, "b": 0.7})
    theirs = comparison("busi", {"a": 0.9, "b": 0.8}, protocol="published")
    boards = board_of(ours, theirs).boards
    assert list(boards) == ["patient_safe", "published"]
    assert boards["published"].cohorts[0].selected_on_test


def test_a_duel_counts_verdicts_and_gives_the_size_of_the_effect():
    words = ["better", "worse", "practically equal", "no difference shown"]
    met = [
        comparison(f"c{n}", {"b": 0.5 + 0.1 * n, "a": 0.5}, verdicts={("b", "a"): word})
        for n, word in enumerate(words)
    ]
    [duel] = board_of(*met).boards["patient_safe"].duels
    assert (duel.first, duel.second) == ("a", "b")
    assert (duel.better, duel.worse, duel.equal, duel.not_shown) == (1, 1, 1, 1)
    differences = np.array([0, -0.1, -0.2, -0.3])
    assert duel.mean == pytest.approx(differences.mean())
    assert duel.effect_size == pytest.approx(differences.mean() / differences.std(ddof=1))
    assert duel.p is None
    assert duel.p_holm is None


@pytest.mark.parametrize(("families", "has_size"), [(2, False), (3, True)])
def test_two_cohorts_give_no_size_of_the_effect(families, has_size):
    met = [comparison(f"c{n}", {"a": 0.6 + n / 1000, "b": 0.5}) for n in range(families)]
    [duel] = board_of(*met).boards["patient_safe"].duels
    assert (duel.effect_size is not None) == has_size


def test_the_least_p_is_that_of_one_sign_in_all_cohorts():
    """Of three pairs the one that always wins has it; the others hardly differ."""
    met = [
        comparison(f"c{n}", {"a": 0.9 + n / 100, "b": 0.5 + (-1) ** n * n / 100, "c": 0.5})
        for n in range(1, 8)
    ]
    board = board_of(*met).boards["patient_safe"]
    assert board.ranks.least_p == pytest.approx(3 * 2 / 2**7)
    assert min(duel.p_holm for duel in board.duels) == pytest.approx(board.ranks.least_p)


def test_the_order_of_networks_changes_nothing():
    forth = cohorts(6)
    back = [comparison(one.cohort, dict(reversed(values_of(one).items()))) for one in forth]
    assert board_of(*forth).boards["patient_safe"].duels == board_of(*back).boards["patient_safe"].duels


def test_figures_turned_upside_down_turn_signs_and_keep_p():
    forth = cohorts(6)
    turned = [
        comparison(one.cohort, {name: 1 - value for name, value in values_of(one).items()}) for one in forth
    ]
    ups, downs = (board_of(*met).boards["patient_safe"].duels for met in (forth, turned))
    for up, down in zip(ups, downs, strict=True):
        assert up.mean == pytest.approx(-down.mean)
        assert up.p == down.p


def test_below_five_cohorts_there_are_no_ranks():
    board = board_of(*cohorts(4)).boards["patient_safe"]
    assert board.ranks is None
    assert "at least 5 cohorts of different patients; there are 4" in board.why_no_ranks
    kin = {f"cohort{number}": "one" for number in range(3)}
    assert "there are 4" in board_of(*cohorts(6), **kin).boards["patient_safe"].why_no_ranks


def test_ranks_are_those_of_scipy():
    met = cohorts(7, np.random.default_rng(3))
    board = board_of(*met).boards["patient_safe"]
    table = np.array([[values_of(one)[name] for name in NAMES] for one in met])
    ranks = (-table).argsort(axis=1).argsort(axis=1) + 1
    assert board.ranks.means == pytest.approx(dict(zip(NAMES, ranks.mean(axis=0), strict=True)))
    assert list(board.ranks.means.values()) == sorted(board.ranks.means.values())
    assert board.ranks.friedman_p == pytest.approx(friedmanchisquare(*table.T).pvalue)
    for duel in board.duels:
        assert duel.p == pytest.approx(wilcoxon(list(duel.differences.values())).pvalue)
        assert duel.p <= duel.p_holm <= 1


def test_networks_that_are_not_on_every_cohort_are_not_ranked():
    met = [*cohorts(5), comparison("last", {"bilinear": 0.6, "spatial": 0.7})]
    board = board_of(*met).boards["patient_safe"]
    assert board.ranks is None
    assert "Fewer than three networks" in board.why_no_ranks
    assert len(board.duels) == 3


def test_a_winner_of_all_cohorts_is_told_apart_from_those_behind():
    values = [{"x": 0.9 + n / 1000, "y": 0.5 + n / 900, "z": 0.5 + (-1) ** n / 100} for n in range(9)]
    board = board_of(*(comparison(f"c{n}", one) for n, one in enumerate(values))).boards["patient_safe"]
    assert next(iter(board.ranks.means)) == "x"
    assert [set(names) for names in board.ranks.joined] == [{"y", "z"}]


def test_equal_networks_are_joined_and_nothing_is_nan():
    met = [comparison(f"c{n}", dict.fromkeys(NAMES, 0.5)) for n in range(6)]
    board = board_of(*met).boards["patient_safe"]
    assert board.ranks.friedman_p == 1
    assert board.ranks.joined == (tuple(NAMES),)
    assert signed_rank_p([0.0] * 5) == 1
    assert all(duel.p == 1 and duel.effect_size is None for duel in board.duels)
    json.dumps(asdict(board), allow_nan=False)


def test_what_is_written_is_read_again():
    made = board_of(*cohorts(5))
    content = json.loads(json.dumps(asdict(made) | {"schema_version": 1}))
    assert Leaderboard.of(content, "leaderboard.json") == made


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"figure": "accuracy"}, "differ in figure"),
        ({"margin": 0.02}, "differ in margin"),
        ({"synthetic": True}, "differ in synthetic"),
        ({"cohort": "cohort0"}, "of the same cohort and protocol"),
    ],
)
def test_comparisons_that_cannot_stand_in_one_table_are_refused(changed, words):
    first, second = cohorts(2)
    files = {"a.json": first, "b.json": replace(second, **changed)}
    with pytest.raises(ResultsError, match=words):
        leaderboard(files, described("cohort0", "cohort1"))


def test_nothing_and_unknown_cohorts_are_refused():
    with pytest.raises(ResultsError, match=r"no comparison yet.*_compare"):
        leaderboard({}, {})
    with pytest.raises(ResultsError, match="cohort0, of which the configuration knows nothing"):
        leaderboard({"a.json": cohorts(1)[0]}, described("busi"))


def test_rank_needs_all_families():
    ranks, why = rank({}, (), 0.05)
    assert ranks is None
    assert "there are 0" in why
