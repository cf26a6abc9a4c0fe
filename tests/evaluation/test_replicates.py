"""Against scikit-learn, which sees each image as often as its group is drawn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from s3f_pipeline.evaluation.calibration import binned_error, mass_bins, top_label_ece, top_label_gaps
from s3f_pipeline.evaluation.replicates import replicate_figures
from s3f_pipeline.evaluation.resampling import group_weights


def images(seed, classes, n=60, *, ties=False):
    rng = np.random.default_rng(seed)
    labels = np.append(np.arange(classes), rng.integers(classes, size=n - classes))
    probabilities = rng.dirichlet(np.ones(classes), n) + 0.5 * np.eye(classes)[labels]
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    if ties:
        probabilities = np.ceil(4 * probabilities)
        probabilities /= probabilities.sum(axis=1, keepdims=True)
    _, groups = np.unique(rng.integers(n // 2, size=n), return_inverse=True)
    return labels, probabilities, groups


def expected(labels, probabilities, bins):
    classes = probabilities.shape[1]
    predicted = probabilities.argmax(axis=1)
    every = {"labels": range(classes), "zero_division": 0}
    auc = [sk.roc_auc_score(labels == k, probabilities[:, k]) for k in range(classes)]
    precision = [sk.average_precision_score(labels == k, probabilities[:, k]) for k in range(classes)]
    found = {
        "accuracy": sk.accuracy_score(labels, predicted),
        "balanced_accuracy": sk.balanced_accuracy_score(labels, predicted),
        "macro_f1": sk.f1_score(labels, predicted, average="macro", **every),
        "weighted_f1": sk.f1_score(labels, predicted, average="weighted", **every),
        "kappa": sk.cohen_kappa_score(labels, predicted),
        "mcc": sk.matthews_corrcoef(labels, predicted),
        "auc_macro": np.mean(auc),
        "auc_weighted": np.average(auc, weights=np.bincount(labels, minlength=classes)),
        "average_precision_macro": np.mean(precision),
        "loss": sk.log_loss(labels, probabilities, labels=range(classes)),
        "brier": np.mean(((probabilities - np.eye(classes)[labels]) ** 2).sum(axis=1)),
        "ece": binned_error(bins, top_label_gaps(labels, probabilities)[1]),
    }
    for k in range(classes):
        is_class, is_called = labels == k, predicted == k
        of_class = {
            "precision": sk.precision_score(is_class, is_called, zero_division=0),
            "recall": sk.recall_score(is_class, is_called, zero_division=0),
            "f1": sk.f1_score(is_class, is_called, zero_division=0),
            "specificity": sk.recall_score(~is_class, ~is_called, zero_division=0),
            "npv": sk.precision_score(~is_class, ~is_called, zero_division=0),
            "auc": auc[k],
            "average_precision": precision[k],
            "loss": sk.log_loss(labels[is_class], probabilities[is_class], labels=range(classes)),
            "brier": sk.brier_score_loss(is_class, probabilities[:, k]),
        }
        found |= {f"per_class.{k}.{name}": value for name, value in of_class.items()}
    return found


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("classes", [2, 3, 5])
def test_a_drawn_group_counts_as_often_as_it_is_drawn(classes, ties):
    labels, probabilities, groups = images(classes, classes, ties=ties)
    weights = group_weights(labels, groups, replicates=12, seed=5)
    found = replicate_figures(labels, probabilities, groups, weights)
    bins = mass_bins(top_label_gaps(labels, probabilities)[0])
    for row, counts in enumerate(weights):
        drawn = np.repeat(np.arange(len(labels)), counts[groups])
        reference = expected(labels[drawn], probabilities[drawn], bins[drawn])
        assert {name: values[row] for name, values in found.items()} == pytest.approx(reference, abs=1e-9)


def test_a_row_of_ones_gives_the_figures_themselves():
    labels, probabilities, groups = images(0, 4)
    ones = np.ones((1, groups.max() + 1), np.int32)
    found = replicate_figures(labels, probabilities, groups, ones)
    reference = expected(labels, probabilities, mass_bins(probabilities.max(axis=1)))
    assert {name: values[0] for name, values in found.items()} == pytest.approx(reference, abs=1e-9)
    assert found["ece"][0] == pytest.approx(top_label_ece(labels, probabilities))


def test_many_images_and_groups_are_counted_in_pieces(monkeypatch):
    labels, probabilities, groups = images(1, 3)
    weights = group_weights(labels, groups, replicates=20)
    whole = replicate_figures(labels, probabilities, groups, weights)
    monkeypatch.setattr("s3f_pipeline.evaluation.replicates._CHUNK", 100)
    pieces = replicate_figures(labels, probabilities, groups, weights)
    for name, values in whole.items():
        assert pieces[name] == pytest.approx(values, abs=1e-12)


@given(seed=st.integers(0, 10_000), classes=st.integers(2, 4), data=st.data())
def test_the_order_of_images_and_groups_plays_no_part(seed, classes, data):
    labels, probabilities, groups = images(seed, classes, 25, ties=data.draw(st.booleans()))
    weights = group_weights(labels, groups, replicates=5, seed=seed)
    order = np.random.default_rng(seed).permutation(len(labels))
    renamed = np.random.default_rng(seed).permutation(groups.max() + 1)
    moved = np.empty_like(weights)
    moved[:, renamed] = weights
    found = replicate_figures(labels, probabilities, groups, weights)
    other = replicate_figures(labels[order], probabilities[order], renamed[groups][order], moved)
    for name, values in found.items():
        assert other[name] == pytest.approx(values, abs=1e-9, nan_ok=True)


@given(seed=st.integers(0, 10_000), classes=st.integers(2, 4), data=st.data())
def test_the_order_of_classes_only_renames_their_figures(seed, classes, data):
    labels, probabilities, groups = images(seed, classes, 25)
    weights = group_weights(labels, groups, replicates=5, seed=seed)
    place = np.array(data.draw(st.permutations(range(classes))))
    reordered = np.empty_like(probabilities)
    reordered[:, place] = probabilities
    found = replicate_figures(labels, probabilities, groups, weights)
    other = replicate_figures(place[labels], reordered, groups, weights)
    for name, values in found.items():
        renamed = name
        if name.startswith("per_class."):
            _, number, figure = name.split(".")
            renamed = f"per_class.{place[int(number)]}.{figure}"
        assert other[renamed] == pytest.approx(values, abs=1e-9, nan_ok=True)


def test_a_perfect_network():
    labels = np.repeat(np.arange(3), 5)
    weights = group_weights(labels, np.arange(15), replicates=10)
    found = replicate_figures(labels, np.eye(3)[labels], np.arange(15), weights)
    worst = {name: 0 for name in found if name.rpartition(".")[2] in ("loss", "brier", "ece")}
    for name, values in found.items():
        assert values == pytest.approx(np.full(10, worst.get(name, 1)), abs=2e-7)


def test_equal_probabilities_rank_nothing():
    labels = np.repeat(np.arange(4), 5)
    weights = group_weights(labels, np.arange(20), replicates=10)
    found = replicate_figures(labels, np.full((20, 4), 0.25), np.arange(20), weights)
    for name, value in {
        "accuracy": 0.25, "kappa": 0, "mcc": 0, "auc_macro": 0.5, "average_precision_macro": 0.25,
        "loss": np.log(4), "brier": 0.75, "ece": 0, "macro_f1": 0.1, "per_class.1.precision": 0,
    }.items():  # fmt: skip
        assert found[name] == pytest.approx(np.full(10, value), abs=1e-12)


@pytest.mark.filterwarnings("error")
def test_what_needs_an_absent_class_does_not_exist():
    labels, probabilities = np.zeros(3, np.int64), np.array([[0.8, 0.1, 0.1]] * 3)
    found = replicate_figures(labels, probabilities, np.arange(3), np.ones((1, 3), np.int32))
    missing = {name for name, values in found.items() if np.isnan(values).any()}
    assert missing == {
        "kappa", "auc_macro", "auc_weighted", "average_precision_macro", "per_class.0.auc", "per_class.1.auc",
        "per_class.2.auc", "per_class.1.average_precision", "per_class.2.average_precision",
        "per_class.1.loss", "per_class.2.loss",
    }  # fmt: skip
