from dataclasses import replace

import made_bundles
import numpy as np
import pytest
from test_decisions import decided, with_sets

from s3f_pipeline.bundle.likeness import grey_shares
from s3f_pipeline.bundle.opening import open_bundle
from s3f_pipeline.evaluation.metrics import compute_metrics
from s3f_pipeline.prediction.external import Draws, drift, evaluate

DRAWS = Draws(replicates=200, confidence=0.95, seed=0)


@pytest.fixture(scope="module")
def says(tmp_path_factory):
    return open_bundle(made_bundles.write(tmp_path_factory.mktemp("external"))).preprocessing


@pytest.fixture
def labelled(says):
    """A hundred images, two of a patient, that are mostly told rightly."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 100)
    second = 1 / (1 + np.exp(-(rng.normal(size=100) + 3 * (labels - 0.5))))
    table = decided(second[:, None], [with_sets(says, 0.7)])
    return table, [made_bundles.CLASSES[label] for label in labels]


def test_metrics_are_those_of_evaluation(labelled, says):
    table, labels = labelled
    found = evaluate(table, labels, None, [says], DRAWS)
    predictions = table.assign(image_id=table["image"], group=table["image"], split="x", label=labels)
    assert found["metrics"] == compute_metrics(predictions, says.classes, **vars(DRAWS))
    assert found["metrics"]["groups"] == 100
    assert found["calibration"]["temperature"] == says.decisions.temperature
    assert found["operating_point"] is None


def test_images_of_the_training_are_left_out_of_a_second_set_of_figures(labelled, says):
    table, labels = labelled
    assert evaluate(table, labels, None, [says], DRAWS)["metrics_without_twins"] is None
    wrong = table["predicted"] != np.array(labels)
    found = evaluate(table.assign(twin=~wrong), labels, None, [says], DRAWS)
    assert found["metrics"]["accuracy"] > 0.8
    assert found["metrics_without_twins"]["n"] == wrong.sum()
    assert found["metrics_without_twins"]["accuracy"] == 0


def test_patients_stay_together(labelled, says):
    table, labels = labelled
    groups = [f"{number // 2}" if number < 90 else None for number in range(100)]
    assert evaluate(table, labels, groups, [says], DRAWS)["metrics"]["groups"] == 45 + 10


def test_coverage_of_sets(labelled, says):
    table, labels = labelled
    found = evaluate(table, labels, None, [with_sets(says, 0.7)], DRAWS)["sets"]
    covered = np.array([table[f"set_{label}"].iloc[number] for number, label in enumerate(labels)], bool)
    assert found["coverage"] == pytest.approx(covered.mean())
    assert found["intervals"]["coverage"]["low"] <= covered.mean() <= found["intervals"]["coverage"]["high"]
    of_a = np.array(labels) == "a"
    assert found["per_class"]["a"] == pytest.approx(covered[of_a].mean())


def test_calibration_in_the_large_of_each_class(labelled, says):
    table, labels = labelled
    found = evaluate(table, labels, None, [says], DRAWS)["in_the_large"]
    assert found["a"]["share"] == pytest.approx(labels.count("a") / 100)
    assert found["b"]["mean_probability"] == pytest.approx(table["p_b"].mean())


def test_the_threshold_of_validation_is_judged(labelled, says):
    table, labels = labelled
    binary = replace(says, positive_class="b", decisions=replace(says.decisions, threshold=0.4))
    table = table.assign(positive=table["p_b"] >= 0.4)
    found = evaluate(table, labels, None, [binary], DRAWS)
    called, is_b = table["p_b"].to_numpy() >= 0.4, np.array(labels) == "b"
    assert found["operating_point"]["threshold"] == 0.4
    assert found["operating_point"]["sensitivity"] == pytest.approx(called[is_b].mean())
    assert found["operating_point"]["specificity"] == pytest.approx((~called)[~is_b].mean())
    assert found["calibration"]["raw"]["line"]["in_the_large"] is not None


def test_one_class_alone_has_no_auc_and_is_no_error(says):
    table = decided(np.full((6, 1), 0.8), [says])
    found = evaluate(table, ["b"] * 6, None, [says], DRAWS)
    assert found["metrics"]["auc_macro"] is None
    assert found["metrics"]["accuracy"] == 1


def test_an_ensemble_has_no_temperature_of_its_own(labelled, says):
    table, labels = labelled
    assert evaluate(table, labels, None, [says, says], DRAWS)["calibration"]["temperature"] is None


def greys(images):
    return np.stack([grey_shares(image) for image in images]).astype(np.float32)


def test_equal_images_have_no_drift(says):
    found = drift(greys(made_bundles.images_of(100)[:40]), says)
    assert found["distance"] == pytest.approx(0, abs=1e-3)
    assert found["mean"] == pytest.approx(found["training_mean"], abs=1e-2)


def test_brighter_images_drift_by_as_much(says):
    brighter = np.minimum(made_bundles.images_of(100)[:40].astype(int) + 20, 255).astype(np.uint8)
    assert drift(greys(brighter), says)["distance"] == pytest.approx(20, abs=1.5)
