from dataclasses import replace

import made_bundles
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy

from s3f_pipeline.bundle.opening import open_bundle
from s3f_pipeline.bundle.preprocessing import ConformalCutoffs, Decisions
from s3f_pipeline.evaluation.temperature import scale
from s3f_pipeline.prediction.decisions import decide, for_spreadsheets, set_level

NOTHING = Decisions(temperature=None, threshold=None, conformal=None)


@pytest.fixture(scope="module")
def says(tmp_path_factory):
    opened = open_bundle(made_bundles.write(tmp_path_factory.mktemp("decided")))
    references = replace(opened.preprocessing.references, flagged_from=0.5, twin_bits=4)
    return replace(opened.preprocessing, references=references)


def outputs_of(probabilities, *, score=0.1, bits=20):
    """Outputs of members for images, from the probability of class b, shape (n, members)."""
    second = np.asarray(probabilities, float)
    shape = second.shape
    return {
        "probabilities": np.stack([1 - second, second], axis=-1),
        "nearest": np.full(shape, 0.05, np.float32),
        "score": np.broadcast_to(np.asarray(score, np.float32), shape),
        "twin_bits": np.broadcast_to(np.asarray(bits), shape),
        **{name: np.array(["x"] * len(second)) for name in ("sha256", "mode")},
        **{name: np.full(len(second), 8) for name in ("height", "width")},
    }


def decided(probabilities, members, **outputs):
    paths = [f"{number}.png" for number in range(len(probabilities))]
    return decide(paths, outputs_of(probabilities, **outputs), members)


def with_sets(says, cutoff, level=0.9):
    sets = ConformalCutoffs(level, {"a": cutoff, "b": cutoff}, {"a": None, "b": None})
    return replace(says, decisions=replace(says.decisions, conformal=sets))


def test_probabilities_are_calibrated_by_the_temperature_of_validation(says):
    table = decided([[0.2], [0.9]], [says])
    expected = scale(np.array([[0.8, 0.2], [0.1, 0.9]]), says.decisions.temperature)
    assert table[["p_a", "p_b"]].to_numpy() == pytest.approx(np.array([[0.8, 0.2], [0.1, 0.9]]))
    assert table[["calibrated_a", "calibrated_b"]].to_numpy() == pytest.approx(expected)
    assert table["predicted"].tolist() == ["a", "b"]
    assert table["entropy"].to_numpy() == pytest.approx(entropy(expected, axis=1))


def test_sets_are_those_of_the_cutoffs(says):
    table = decided([[0.2], [0.5], [0.9]], [with_sets(says, 0.6)])
    assert table["set_a"].tolist() == [True, True, False]
    assert table["set_b"].tolist() == [False, True, True]
    assert set_level([with_sets(says, 0.6)]) == 0.9


def test_a_class_without_cutoff_is_in_every_set(says):
    table = decided([[0.0], [1.0]], [with_sets(says, None)])
    assert table[["set_a", "set_b"]].to_numpy().all()


def test_what_was_not_decided_is_null(says):
    undecided = replace(
        says,
        decisions=NOTHING,
        references=replace(says.references, flagged_from=None, twin_bits=None),
    )
    table = decided([[0.2], [0.9]], [undecided])
    for column in ("calibrated_a", "set_a", "set_b", "positive", "ood", "twin"):
        assert table[column].isna().all(), column
    assert table["entropy"].to_numpy() == pytest.approx(entropy([[0.8, 0.2], [0.1, 0.9]], axis=1))
    assert set_level([undecided]) is None
    assert decided([[0.2, 0.3]], [says, undecided])["calibrated_a"].isna().all()


def test_flags_have_borders(says):
    table = decided([[0.2], [0.2]], [says], score=[[0.5], [0.51]], bits=[[4], [5]])
    assert table["ood"].tolist() == [False, True]
    assert table["twin"].tolist() == [True, False]


def test_a_threshold_is_one_of_a_single_network(says):
    binary = replace(says, positive_class="b", decisions=replace(says.decisions, threshold=0.3))
    assert decided([[0.29], [0.3]], [binary])["positive"].tolist() == [False, True]
    assert decided([[0.29, 0.4]], [binary, binary])["positive"].isna().all()


def test_several_networks_are_averaged(says):
    table = decided([[0.2, 0.4, 0.9]], [says] * 3)
    assert table["p_b"].item() == pytest.approx(0.5)
    expected = np.mean(
        [scale(np.array([[1 - p, p]]), says.decisions.temperature)[0, 1] for p in (0.2, 0.4, 0.9)]
    )
    assert table["calibrated_b"].item() == pytest.approx(expected)


@pytest.mark.parametrize(("score", "flagged"), [([0.6, 0.6, 0.1], True), ([0.6, 0.1, 0.1], False)])
def test_a_majority_flags(says, score, flagged):
    assert decided([[0.2] * 3], [says] * 3, score=[score])["ood"].item() == flagged


@given(
    seed=st.integers(0, 2**32 - 1),
    members=st.integers(2, 6),
    alpha=st.floats(0.01, 0.3),
)
def test_a_majority_of_sets_misses_at_most_twice_as_often(says, seed, members, alpha):
    """Whatever the members have in common: each misses a share of alpha, the majority 2 alpha at most."""
    rng = np.random.default_rng(seed)
    count = 200
    misses = np.zeros((count, members), bool)
    for number in range(members):
        misses[rng.permutation(count)[: int(alpha * count)], number] = True
    second = np.where(misses, 0.0, 1.0)  # the true class is b
    together = [with_sets(says, 0.5, level=1 - alpha)] * members
    table = decided(second, together)
    assert (~table["set_b"].astype(bool)).mean() <= 2 * alpha
    assert set_level(together) == pytest.approx(1 - 2 * alpha)


def test_a_promise_of_nothing_is_no_promise(says):
    weak = [with_sets(says, 0.5, level=0.4)] * 2
    assert set_level(weak) is None
    assert decided([[0.2, 0.2]], weak)["set_a"].isna().all()


def test_no_path_is_a_formula_in_a_spreadsheet(says):
    table = decide(["=cmd|' /C calc'!A0.png", "a.png"], outputs_of([[0.2], [0.2]]), [says])
    assert for_spreadsheets(table)["image"].tolist() == ["./=cmd|' /C calc'!A0.png", "a.png"]
    assert table["image"].tolist() == ["=cmd|' /C calc'!A0.png", "a.png"]
