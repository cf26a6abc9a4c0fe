import base64
import re

import cv2
import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.evaluation.calibration_block import calibration_block
from s3f_pipeline.evaluation.metrics import compute_metrics
from s3f_pipeline.evaluation.resampling import weights_with_itself
from s3f_pipeline.evaluation.sample import Sample
from s3f_pipeline.reporting.prediction import render_prediction

CLASSES = ["benign", "malignant"]
EVIL = "<script>alert(1)</script>\u202e"
PICTURE = np.full((4, 8, 1), 100, np.uint8), None


def table_of(**changed):
    row = {
        "image": "a/x.png", "predicted": "benign", "p_benign": 0.8, "p_malignant": 0.2,
        "calibrated_benign": 0.7, "calibrated_malignant": 0.3, "set_benign": True, "set_malignant": False,
        "ood": False, "twin": False,
    }  # fmt: skip
    return pd.DataFrame([{**row, **changed}])


def summary_of(**changed):
    bundle = {
        "name": "mine_spatial", "folder": "/x", "checksum": "c" * 64, "protocol": "patient_safe", "seed": 0,
        "fold": None, "splits_hash": "s" * 64, "selected_on_test": False, "synthetic": False,
        "licence": "CC0", "citation": "none",
    }  # fmt: skip
    summary = {
        "model": "mine_spatial", "images": "/images", "bundles": [bundle], "classes": CLASSES,
        "class_titles": {"malignant": "malignant tumour"}, "positive_class": "malignant", "listed": 2,
        "predicted": 1, "reused": 0, "unreadable": [], "passed_over": {"no images": 3},
        "by_class": {"benign": 1, "malignant": 0}, "out_of_distribution": 1, "twins": None, "set_level": 0.9,
        "decisions": None, "flagged_share": 0.05, "patients_known": False, "evaluation": None, "warnings": [],
        "without_maps": None,
        "drift": {"distance": 3.0, "validation_distance": 0.5, "mean": 90.0, "training_mean": 93.0},
    }  # fmt: skip
    return {**summary, **changed}


def text_of(page):
    return " ".join(re.sub(r"<[^>]+>", " ", page.partition("</style>")[2]).split())


def test_the_page_tells_what_came_out():
    text = text_of(render_prediction(summary_of(), table_of(ood=True), {0: PICTURE}))
    for said in ("1 of 2", "malignant tumour 0", "unlike the training images", "benign 80.0", "Set: benign"):
        assert said in text
    assert "Against the labels" not in text


def test_what_was_not_decided_is_not_made_up():
    undecided = {
        "calibrated_benign": np.nan,
        "set_benign": None,
        "set_malignant": None,
        "ood": None,
        "twin": None,
    }
    summary = summary_of(out_of_distribution=None, set_level=None)
    text = text_of(render_prediction(summary, table_of(**undecided), {0: PICTURE}))
    assert "not decided: no validation images" in text
    assert "no sets" in text
    assert "calibrated 7" not in text
    assert "Set:" not in text


def test_names_are_text():
    summary = summary_of(
        model=EVIL, images=EVIL, unreadable=[{"path": EVIL, "reason": EVIL}], warnings=[EVIL],
        passed_over={EVIL: 1}, class_titles={"benign": EVIL},
    )  # fmt: skip
    page = render_prediction(summary, table_of(image=EVIL), {0: PICTURE})
    assert "<script" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;" in page


def test_unreadable_files_are_listed_up_to_a_number():
    files = [{"path": f"{number}.png", "reason": "empty file"} for number in range(150)]
    text = text_of(render_prediction(summary_of(unreadable=files), table_of(), {0: PICTURE}))
    assert "150 files without a prediction" in text
    assert "99.png empty file" in text
    assert "100.png empty file" not in text
    assert "The first 100" in text


def test_networks_that_saw_phantoms_are_marked():
    (bundle,) = summary_of()["bundles"]
    marked = {**bundle, "synthetic": True, "selected_on_test": True}
    text = text_of(render_prediction(summary_of(bundles=[bundle, marked]), table_of(), {}))
    assert "no medical meaning" in text
    assert "selected on test" in text
    assert "no medical meaning" not in text_of(render_prediction(summary_of(), table_of(), {}))


@pytest.mark.parametrize("known", [True, False])
def test_an_evaluation_is_shown(known):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 80)
    second = np.clip(0.5 + 0.3 * (labels - 0.5) + rng.normal(0, 0.2, 80), 0.01, 0.99)
    ids = [f"{number}.png" for number in range(80)]
    predictions = pd.DataFrame({"image_id": ids, "group": ids, "split": "x"})
    predictions["label"] = np.array(CLASSES)[labels]
    predictions["predicted"] = np.array(CLASSES)[(second > 0.5).astype(int)]
    predictions = predictions.assign(p_benign=1 - second, p_malignant=second)
    sample = Sample.of(predictions, CLASSES)
    weights = weights_with_itself(sample.labels, sample.groups, replicates=200)
    metrics = compute_metrics(predictions, CLASSES, positive_class="malignant", replicates=200)
    calibration = calibration_block(sample, weights, CLASSES, temperature=1.5, confidence=0.95, positive=1)
    evaluation = {
        "metrics": metrics, "metrics_without_twins": {**metrics, "n": 70, "accuracy": 0.1234},
        "calibration": calibration,
        "in_the_large": {name: {"share": 0.5, "mean_probability": 0.4321} for name in CLASSES},
        "sets": {"coverage": 0.85, "intervals": {}, "mean_size": 1.25,
                 "per_class": {"benign": 0.8, "malignant": None}},
        "operating_point": {"threshold": 0.4, "sensitivity": 0.9, "specificity": 0.8, "ppv": None, "npv": 0.7,
                            "intervals": {"sensitivity": {"low": 0.75, "high": 0.97, "flag": "few"}}},
    }  # fmt: skip
    summary = summary_of(evaluation=evaluation, patients_known=known)
    text = text_of(render_prediction(summary, table_of(label="malignant"), {0: PICTURE}))
    accuracy = metrics["accuracy"]
    assert "Of the 70 others the accuracy is 0.1234" in text
    for said in (f"Accuracy {accuracy:.4f}", "0.4321", "85.0", "1.25 classes", "0.7500 to 0.9700 *", "PPV —"):
        assert said in text, said
    assert "Label: malignant tumour (differs)" in text
    assert ("no patients were named" in text) != known


def pictures_in(page):
    found = re.findall(r"data:image/png;base64,([^\"]+)", page)
    return [
        cv2.imdecode(np.frombuffer(base64.b64decode(each), np.uint8), cv2.IMREAD_COLOR_RGB) for each in found
    ]


def test_beside_an_image_stands_where_the_network_looked():
    image = np.full((64, 64, 1), 100, np.uint8)
    cells = np.array([[0.0, 1.0], [0.0, 0.0]])
    (picture,) = pictures_in(render_prediction(summary_of(), table_of(), {0: (image, cells)}))
    assert picture.shape == (128, 2 * 128 + 4, 3)
    alone, overlaid = picture[:, :128], picture[:, -128:]
    assert (alone == 100).all()
    assert (overlaid[-10:, :10] == 100).all()
    assert (overlaid[:10, -10:] != 100).all()


def test_a_network_without_maps_says_so_in_the_page():
    page = render_prediction(summary_of(without_maps="It has none."), table_of(), {0: PICTURE})
    assert "No Grad-CAM: It has none." in text_of(page)
    assert pictures_in(page)[0].shape == (64, 128, 3)
