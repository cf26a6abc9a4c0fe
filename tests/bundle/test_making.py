import dataclasses
import json

import cv2
import made_bundles
import numpy as np
import pytest
import yaml
from sklearn.metrics import brier_score_loss, f1_score, roc_auc_score

from s3f_pipeline.bundle.contents import CARD, LICENCE, MODEL, PREPROCESSING
from s3f_pipeline.bundle.example import drawn_pattern
from s3f_pipeline.bundle.model_index import OWN, front_matter
from s3f_pipeline.bundle.opening import open_bundle
from s3f_pipeline.bundle.preprocessing import Preprocessing
from s3f_pipeline.evaluation.names import full_metric_name
from s3f_pipeline.evaluation.scores import brier_score
from s3f_pipeline.images.decode import decode, fit
from s3f_pipeline.results.decoding import decode as decode_as
from s3f_pipeline.results.metrics import PositiveMetrics
from s3f_pipeline.text import BY_AUTHORS


def example_of(files):
    return cv2.imdecode(np.frombuffer(files["example/image.png"], np.uint8), cv2.IMREAD_GRAYSCALE)


def test_no_image_of_a_patient_is_copied():
    image = example_of(made_bundles.files_of())
    assert (image == drawn_pattern(made_bundles.SHAPE)[..., 0]).all()
    assert not any((image == patient[..., 0]).all() for patient in made_bundles.images_of(100))


def test_the_example_of_phantoms_is_one_of_them():
    assert (example_of(made_bundles.files_of(synthetic=True)) == made_bundles.images_of(1)[0, ..., 0]).all()


def test_the_example_goes_through_ingestion_unchanged():
    files = made_bundles.files_of(synthetic=True)
    pixels = fit(decode(files["example/image.png"], "grey").pixels, *made_bundles.SHAPE[:2])
    assert (pixels == made_bundles.images_of(1)[0]).all()


def test_colours_of_the_example_keep_their_order(tmp_path):
    shape = (16, 16, 3)
    pattern = drawn_pattern(shape)
    from s3f_pipeline.bundle.example import Example

    for name, content in Example(pattern, {"a": 1.0}).files().items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    assert (Example.read(tmp_path, ["a"], shape).image == pattern).all()
    assert (pattern[..., 0] != pattern[..., 2]).any()


@pytest.mark.parametrize("positive", [False, True])
def test_a_bundle_can_be_opened_and_predicts(tmp_path, positive):
    opened = open_bundle(made_bundles.write(tmp_path, positive=positive))
    assert opened.network(opened.example.image[None]).probabilities.shape == (1, 2)
    assert (opened.preprocessing.decisions.threshold is not None) == positive
    assert opened.preprocessing.outputs == (1 if positive else 2)


def test_without_validation_images_nothing_is_decided():
    says = json.loads(made_bundles.files_of(validation=0)[PREPROCESSING])
    assert says["decisions"] == {"temperature": None, "threshold": None, "conformal": None}
    assert says["references"]["flagged_from"] is None
    assert says["references"]["twin_bits"] is None


def test_the_network_lies_on_the_disk_once(tmp_path):
    bundle = made_bundles.write(tmp_path)
    assert (bundle / MODEL).samefile(tmp_path / MODEL)


def test_a_network_that_is_trained_anew_leaves_the_bundle_whole(tmp_path):
    from s3f_pipeline.files import atomic_path

    bundle = made_bundles.write(tmp_path)
    with atomic_path(tmp_path / MODEL) as temporary:
        temporary.write_bytes(b"another network")
    open_bundle(bundle)


def test_where_links_cannot_be_made_the_network_is_copied(tmp_path, monkeypatch):
    def refuse(source, target):
        raise OSError("no links here")

    monkeypatch.setattr("os.link", refuse)
    bundle = made_bundles.write(tmp_path)
    assert not (bundle / MODEL).samefile(tmp_path / MODEL)
    open_bundle(bundle)


def test_what_users_wrote_is_text_in_the_card():
    files = made_bundles.files_of(title="a\n# <script>alert(1)</script> [x](javascript:y)", licence="*all*")
    card = files[CARD].decode()
    assert "\n# <script>" not in card
    assert "\\<script\\>" in card
    assert "\\[x\\](javascript:y)" in card
    assert "\\*all\\*" in card
    assert "*all*" in files[LICENCE].decode()


def test_the_card_of_phantoms_says_so():
    assert "no medical meaning" in made_bundles.files_of(synthetic=True)[CARD].decode()
    assert "no medical meaning" not in made_bundles.files_of()[CARD].decode()


def test_a_network_that_was_trained_elsewhere_says_so():
    origin = {"file": "a_b.keras", "sha256": "f" * 64, "keras_version": "3.8.0", "network": "spatial"}
    files = made_bundles.files_of(imported={**origin, "overlap": None, "why_unknown": "nobody knows"})
    assert "Trained elsewhere: the weights are those of a\\_b.keras" in files[CARD].decode()
    assert "a_b.keras" in json.loads(files[PREPROCESSING])["trained_on"]["imported"]
    assert "Trained elsewhere" not in made_bundles.files_of()[CARD].decode()


def head_of(files):
    _, head, _ = files[CARD].decode().split("---\n", 2)
    return yaml.safe_load(head)


def result_of(files):
    (model,) = head_of(files)["model-index"]
    (result,) = model["results"]
    return result


@pytest.mark.parametrize("positive", [False, True])
def test_the_head_of_the_card_has_the_figures_of_the_metrics(positive):
    files = made_bundles.files_of(positive=positive)
    metrics = made_bundles.metrics_of(synthetic=False, positive=positive)
    result = result_of(files)
    assert result["task"]["type"] == head_of(files)["pipeline_tag"] == "image-classification"
    assert result["dataset"] == {"type": "c", "name": "A cohort", "split": "test", "revision": "d"}
    found = {each["name"]: each for each in result["metrics"]}
    assert len(found) == len(result["metrics"]) > 5
    for key in ("accuracy", "balanced_accuracy", "macro_f1", "weighted_f1", "mcc", "brier", "ece"):
        assert found[full_metric_name(key)]["value"] == getattr(metrics.test, key)


def test_metrics_have_the_fields_of_the_hub_and_arguments_that_compute_them():
    y_true, p_true = np.array([0, 1, 1, 0, 1]), np.array([0.2, 0.9, 0.4, 0.6, 0.7])
    called = (p_true >= 0.5).astype(int)
    metrics = result_of(made_bundles.files_of())["metrics"]
    assert all(set(each) <= {"type", "value", "name", "args"} for each in metrics)
    given = {each["type"]: each.get("args", {}) for each in metrics}
    f1_score(y_true, called, **given["f1"])
    roc_auc_score(y_true, p_true, **given["roc_auc"])
    of_classes = np.stack([1 - p_true, p_true], axis=1)
    assert brier_score_loss(y_true, of_classes, **given["brier_score"]) == pytest.approx(
        brier_score(y_true, of_classes)
    )


def test_sensitivity_and_specificity_are_recalls_of_the_two_classes(tmp_path):
    positive = {
        "sensitivity": 0.875, "specificity": 0.625, "precision": 0.5, "npv": 0.5, "f1": 0.5, "auc": None,
        "average_precision": None, "intervals": {"sensitivity": {"low": 0.5, "high": 0.9, "flag": None}},
    }  # fmt: skip
    metrics = made_bundles.metrics_of(synthetic=False, positive=True)
    figures = dataclasses.replace(metrics.test, positive=decode_as(PositiveMetrics, positive))
    says = Preprocessing.read(made_bundles.write(tmp_path, positive=True) / PREPROCESSING)
    head = yaml.safe_load(front_matter(says, dataclasses.replace(metrics, test=figures)).strip("-\n"))
    recalls = [each for each in head["model-index"][0]["results"][0]["metrics"] if each["type"] == "recall"]
    assert recalls == [
        {"type": "recall", "value": 0.875, "name": "sensitivity", "args": {"pos_label": "b"}},
        {"type": "recall", "value": 0.625, "name": "specificity", "args": {"pos_label": "a"}},
    ]
    assert head[OWN]["intervals_95"]["sensitivity"] == [0.5, 0.9]


def test_split_groups_and_intervals_stand_in_a_block_of_their_own():
    own = head_of(made_bundles.files_of())[OWN]
    metrics = made_bundles.metrics_of(synthetic=False)
    assert (own["images"], own["groups"]) == (metrics.test.n, metrics.test.groups)
    ends = metrics.test.intervals["accuracy"]
    assert own["intervals_95"]["accuracy"] == [ends.low, ends.high]
    assert own["splits_hash"] == "s"


def test_each_class_has_its_sensitivity_and_specificity():
    card = made_bundles.files_of()[CARD].decode()
    assert "| a | 5 | 0.2500 | 0.0000 to 0.5000 | 0.5000 |  |" in card
    assert "Few groups: too few" in card


def test_figures_of_phantoms_do_not_pass_for_those_of_the_data_set():
    files = made_bundles.files_of(synthetic=True)
    assert result_of(files)["dataset"]["type"] == "c-phantoms"
    assert "phantoms" in result_of(files)["dataset"]["name"]
    assert head_of(files)["license"] == "mit"
    assert head_of(made_bundles.files_of())["license"] == "other"
    text = files[CARD].decode()
    assert "CC BY 4.0" not in text
    assert BY_AUTHORS not in text


def test_what_is_known_of_the_cohort_stands_in_the_card_and_the_rest_is_left_to_authors():
    card = made_bundles.files_of()[CARD].decode()
    assert "- Patients: People \\*like\\* us" in card
    assert f"- Dates: {BY_AUTHORS}" in card
    assert "People" not in made_bundles.files_of(synthetic=True)[CARD].decode()
