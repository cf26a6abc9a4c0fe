import re
from dataclasses import replace

import pytest
from result_files import metrics_file
from uncertainty_files import uncertainty_file

from s3f_pipeline.reporting.report import render_report
from s3f_pipeline.results import RunId
from s3f_pipeline.results.metrics import Metrics

CLASSES = ("glioma", "no_tumor", "pituitary")


@pytest.fixture
def page_of(report_data, metrics):
    """The page of an experiment with some blocks of uncertainty."""

    def render(**blocks):
        run = RunId("brisc", "patient_safe", "bilinear", 17)
        content = {**metrics_file(run), "test": metrics, "validation": metrics, **uncertainty_file(CLASSES)}
        figures = {**report_data.figures, "decision_curve": b"benefit"}
        measured = Metrics.of({**content, **blocks}, "metrics.json")
        return render_report(replace(report_data, measured=measured, figures=figures))

    return render


def section(page, name):
    return re.search(rf'<section id="{name}".*?</section>', page, flags=re.DOTALL)[0]


def test_calibration_says_at_which_temperature_and_what_chance_makes(page_of):
    found = uncertainty_file(CLASSES)["calibration"]
    text = section(page_of(), "calibration")
    assert f"{found['temperature']:.3f}" in text
    for figure in ("ece", "expected_ece_by_group", "classwise_ece", "ece_equal_width"):
        assert f"{found['raw'][figure]:.4f}" in text
    assert f"{found['calibrated']['log_loss']['refinement']:.4f}" in text
    assert "The same images chose the epoch" in text
    assert "Calibration slope" not in text


def test_without_validation_there_is_no_calibrated_column_and_no_set(page_of):
    page = page_of(**uncertainty_file(CLASSES, validation=0))
    assert "no\ncalibrated probabilities" in section(page, "calibration")
    assert "There are no validation images" in section(page, "decisions")
    assert "None" not in page


def test_sets_stand_with_what_speaks_against_them(page_of):
    found = uncertainty_file(CLASSES)["conformal"]
    text = section(page_of(), "decisions")
    assert found["cautions"][0] in text
    for kept in (found["marginal"], found["by_class"]):
        assert f"{100 * kept['coverage']:.1f}" in text
    cautious = {**found, "cautions": []}
    assert "speaks against" not in section(page_of(conformal=cautious), "decisions")


def test_two_classes_have_thresholds_and_a_decision_curve(page_of):
    blocks = uncertainty_file(("glioma", "no_tumor"), is_binary=True)
    asked = {name: blocks[name] for name in ("operating_point", "decision_curve")}
    text = section(page_of(**asked), "decisions")
    assert f"{blocks['operating_point']['threshold']:.3f}, chosen on validation" in text
    assert "Net benefit at a prevalence of 10.0" in text
    without = section(page_of(), "decisions")
    assert "chosen on validation" not in without
    assert "Net benefit" not in without


def test_subgroups_are_shown_under_their_names_as_text(page_of):
    found = dict(uncertainty_file(CLASSES)["subgroups"]["sex"])
    text = section(page_of(subgroups={"<b>site": {"<script>": found["f"], "m": found["m"]}}), "subgroups")
    assert "&lt;script&gt;" in text
    assert "&lt;b&gt;site" in text
    assert f"{found['m']['accuracy']:.4f}" in text
    assert text.count("(too small)") == sum(each["too_small"] for each in found.values())


def test_without_subgroups_there_is_no_section_and_no_link(page_of):
    assert "#subgroups" in page_of()
    page = page_of(subgroups={})
    assert "#subgroups" not in page
    assert 'id="subgroups"' not in page
