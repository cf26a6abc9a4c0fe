import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from comparisons import comparison

from s3f_pipeline.comparison.leaderboard import leaderboard
from s3f_pipeline.comparison.settings import Described, PublishedFigures
from s3f_pipeline.reporting.leaderboard import markdown_blocks, render_leaderboard, write_markdown
from s3f_pipeline.results.comparison import FigureOfRuns
from s3f_pipeline.results.intervals import Interval

NAMES = ("bilinear", "spatial", "spectral")
EVIL = '<script>alert("x")</script>'


def board_of(count=6, **changed):
    rng = np.random.default_rng(1)
    met = [
        comparison(
            f"cohort{number}",
            dict(zip(NAMES, rng.uniform(0.5, 0.9, 3), strict=True)),
            verdicts={("bilinear", "spatial"): "better", ("spatial", "spectral"): "practically equal"},
        )
        for number in range(count)
    ]
    published = (PublishedFigures("spatial", 0.98, None, 0.97, f"one run {EVIL}"),)
    return leaderboard(
        {f"{one.cohort}/patient_safe/comparison.json": replace(one, **changed) for one in met},
        {one.cohort: Described(f"Title {EVIL}", one.cohort, published) for one in met},
    )


def words_of(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.partition("<body>")[2]))


def row_of(board, cohort, network):
    rows = board.boards["patient_safe"].cohorts[cohort].rows
    return next(row for row in rows if row.network == network)


class Balanced(HTMLParser):
    void = ("meta", "link", "img", "br")

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_shows_figures_verdicts_and_where_they_are_from():
    board = board_of()
    html = render_leaderboard(board)
    text = words_of(html)
    row = board.boards["patient_safe"].cohorts[0].rows[0]
    assert f"{row.value:.3f} ({row.interval.low:.3f} to {row.interval.high:.3f})" in text
    assert 'href="cohort0/patient_safe/comparison.html"' in html
    assert "MLflow run run of the comparison" in text
    assert "By validation images alone the advice is bilinear (marked). From the comparison" in text
    assert "6 cohorts, 6 of different patients; in 6 of 18 pairs one network is shown to be better" in text
    assert f"cohort5 bilinear {row_of(board, 0, 'bilinear').value:.3f}" in text
    assert "Mean rank over 6 cohorts" in text
    assert "false is at least 0.010 to 0.20" in text
    assert html.count("data:image/png;base64,") == 1


def test_a_flagged_interval_has_a_star():
    network = comparison("busi", {"a": 0.6}).networks["a"]
    shown = FigureOfRuns(0.6, (0.6, 0.6), Interval(0.5, 0.7, "fewer than 30 groups in a class"))
    few = {"a": replace(network, figures={"balanced_accuracy": shown})}
    board = board_of(2, networks=few, pairs=())
    assert "(0.500 to 0.700)\N{NO-BREAK SPACE}*" in render_leaderboard(board)
    text = write_markdown(board)
    assert "0.600 (0.500 to 0.700)\N{NO-BREAK SPACE}*" in text
    assert "A star: too few groups in a class for this interval." in text
    assert "A star" not in write_markdown(board_of(2))


@pytest.mark.parametrize(
    ("cohorts", "told"),
    [
        (6, "The least corrected p that 6 cohorts can give is 0.094: so few cannot show any two networks to"),
        (7, "The least corrected p that 7 cohorts can give is 0.047."),
    ],
)
def test_what_so_few_cohorts_can_show_is_said(cohorts, told):
    board = board_of(cohorts)
    assert told in words_of(render_leaderboard(board))
    assert told in write_markdown(board)


def test_the_page_stands_alone_and_what_users_write_is_text():
    html = render_leaderboard(board_of())
    parser = Balanced()
    parser.feed(html)
    assert parser.open == []
    assert "<script" not in html
    assert "nan" not in words_of(html).lower().split()


def test_few_cohorts_have_no_ranks_and_phantoms_are_marked():
    text = words_of(render_leaderboard(board_of(2, synthetic=True)))
    assert "Ranks over cohorts need at least 5 cohorts of different patients; there are 2." in text
    assert "Synthetic phantoms, no medical meaning" in text


def test_what_was_selected_on_test_says_so():
    board = board_of(1, selected_on_test=True)
    assert "selected on test" in words_of(render_leaderboard(board))
    [block] = (block for name, block in markdown_blocks(board, "").items() if name.startswith("cohort0"))
    assert "**The epoch was chosen on the test images.**" in block


def test_markdown_has_a_block_for_each_cohort_and_the_pairs():
    board = board_of()
    blocks = markdown_blocks(board, "results/")
    assert set(blocks) == {
        *(f"cohort{number} patient_safe" for number in range(6)), "pairs patient_safe", "ranks patient_safe",
    }  # fmt: skip
    row = board.boards["patient_safe"].cohorts[0].rows[0]
    assert f"| `{row.network}` | 1,000 | 2 | {row.value:.3f} (" in blocks["cohort0 patient_safe"]
    assert "[Comparison](results/cohort0/patient_safe/comparison.json)" in blocks["cohort0 patient_safe"]
    assert "| `bilinear` − `spatial` | 6 |" in blocks["pairs patient_safe"]
    assert "Friedman p = " in blocks["ranks patient_safe"]
    whole = write_markdown(board)
    assert all(block in whole for name, block in blocks.items() if not name.startswith("cohort"))
    assert whole.startswith("# Leaderboard\n")


@pytest.mark.parametrize("count", [1, 6])
def test_markdown_names_no_nan(count):
    assert "nan" not in write_markdown(board_of(count)).lower()
