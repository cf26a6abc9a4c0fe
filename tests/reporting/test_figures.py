"""Every figure in report, summary and checklists is one of the artefact that it comes from."""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from html import unescape

import pytest

from s3f_pipeline.reporting.checklists import fill_checklists
from s3f_pipeline.reporting.facts import accuracy_facts, no_skill_scores
from s3f_pipeline.reporting.report import render_report
from s3f_pipeline.reporting.study import METRICS
from s3f_pipeline.reporting.summary import summarise

FIGURE = re.compile(r"(?<![\d.])-?\d[\d,]*\.\d{3,4}(?!\d)|(?<![\d.])\d+\.\d\N{NO-BREAK SPACE}%")
SECTIONS = ("summary", "results", "calibration", "decisions", "subgroups")


def values_of(tree) -> Iterator[float]:
    """All numbers of an artefact."""
    if dataclasses.is_dataclass(tree):
        tree = dataclasses.asdict(tree)
    if isinstance(tree, Mapping):
        tree = [*tree.values()]
    if isinstance(tree, list | tuple):
        for value in tree:
            yield from values_of(value)
    elif isinstance(tree, int | float) and not isinstance(tree, bool):
        yield float(tree)


def unknown_figures(text: str, *artefacts) -> list[str]:
    """Figures of a text (three or four decimals, or percent) that no artefact has."""
    known = set()
    for value in values_of(list(artefacts)):
        known |= {f"{value:.4f}", f"{value:.3f}", f"{100 * value:.1f}\N{NO-BREAK SPACE}%"}
    return [figure for figure in FIGURE.findall(text) if figure not in known]


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
        assert len(texts) >= 10
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
