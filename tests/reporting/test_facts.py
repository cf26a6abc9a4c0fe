import dataclasses

import pandas as pd
import pytest
from sklearn import metrics as sk

from s3f_pipeline.evaluation.metrics import compute_metrics
from s3f_pipeline.reporting import facts
from s3f_pipeline.results.decoding import decode
from s3f_pipeline.results.metrics import SplitMetrics


def metrics_of(confusions, classes):
    """Metrics of predictions, made with certainty, that have the given confusion matrix."""
    pairs = [
        (label, predicted)
        for label, row in zip(classes, confusions, strict=True)
        for predicted, images in zip(classes, row, strict=True)
        for _ in range(images)
    ]
    table = pd.DataFrame(pairs, columns=["label", "predicted"])
    for name in classes:
        table[f"p_{name}"] = (table["predicted"] == name).astype(float)
    table = table.assign(image_id=table.index, group=table.index, split="test")
    return decode(SplitMetrics, compute_metrics(table, classes))


def test_accuracy_facts_by_hand():
    metrics = metrics_of([[40, 10], [5, 45]], ["a", "b"])
    found = facts.accuracy_facts(metrics, ["a", "b"])
    assert found["correct"] == 85
    assert (found["weakest"], found["weakest_hits"]) == ("a", 40)


@pytest.mark.parametrize(
    ("confusions", "comparison"),
    [
        ([[60, 0], [2, 38]], "clearly better than"),
        ([[55, 5], [30, 10]], "not clearly different from"),
        ([[10, 50], [20, 20]], "clearly worse than"),
    ],
)
def test_accuracy_is_held_against_the_most_common_class(confusions, comparison):
    found = facts.accuracy_facts(metrics_of(confusions, ["a", "b"]), ["a", "b"])
    assert (found["most_common"], found["share"]) == ("a", 0.6)
    assert found["comparison"] == comparison


def test_a_class_without_images_is_not_the_weakest():
    found = facts.accuracy_facts(metrics_of([[3, 1], [0, 0]], ["a", "b"]), ["a", "b"])
    assert found["weakest"] == "a"


def test_no_skill_is_always_naming_the_most_common_class():
    labels = ["a"] * 5 + ["b"] * 3 + ["c"] * 2
    constant = ["a"] * 10
    found = facts.no_skill_scores(metrics_of([[5, 0, 0], [0, 3, 0], [0, 0, 2]], ["a", "b", "c"]))
    probabilities = [[1 / 3] * 3] * 10
    assert found == pytest.approx(
        {
            "accuracy": sk.accuracy_score(labels, constant),
            "balanced_accuracy": sk.balanced_accuracy_score(labels, constant),
            "macro_f1": sk.f1_score(labels, constant, average="macro", zero_division=0),
            "weighted_f1": sk.f1_score(labels, constant, average="weighted", zero_division=0),
            "kappa": sk.cohen_kappa_score(labels, constant),
            "mcc": sk.matthews_corrcoef(labels, constant),
            "auc_macro": sk.roc_auc_score(labels, probabilities, multi_class="ovr"),
            "auc_weighted": 0.5,
            "average_precision_macro": 1 / 3,
            "brier": 2 / 3,
            "loss": sk.log_loss(labels, probabilities),
        }
    )


def test_leaking_groups_are_at_most_fifty(report_data):
    shown, more = facts.leaking_groups(report_data.audit)
    assert [group["group"] for group in shown] == [f"a-{n:02d}" for n in range(50)]
    assert more == 23


def test_few_leaking_groups_are_all_shown(report_data):
    audit = report_data.audit
    audit = dataclasses.replace(
        audit,
        across_official_splits=dataclasses.replace(audit.across_official_splits, groups=2),
        listed_groups=audit.listed_groups[:2] + audit.listed_groups[-1:],
    )
    shown, more = facts.leaking_groups(audit)
    assert (len(shown), more) == (2, 0)


def test_ids_that_cannot_be_compared_are_told_with_the_guarantee():
    for levels in ({"patient": 7}, {"patient": 7, "near_duplicate": 1}):
        assert facts.guarantee_text({"test": {"x": levels}}, None, "Ids differ").endswith(". Ids differ.")
    assert "differ" not in facts.guarantee_text({"test": {"x": {"none": 7}}}, None, "Ids differ")


UNUSED = {"used": False, "message": "", "images": 1200, "images_with_study_alone": 34}


@pytest.mark.parametrize("level", ["near_duplicate", "sequence"])
def test_a_data_set_whose_ids_are_not_used_is_not_said_to_name_no_patients(level):
    counts = {"test": {"glioma": {level: 7}}}
    assert "The data set names no patients, so" in facts.guarantee_text(counts, None, None)
    assert "The data set names no patients, so" in facts.guarantee_text(
        counts, {**UNUSED, "message": None}, None
    )
    assert (
        "The headers of 1,234 DICOM files tell whose they are and are not used, so"
        in facts.guarantee_text(counts, UNUSED, None)
    )
    mixed = {"test": {"glioma": {level: 7, "patient": 1}}}
    assert facts.guarantee_text(mixed, UNUSED, None).endswith("tell whose they are and are not used.")
    assert "DICOM" not in facts.guarantee_text(mixed, {**UNUSED, "used": True}, None)


def test_a_leak_on_purpose_is_told_with_what_is_kept_apart():
    told = facts.guarantee_text({"train": {"x": {"near_duplicate": 6, "none": 4}}}, None, None)
    assert "4 (40%) not at all: this split leaks them on purpose" in told
    assert "6 (60%) by near-duplicates only" in told


def test_history_table(history):
    titles, rows = facts.history_table(history, "validation")
    assert titles[:6] == [
        "epoch", "learning rate", "loss", "accuracy", "validation loss", "validation accuracy"
    ]  # fmt: skip
    assert titles[-2:] == ["validation weighted F1", "seconds"]
    assert rows[2] == ["3", "6e-05", "0.6033", "0.7066", "0.9199", "0.5403", "0.5306", "0.5509", "49.3"]
