import dataclasses

import pytest

from s3f_pipeline.reporting.summary import confusions, summarise
from s3f_pipeline.reporting.trust import NOTHING, reasons_against, reasons_for
from s3f_pipeline.results.metrics import Openings
from s3f_pipeline.results.uncertainty import Calibration


def changed(report, **experiment):
    return dataclasses.replace(report, experiment={**report.experiment, **experiment})


def test_it_answers_what_a_reader_asks(report_data):
    answers = summarise(report_data).answers
    assert list(answers) == [
        "What was asked?",
        "How good is it?",
        "How sure is that?",
        "For whom does it hold?",
        "What keeps test and training apart?",
        "What are its typical errors?",
        "Can its probabilities be believed?",
    ]
    assert all(answers.values())
    assert "People with headaches." in answers["For whom does it hold?"]
    assert "No image of another source was tested" in answers["For whom does it hold?"]


def test_errors_are_counted_in_the_confusion_matrix(report_data):
    found = confusions(report_data.metrics, report_data.cohort["classes"])
    assert [each.images for each in found] == sorted((each.images for each in found), reverse=True)
    first = found[0]
    told = summarise(report_data).answers["What are its typical errors?"]
    assert f"{first.label} called {first.predicted} ({first.images} of {first.support})" in told


def test_phantoms_are_of_nobody(report_data):
    told = summarise(changed(report_data, synthetic=True)).answers["For whom does it hold?"]
    assert "For nobody: a program drew the images." in told


@pytest.mark.parametrize(
    ("experiment", "reason"),
    [
        ({"synthetic": True}, "synthetic phantoms"),
        ({"selected_on_test": True}, "selected on the test images"),
        ({}, "nobody knows whose they are"),
    ],
)
def test_what_speaks_against_is_told(report_data, experiment, reason):
    assert any(reason in told for told in reasons_against(changed(report_data, **experiment)))


def test_known_patients_speak_for_it(report_data):
    known = changed(report_data, guarantee={"test": {"glioma": {"patient": 7}}})
    assert any("Nothing of one patient" in told for told in reasons_for(known))
    assert not any("whose they are" in told for told in reasons_against(known))


def test_nothing_speaks_for_it_is_said(report_data):
    report = changed(report_data, selection_split="test")
    intervals = {
        **report.metrics.intervals,
        "accuracy": dataclasses.replace(report.metrics.intervals["accuracy"], low=0),
    }
    metrics = dataclasses.replace(report.metrics, intervals=intervals)
    explanation = dataclasses.replace(report.explanation, place=None)
    report = dataclasses.replace(
        report, metrics=metrics, explanation=explanation, test_openings=Openings(2, 2)
    )
    assert reasons_for(report) == [NOTHING]


@pytest.mark.parametrize(
    ("log_loss", "ece", "verdict"),
    [
        (
            0.5,
            0.04,
            "these fit the test images better (log loss from 0.7000 to 0.5000, ECE from 0.0600 to 0.0400)",
        ),
        (0.8, 0.09, "these fit the test images worse"),
        (
            0.5,
            0.09,
            "whether these fit better depends on the measure (log loss from 0.7000 to 0.5000, ECE from",
        ),
    ],
)
def test_a_temperature_is_told_with_what_it_is_worth_on_test(report_data, log_loss, ece, verdict):
    raw = report_data.measured.calibration.raw

    def figures(log_loss, ece):
        return dataclasses.replace(raw, log_loss=dataclasses.replace(raw.log_loss, value=log_loss), ece=ece)

    calibration = Calibration(2.18, False, figures(0.7, 0.06), figures(log_loss, ece))
    measured = dataclasses.replace(report_data.measured, calibration=calibration)
    answers = summarise(dataclasses.replace(report_data, measured=measured)).answers
    told = answers["Can its probabilities be believed?"]
    assert f"Validation images ask for more cautious ones (temperature 2.180): {verdict}" in told


def test_what_users_wrote_is_text_in_markdown(report_data):
    evil = {**report_data.cohort, "title": "<b>*all*</b>"}
    text = summarise(dataclasses.replace(report_data, cohort=evil)).markdown("# <title>")
    assert "<b>" not in text
    assert text.startswith("# # \\<title\\>")


def test_probabilities_are_not_called_true_where_one_class_is_wrong(report_data):
    raw = report_data.measured.calibration.raw

    def told(low):
        ends = {"low": low, "high": 0.9, "flag": None}
        interval = dataclasses.replace(raw.intervals["classwise_ece"], **ends)
        calm = dataclasses.replace(raw.intervals["ece"], low=0.0)
        changed_raw = dataclasses.replace(raw, intervals={"ece": calm, "classwise_ece": interval})
        calibration = dataclasses.replace(report_data.measured.calibration, raw=changed_raw)
        measured = dataclasses.replace(report_data.measured, calibration=calibration)
        report = dataclasses.replace(report_data, measured=measured)
        return summarise(report)

    wrong, right = told(raw.expected_classwise_ece + 0.01), told(raw.expected_classwise_ece)
    question = "Can its probabilities be believed?"
    assert wrong.answers[question].startswith("Not as they are: the error of all classes")
    assert "Its probabilities, as they are, are wrong by more than chance." in wrong.against_trust
    assert "No error beyond chance is shown" in right.answers[question]
