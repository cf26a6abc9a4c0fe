import json
from math import log

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from s3f_pipeline.errors import EvaluationError
from s3f_pipeline.evaluation.f1 import f1_scores
from s3f_pipeline.evaluation.metrics import compute_metrics
from s3f_pipeline.mappings import dotted

CLASSES = ["glioma", "meningioma", "pituitary"]


def table(labels, probabilities, classes):
    probabilities = np.asarray(probabilities, dtype=np.float64)
    columns = {f"p_{name}": probabilities[:, i] for i, name in enumerate(classes)}
    ids = [f"image-{i}" for i in range(len(labels))]
    return pd.DataFrame(
        {
            "image_id": ids,
            "group": ids,
            "split": "test",
            "label": labels,
            "predicted": [classes[i] for i in probabilities.argmax(axis=1)],
            **columns,
        }
    )


def test_by_hand_with_three_classes():
    labels = ["glioma", "glioma", "meningioma", "pituitary"]
    probabilities = [[0.7, 0.2, 0.1], [0.2, 0.5, 0.3], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4]]
    metrics = compute_metrics(table(labels, probabilities, CLASSES), CLASSES)

    assert metrics["n"] == 4
    assert metrics["confusion_matrix"] == [[1, 1, 0], [0, 1, 0], [0, 0, 1]]
    assert metrics["loss"] == pytest.approx(-(log(0.7) + log(0.2) + log(0.8) + log(0.4)) / 4)
    assert metrics["accuracy"] == 0.75
    assert metrics["balanced_accuracy"] == pytest.approx((0.5 + 1 + 1) / 3)
    assert metrics["macro_f1"] == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    assert metrics["weighted_f1"] == pytest.approx((2 * 2 / 3 + 2 / 3 + 1) / 4)
    # agreement by chance: (2·1 + 1·2 + 1·1) / 16
    assert metrics["kappa"] == pytest.approx((0.75 - 5 / 16) / (1 - 5 / 16))
    # MCC = (c·s - Σ t·p) / sqrt((s² - Σ p²)(s² - Σ t²)), with c = 3 correct of s = 4
    assert metrics["mcc"] == pytest.approx((3 * 4 - 5) / ((16 - 6) * (16 - 6)) ** 0.5)
    # glioma: .7 beats .1 and .3, .2 beats .1 alone -> 3 of 4 pairs; the others rank perfectly
    aucs = [metrics["per_class"][name]["auc"] for name in CLASSES]
    assert aucs == pytest.approx([0.75, 1.0, 1.0])
    assert metrics["auc_macro"] == pytest.approx(2.75 / 3)
    assert metrics["auc_weighted"] == pytest.approx((2 * 0.75 + 1 + 1) / 4)
    of_class = metrics["per_class"]["glioma"]
    assert without_intervals(of_class) == pytest.approx(
        {
            "precision": 1.0, "recall": 0.5, "f1": 2 / 3, "specificity": 1.0, "npv": 2 / 3, "support": 2,
            "groups": 2, "auc": 0.75, "average_precision": (1 + 2 / 3) / 2,
            "loss": -(log(0.7) + log(0.2)) / 2, "brier": (0.3**2 + 0.8**2 + 0.1**2 + 0.3**2) / 4,
        }
    )  # fmt: skip
    assert metrics["brier"] == pytest.approx(sum(found["brier"] for found in metrics["per_class"].values()))
    assert metrics["notes"] == []
    assert "positive" not in metrics


def test_by_hand_with_a_positive_class():
    classes = ["normal", "pneumonia"]
    labels = ["normal"] * 3 + ["pneumonia"] * 2
    sick = np.array([0.1, 0.4, 0.7, 0.6, 0.9])
    predictions = table(labels, np.stack([1 - sick, sick], axis=1), classes)
    metrics = compute_metrics(predictions, classes, positive_class="pneumonia")

    assert without_intervals(metrics["positive"]) == pytest.approx(
        {
            "sensitivity": 1.0, "specificity": 2 / 3, "precision": 2 / 3, "npv": 1.0, "f1": 0.8, "auc": 5 / 6,
            "average_precision": (1 + 2 / 3) / 2,
        }
    )  # fmt: skip
    of_class = metrics["per_class"]["pneumonia"]["intervals"]
    assert metrics["positive"]["intervals"]["sensitivity"] == of_class["recall"]
    assert metrics["positive"]["intervals"].keys() == without_intervals(metrics["positive"]).keys()
    assert metrics["auc_macro"] == pytest.approx(5 / 6)


def test_loss_is_clipped_as_in_keras():
    predictions = table(["glioma", "pituitary"], [[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]], CLASSES)
    metrics = compute_metrics(predictions, CLASSES)
    assert metrics["loss"] == pytest.approx(-(log(1 - 1e-7) + log(1e-7)) / 2)


def test_an_absent_class_has_no_auc():
    labels = ["glioma", "meningioma", "glioma"]
    probabilities = [[0.7, 0.2, 0.1], [0.2, 0.7, 0.1], [0.1, 0.1, 0.8]]
    metrics = compute_metrics(table(labels, probabilities, CLASSES), CLASSES)

    absent = metrics["per_class"]["pituitary"]
    assert without_intervals(absent) == {
        "precision": 0.0, "recall": 0.0, "f1": 0.0, "specificity": 2 / 3, "npv": 1.0, "support": 0,
        "groups": 0, "auc": None, "average_precision": None, "loss": None,
        "brier": pytest.approx((0.1**2 + 0.1**2 + 0.8**2) / 3),
    }  # fmt: skip
    assert absent["intervals"].keys() == {"precision", "specificity", "npv", "brier"}
    assert metrics["per_class"]["glioma"]["auc"] == 0.5
    assert metrics["auc_macro"] is None
    assert metrics["auc_weighted"] is None
    assert metrics["balanced_accuracy"] == 0.75
    assert [note.split(":")[0] for note in metrics["notes"]] == ["No image of class pituitary"]


@pytest.mark.filterwarnings("error")
def test_one_class_alone_has_neither_auc_nor_kappa():
    metrics = compute_metrics(table(["glioma"], [[0.8, 0.1, 0.1]], CLASSES), CLASSES)
    assert metrics["accuracy"] == 1
    assert (metrics["kappa"], metrics["mcc"], metrics["auc_macro"]) == (None, 0, None)
    assert len(metrics["notes"]) == 4


SURE = np.eye(3)
DEGENERATE = {
    "three images": (["glioma", "meningioma", "pituitary"], SURE),
    "one image": (["glioma"], SURE[:1]),
    "perfect": (CLASSES * 40, np.tile(SURE, (40, 1))),
    "always wrong": (CLASSES * 40, np.tile(SURE[[1, 2, 0]], (40, 1))),
    "never predicted": (CLASSES * 40, np.tile(SURE[[0, 1, 1]], (40, 1))),
    "absent class": (["glioma", "meningioma"] * 40, np.tile(SURE[:2], (40, 1))),
    "constant": (CLASSES * 40, np.full((120, 3), 1 / 3)),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("one_group", [False, True])
@pytest.mark.parametrize("case", DEGENERATE)
def test_degenerate_cases_give_numbers_or_nothing(case, one_group):
    labels, probabilities = DEGENERATE[case]
    predictions = table(labels, probabilities, CLASSES)
    if one_group:
        predictions["group"] = "all"
    metrics = compute_metrics(predictions, CLASSES, positive_class="pituitary", replicates=50)
    assert json.loads(json.dumps(metrics, allow_nan=False)) == metrics
    blocks = [metrics, metrics["positive"], *metrics["per_class"].values()]
    for block in blocks:
        for name, interval in block["intervals"].items():
            assert interval["low"] <= block[name] + 1e-9
            assert block[name] <= interval["high"] + 1e-9
            assert interval["flag"] or not one_group


def test_a_perfect_network_is_not_certain():
    labels, probabilities = DEGENERATE["perfect"]
    metrics = compute_metrics(table(labels, probabilities, CLASSES), CLASSES)
    assert metrics["accuracy"] == metrics["auc_macro"] == metrics["mcc"] == 1
    assert metrics["intervals"]["accuracy"] == {
        "low": pytest.approx(120 / (120 + 1.959963984540054**2)), "high": 1, "flag": None
    }  # fmt: skip
    for name in ("macro_f1", "mcc", "auc_macro", "loss", "ece"):
        assert metrics["intervals"][name]["flag"]
    assert metrics["intervals"]["auc_macro"]["low"] < 0.98


def test_images_of_a_group_make_the_interval_wider():
    rng = np.random.default_rng(0)
    labels = np.repeat(rng.integers(3, size=60), 8)
    right = np.repeat(rng.random(60) < 0.7, 8)
    probabilities = SURE[np.where(right, labels, (labels + 1) % 3)]
    predictions = table([CLASSES[label] for label in labels], probabilities, CLASSES)
    alone = compute_metrics(predictions, CLASSES)
    predictions["group"] = np.repeat(np.arange(60), 8).astype(str)
    together = compute_metrics(predictions, CLASSES)
    assert (alone["groups"], together["groups"]) == (480, 60)
    for name in ("accuracy", "macro_f1", "mcc"):
        assert together[name] == alone[name]
        widths = [
            found["intervals"][name]["high"] - found["intervals"][name]["low"] for found in (alone, together)
        ]
        assert widths[1] == pytest.approx(widths[0] * 8**0.5, rel=0.15)


def test_refuses_an_unknown_positive_class():
    predictions = table(["glioma"], [[0.8, 0.1, 0.1]], CLASSES)
    with pytest.raises(EvaluationError, match=r"positive class 'cyst'.*glioma, meningioma"):
        compute_metrics(predictions, CLASSES, positive_class="cyst")


def test_refuses_an_unsound_table():
    predictions = table(["cyst"], [[0.8, 0.1, 0.1]], CLASSES)
    with pytest.raises(EvaluationError, match="cyst"):
        compute_metrics(predictions, CLASSES)


@st.composite
def prediction_tables(draw):
    n = draw(st.integers(len(CLASSES), 30))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    probabilities = rng.dirichlet(np.ones(len(CLASSES)), size=n)
    labels = CLASSES + rng.choice(CLASSES, size=n - len(CLASSES)).tolist()
    return table(labels, probabilities, CLASSES)


@given(predictions=prediction_tables())
def test_equals_scikit_learn(predictions):
    metrics = compute_metrics(predictions, CLASSES, positive_class="glioma", replicates=20)
    labels, predicted = predictions["label"], predictions["predicted"]
    probabilities = predictions[[f"p_{name}" for name in CLASSES]]
    auc = {"multi_class": "ovr", "labels": CLASSES}
    expected = {
        "n": len(predictions),
        "loss": sk.log_loss(labels, probabilities, labels=CLASSES),
        "accuracy": sk.accuracy_score(labels, predicted),
        "balanced_accuracy": sk.balanced_accuracy_score(labels, predicted),
        "macro_f1": sk.f1_score(labels, predicted, labels=CLASSES, average="macro"),
        "weighted_f1": sk.f1_score(labels, predicted, labels=CLASSES, average="weighted"),
        "kappa": sk.cohen_kappa_score(labels, predicted),
        "mcc": sk.matthews_corrcoef(labels, predicted),
        "auc_macro": sk.roc_auc_score(labels, probabilities, average="macro", **auc),
        "auc_weighted": sk.roc_auc_score(labels, probabilities, average="weighted", **auc),
    }
    assert {key: metrics[key] for key in expected} == pytest.approx(expected, abs=1e-9)
    specificity = sk.recall_score(labels != "glioma", predicted != "glioma")
    assert metrics["positive"]["specificity"] == pytest.approx(specificity)


@given(predictions=prediction_tables(), seed=st.integers(0, 2**32 - 1))
def test_the_order_of_the_rows_does_not_matter(predictions, seed):
    shuffled = predictions.sample(frac=1, random_state=seed)
    assert flat(compute_metrics(shuffled, CLASSES, replicates=20)) == pytest.approx(
        flat(compute_metrics(predictions, CLASSES, replicates=20))
    )


@given(predictions=prediction_tables(), order=st.permutations(CLASSES))
def test_the_order_of_the_classes_only_reorders_the_confusion_matrix(predictions, order):
    metrics, reordered = (
        compute_metrics(predictions, CLASSES, replicates=20),
        compute_metrics(predictions, order, replicates=20),
    )
    places = [CLASSES.index(name) for name in order]
    expected = np.array(metrics.pop("confusion_matrix"))[np.ix_(places, places)]
    assert reordered.pop("confusion_matrix") == expected.tolist()
    # which groups are drawn depends on the order of the classes
    assert flat(reordered, intervals=False) == pytest.approx(flat(metrics, intervals=False))


@given(predictions=prediction_tables())
def test_agrees_with_the_scores_of_every_epoch(predictions):
    metrics = compute_metrics(predictions, CLASSES, replicates=20)
    labels = pd.Index(CLASSES).get_indexer(predictions["label"])
    predicted = pd.Index(CLASSES).get_indexer(predictions["predicted"])
    epoch = f1_scores(labels, predicted, len(CLASSES))
    assert epoch == pytest.approx({key: metrics[key] for key in epoch})


@given(predictions=prediction_tables())
def test_is_ready_for_json(predictions):
    metrics = compute_metrics(predictions, CLASSES, positive_class="glioma", replicates=20)
    assert json.loads(json.dumps(metrics, allow_nan=False)) == metrics


def without_intervals(block):
    return {name: value for name, value in block.items() if name != "intervals"}


def flat(metrics, *, intervals=True):
    return {
        name: value
        for name, value in dotted(metrics)
        if not name.startswith(("notes", "confusion_matrix")) and (intervals or "intervals" not in name)
    }
