import json

import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.evaluation.metrics import compute_metrics
from s3f_pipeline.evaluation.operating_block import operating_block
from s3f_pipeline.evaluation.resampling import weights_with_itself
from s3f_pipeline.evaluation.sample import Sample


def drawn(n=200, seed=0):
    rng = np.random.default_rng(seed)
    labels = (rng.random(n) < 0.3).astype(np.int64)
    positive = np.clip(rng.normal(0.3 + 0.25 * labels, 0.15), 0.01, 0.99)
    return Sample(labels, np.stack([1 - positive, positive], axis=1), np.arange(n) // 2)


def block(validation, test):
    weights = weights_with_itself(test.labels, test.groups, replicates=50)
    return operating_block(validation, test, weights, confidence=0.95)


def test_the_threshold_is_chosen_on_validation_alone():
    validation, test = drawn(), drawn(seed=1)
    found = block(validation, test)
    assert found["threshold"] == block(validation, drawn(seed=2))["threshold"]
    called = test.probabilities[:, 1] >= found["threshold"]
    positive = test.labels == 1
    assert found["chosen"]["sensitivity"] == pytest.approx(called[positive].mean())
    assert found["chosen"]["specificity"] == pytest.approx((~called)[~positive].mean())
    assert found["chosen"]["ppv"] == pytest.approx(positive[called].mean())
    assert found["chosen"]["npv"] == pytest.approx((~positive)[~called].mean())
    for name, interval in found["chosen"]["intervals"].items():
        assert 0 <= interval["low"] <= found["chosen"][name] <= interval["high"] <= 1


def test_one_half_names_the_same_images_as_the_metrics_do():
    test = drawn()
    names = np.array(["n", "p"])
    rows = pd.DataFrame({"image_id": range(200), "group": test.groups, "split": "test"}).assign(
        label=names[test.labels],
        predicted=names[test.probabilities.argmax(axis=1)],
        p_n=test.probabilities[:, 0],
        p_p=test.probabilities[:, 1],
    )
    positive = compute_metrics(rows, ["n", "p"], positive_class="p", replicates=20)["positive"]
    half = block(None, test)["one_half"]
    assert half["sensitivity"] == pytest.approx(positive["sensitivity"])
    assert half["specificity"] == pytest.approx(positive["specificity"])
    assert half["ppv"] == pytest.approx(positive["precision"])


def test_without_validation_there_is_no_threshold():
    found = block(None, drawn())
    assert found["threshold"] is None
    assert found["chosen"] is None


def test_of_one_class_there_is_what_there_can_be():
    test = drawn()
    ones = test.where(test.labels == 1)
    found = block(ones, ones)
    assert found["threshold"] is None
    assert found["one_half"]["specificity"] is None
    assert found["wished"]["sensitivity_at_95_specificity"] is None
    json.dumps(found, allow_nan=False)
