"""Every figure in report, summary and checklists is one of the artefact that it comes from."""

import dataclasses
import re
from html import unescape

import pytest
from figures_in_text import unknown_figures

from s3f_pipeline.reporting.checklists import fill_checklists
from s3f_pipeline.reporting.facts import accuracy_facts, no_skill_scores
from s3f_pipeline.reporting.report import render_report
from s3f_pipeline.reporting.study import METRICS
from s3f_pipeline.reporting.summary import summarise

SECTIONS = ("summary", "results", "calibration", "decisions", "subgroups")


@pytest.fixture
def known(report_data):
    """What the text may hold: the artefact, and what it is held against."""
    skill = no_skill_scores(report_data.metrics)
    share = accuracy_facts(report_data.metrics, report_data.cohort["classes"])["share"]
    return [report_data.measured, skill, share]


def text_of(page, section):
    found = re.search(rf'<section id="{section}".*?</section>', page, flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", " ", found[0]))


def test_sections_hold_figures_of_the_metrics_alone(report_data, known):
    page = render_report(report_data)
    for section in SECTIONS:
        text = text_of(page, section)
        assert re.search(r"\d\.\d", text)
        assert unknown_figures(text, *known) == []


def test_the_summary_holds_figures_of_the_metrics_alone(report_data, known):
    text = summarise(report_data).markdown("title")
    assert unknown_figures(text, *known) == []


def test_answers_from_the_metrics_hold_figures_of_the_metrics_alone(report_data, known):
    for checklist in fill_checklists(report_data):
        texts = [a.text for item in checklist.items for a in item.answers if a.source == METRICS]
        assert len(texts) > 10
        assert unknown_figures(" ".join(texts), *known) == []


def test_a_figure_that_differs_is_found(report_data, known):
    accuracy = f"{100 * report_data.metrics.accuracy:.1f}\N{NO-BREAK SPACE}%"
    text = summarise(report_data).markdown("title")
    assert accuracy in text
    assert unknown_figures(text.replace(accuracy, "99.9\N{NO-BREAK SPACE}%"), *known)
    assert unknown_figures("kappa 0.1234567", *known) == []
    assert unknown_figures("kappa 0.9876", *known) == ["0.9876"]


def test_another_artefact_gives_another_text(report_data):
    metrics = dataclasses.replace(report_data.metrics, accuracy=0.1234)
    changed = summarise(dataclasses.replace(report_data, metrics=metrics)).answers["How good is it?"]
    assert "12.3\N{NO-BREAK SPACE}%" in changed
