import json

import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.evaluation.temperature import fit_temperature, scale
from s3f_pipeline.evaluation.uncertainty import Asked, uncertainty_blocks, with_calibrated

SETTINGS = {
    "is_binary": True, "validation_chose_epoch": True, "subgroups": {"sex": []}, "prevalence": 0.1,
    "thresholds": (0.05, 0.4), "conformal_level": 0.9, "confidence": 0.95, "replicates": 50, "seed": 0,
}  # fmt: skip
CLASSES = ["n", "p"]


def tables(validation=80, test=120):
    rng = np.random.default_rng(0)
    n = validation + test
    labels = rng.integers(2, size=n)
    positive = np.clip(rng.normal(0.35 + 0.3 * labels, 0.25), 0.01, 0.99)
    ids = [f"image-{number}" for number in range(n)]
    predictions = pd.DataFrame({"image_id": ids, "group": [f"g{number // 2}" for number in range(n)]})
    predictions["split"] = ["validation"] * validation + ["test"] * test
    predictions["label"] = np.array(CLASSES)[labels]
    predictions["predicted"] = np.array(CLASSES)[(positive > 0.5).astype(int)]
    predictions = predictions.assign(p_n=1 - positive, p_p=positive)
    index = pd.DataFrame({"image_id": ids, "official_split": "train", "sex": rng.choice(["f", "m"], n)})
    return predictions, index.sample(frac=1, random_state=0)


def test_calibrated_columns_are_at_the_temperature_of_the_validation_images():
    predictions, _ = tables()
    found = with_calibrated(predictions, CLASSES)
    rows = predictions[["p_n", "p_p"]].to_numpy()
    labels = (predictions["label"] == "p").to_numpy(int)
    temperature = fit_temperature(labels[:80], rows[:80])
    assert temperature != pytest.approx(1, abs=0.05)
    assert found[["calibrated_n", "calibrated_p"]].to_numpy() == pytest.approx(scale(rows, temperature))
    pd.testing.assert_frame_equal(found[predictions.columns.tolist()], predictions)


def test_labels_of_test_images_decide_nothing():
    predictions, index = tables()
    swapped = predictions.copy()
    is_test = swapped["split"] == "test"
    swapped.loc[is_test, "label"] = swapped.loc[is_test, "label"].map({"n": "p", "p": "n"})
    for table in (predictions, swapped):
        assert with_calibrated(table, CLASSES)["calibrated_p"].equals(
            with_calibrated(predictions, CLASSES)["calibrated_p"]
        )
    first, second = (
        uncertainty_blocks(table, index, CLASSES, Asked(**SETTINGS)) for table in (predictions, swapped)
    )
    assert first["calibration"]["temperature"] == second["calibration"]["temperature"]
    assert first["operating_point"]["threshold"] == second["operating_point"]["threshold"]
    assert [first["conformal"]["by_class"]["per_class"][name]["cutoff"] for name in CLASSES] == [
        second["conformal"]["by_class"]["per_class"][name]["cutoff"] for name in CLASSES
    ]
    assert first["calibration"]["raw"]["ece"] != second["calibration"]["raw"]["ece"]


def test_subgroups_are_those_of_the_index_whatever_its_order():
    predictions, index = tables()
    found = uncertainty_blocks(predictions, index, CLASSES, Asked(**SETTINGS))["subgroups"]["sex"]
    test = predictions[predictions["split"] == "test"].merge(index, on="image_id")
    for sex, rows in test.groupby("sex"):
        assert found[sex]["n"] == len(rows)
        assert found[sex]["accuracy"] == pytest.approx((rows["label"] == rows["predicted"]).mean())


def test_without_validation_images_nothing_is_calibrated():
    predictions, index = tables(validation=0)
    assert with_calibrated(predictions, CLASSES) is predictions
    found = uncertainty_blocks(predictions, index, CLASSES, Asked(**SETTINGS))
    assert found["calibration"]["temperature"] is None
    assert found["conformal"] is None
    assert found["decision_curve"] is None
    assert found["operating_point"]["chosen"] is None


def test_what_is_not_asked_for_is_none():
    less = {"is_binary": False, "prevalence": None, "thresholds": None, "subgroups": {}}
    found = uncertainty_blocks(*tables(), CLASSES, Asked(**{**SETTINGS, **less}))
    assert found["operating_point"] is None
    assert found["decision_curve"] is None
    assert found["subgroups"] == {}
    assert found["calibration"]["raw"]["line"] is None


def test_an_official_test_set_is_told():
    predictions, index = tables()
    is_test = index["image_id"].isin(predictions.loc[predictions["split"] == "test", "image_id"])
    official = index.assign(official_split=index["official_split"].mask(is_test, "test"))
    without = index.assign(official_split=pd.array([None] * len(index), dtype="string"))
    told, untold, without_splits = (
        uncertainty_blocks(predictions, table, CLASSES, Asked(**SETTINGS))["conformal"]["cautions"]
        for table in (official, index, without)
    )
    assert len(told) == len(untold) + 1
    assert without_splits == untold


@pytest.mark.parametrize("sizes", [(1, 1), (3, 3), (0, 1)])
def test_three_images_never_give_nan(sizes):
    predictions, index = tables(*sizes)
    json.dumps(uncertainty_blocks(predictions, index, CLASSES, Asked(**SETTINGS)), allow_nan=False)
