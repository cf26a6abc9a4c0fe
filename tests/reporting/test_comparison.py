import re
from dataclasses import replace

import numpy as np
import pytest
from explained_runs import write_explanation
from simulated_runs import Network, write_network

from s3f_pipeline.comparison.explanations import compare_explanations
from s3f_pipeline.comparison.settings import Claim, ComparisonSettings
from s3f_pipeline.comparison.summary import advise_on_validation, compare
from s3f_pipeline.reporting import comparison as page
from s3f_pipeline.reporting.compared_explanations import plot_curves
from s3f_pipeline.results import find_runs
from s3f_pipeline.results.compared_explanations import ComparedExplanations

SETTINGS = ComparisonSettings("balanced_accuracy", 0.01, 0.95, 100, 0)
COHORT = {
    "name": "busi",
    "title": "B<b>USI",
    "class_titles": {"benign": "no cancer"},
    "licence": "l",
    "citation": "c",
}
CLAIMS = [Claim("concat (SN2)", "spatial", 0.8782, 0.8430, 156, "project page")]
NOT_A_NUMBER = re.compile(r"\b(nan|NaN|None|inf)\b")


def compared(folder, networks, seeds=(0, 1), **options):
    for name, skill in networks.items():
        write_network(folder, name, Network(skill), seeds, **options)
    runs = find_runs(folder)
    return compare(
        runs,
        advise_on_validation(runs, SETTINGS),
        SETTINGS,
        titles={"spatial": "A <i>tower</i>"},
        claims=CLAIMS,
        latencies={"spatial": 0.0123},
        mlflow_run_id=None,
    )


NOTHING = ComparedExplanations("busi", "patient_safe", 0, {}, None, ())


def rendered(comparison, explanations=NOTHING):
    return page.render_comparison(comparison, explanations, COHORT, "today")


def text_of(html):
    body = re.sub(r"<(style|head).*?</\1>", "", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


@pytest.fixture(scope="module")
def comparison(tmp_path_factory):
    return compared(tmp_path_factory.mktemp("runs"), {"spatial": 90, "concat": 70, "gated": 89})


def test_the_verdicts_are_worded(comparison):
    text = text_of(rendered(comparison))
    assert "of 3 pairs, 2 can be told: spatial is better than concat; gated is better than concat." in text
    assert "Of the others no difference is shown" in text
    assert "Advice, by validation images alone:" in text
    assert "0.011 to 0.205 project page" in text
    assert "no cancer 134 100" in text


def test_what_is_not_known_of_the_cost_is_a_dash(comparison):
    text = text_of(rendered(comparison))
    assert "12.3 ms" in text
    assert text.count(" ms ") == 1


def test_the_matrix_is_read_from_both_sides(comparison):
    words = page.verdict_matrix(comparison)
    assert (words["spatial"]["concat"], words["concat"]["spatial"]) == ("better", "worse")
    assert words["spatial"]["gated"] == words["gated"]["spatial"] == "no difference shown"


def test_text_of_users_is_escaped_and_nothing_is_loaded(comparison):
    html = rendered(comparison)
    assert "B&lt;b&gt;USI" in html
    assert "A &lt;i&gt;tower&lt;/i&gt;" in html
    assert not re.search(r'(?:src|href)="(?!data:|#)', html)


def test_of_many_pairs_those_with_the_advised_network_are_plotted(comparison, monkeypatch):
    monkeypatch.setattr(page, "MOST_PLOTTED", 2)
    plotted = page.plotted_pairs(comparison)
    assert len(plotted) == 2
    assert all(comparison.advice.network in (pair.first, pair.second) for pair in plotted)
    assert f"Differences from {comparison.advice.network}" in text_of(rendered(comparison))


def test_no_page_shows_what_is_no_number(comparison, tmp_path):
    single = compared(tmp_path / "single", {"one": 80, "other": 80}, seeds=(0,))
    few = compared(tmp_path / "few", {"one": 80, "other": 60}, groups=12)
    for each in (comparison, single, few):
        assert not NOT_A_NUMBER.search(text_of(rendered(each)))
    assert "No interval and no p for 1 pair: a network has a single run" in text_of(rendered(single))
    assert "could be called practically equal" not in text_of(rendered(single))
    assert "a class has 6 groups of test images, and fewer than 10 show nothing" in text_of(rendered(few))


def test_what_was_selected_on_test_says_so(tmp_path):
    text = text_of(rendered(compared(tmp_path, {"one": 90, "other": 80}, protocol="published")))
    assert "Selected on test" in text
    assert "The price of picking on test images" in text
    assert "Advice, by validation images alone: none; the protocol has no validation images" in text


@pytest.fixture(scope="module")
def explained(tmp_path_factory):
    """Two networks with two seeds, of which one run of ``gated`` is not explained."""
    root = tmp_path_factory.mktemp("explained")
    comparison = compared(root, {"spatial": 90, "gated": 85})
    rng = np.random.default_rng(0)
    for run in find_runs(root):
        if run.id.variant == "spatial" or run.id.seed == 0:
            accuracies = (0.61, 0.52, 0.43 + run.id.seed / 10, 0.74)
            write_explanation(run, accuracies=accuracies, maps=rng.uniform(size=(6, 2, 2)))
    return comparison, compare_explanations(find_runs(root), ["spatial", "gated"], 0)


def test_explanations_of_all_networks_stand_on_the_same_axes(explained):
    comparison, explanations = explained
    html = rendered(comparison, explanations)
    text = text_of(html[html.index('id="explanations"') :])
    assert "The same 6 test images without high frequencies" in text
    assert "an accuracy of 6 independent images is known to ±40 points at worst" in text
    assert html.count("data:image/svg+xml") == 1
    assert "Accuracy: only frequencies up to … cycles per image Network whole images up to 2" in text
    assert "spatial 0.8741 0.8741 to 0.8741 0.6100 0.6100 to 0.6100" in text
    assert "All but the octave up to … cycles per image".lower() in text.lower()
    assert "not 0 to 2 not above 2" in text
    assert "0.4800 0.4300 to 0.5300" in text
    assert "Not on these axes, as not explained yet: gated (seed 1)." in text
    assert not NOT_A_NUMBER.search(text)


def test_it_is_said_whether_seeds_agree(explained):
    comparison, explanations = explained
    text = text_of(rendered(comparison, explanations))
    repeats = explanations.networks["spatial"].repeatability
    maps = repeats.maps["grad_cam"]
    assert (
        f"spatial 2 0.0250 0.1000 Grad-CAM {maps.same_image:.4f} {maps.other_image:.4f} {maps.pairs}" in text
    )
    assert "spectral 0.1733 0.1733 to 0.1733 in 0 of 2 runs" in text
    assert "on average, of means over seeds, which lie closer together than single runs" in text
    alone = replace(explanations, networks={"gated": explanations.networks["gated"]})
    assert "kedro sweep --cohorts=busi --seeds=3" in text_of(rendered(comparison, alone))


def test_without_explanations_the_page_says_so(comparison):
    html = rendered(comparison)
    assert "No compared run is explained." in text_of(html)
    assert "data:image/svg+xml" not in html


def test_each_network_has_one_curve_in_each_panel(explained):
    figure = plot_curves(explained[1])
    assert len(figure.axes) == 6
    for axes in figure.axes:
        assert [line.get_label() for line in axes.get_lines()] == ["spatial", "gated"]
    low, high, stop = figure.axes[:3]
    assert low.get_lines()[0].get_xydata().tolist() == [[2, 0.61]]
    assert high.get_lines()[0].get_xydata().tolist() == [[2, 0.52]]
    np.testing.assert_allclose(stop.get_lines()[0].get_xydata(), [[2, 0.48], [4, 0.74]])
    assert figure.axes[3].get_lines()[0].get_ydata()[0] == 0.305


@pytest.mark.parametrize("flag", [None, "fewer than 30 groups in a class"])
def test_a_star_is_explained_where_there_is_one(comparison, flag):
    networks = {}
    for name, network in comparison.networks.items():
        shown = network.figures["balanced_accuracy"]
        flagged = replace(shown, interval=replace(shown.interval, flag=flag))
        networks[name] = replace(network, figures={**network.figures, "balanced_accuracy": flagged})
    text = text_of(rendered(replace(comparison, networks=networks)))
    assert ("* fewer than 30 groups in a class: an interval with a star" in text) == bool(flag)


def test_an_interval_says_what_it_is_of(comparison):
    text = text_of(rendered(comparison))
    assert "The interval is for what this mean estimates" in text
    assert "it is ruled out that there is no difference" in text
    assert "half of the p before correction" in text
    assert "where they happen to agree, intervals take seeds not to matter." in text


def test_the_degrees_of_freedom_stand_beside_the_interval(comparison):
    pair = comparison.pairs[0]
    text = text_of(rendered(replace(comparison, pairs=(replace(pair, df=102.84), *comparison.pairs[1:]))))
    assert "Difference Interval df p p (Holm)" in text
    assert re.search(r" to [+−]\d\.\d{3} 102\.8 ", text)


@pytest.mark.parametrize(("error", "is_said"), [(0.02, True), (0.003, False)])
def test_a_margin_out_of_reach_is_said(comparison, error, is_said):
    pairs = tuple(replace(pair, standard_error=error, df=50.0) for pair in comparison.pairs)
    changed = replace(comparison, pairs=pairs)
    assert page.least_reach(changed) == pytest.approx(error * 1.675905)
    assert ("No pair could be called practically equal here" in text_of(rendered(changed))) == is_said


def test_the_page_says_what_groups_are_and_how_many_images_advised(comparison):
    guarantee = {
        "train": {"benign": {"patient": 7}},
        "validation": {"benign": {"sequence": 40}, "malignant": {"sequence": 30, "near_duplicate": 2}},
        "test": {"benign": {"sequence": 80}, "malignant": {"near_duplicate": 54}},
    }
    changed = replace(comparison, guarantee=guarantee)
    text = text_of(rendered(changed))
    assert "apart from training: by runs of file numbers (80), by near-duplicates only (54)." in text
    assert "The rule sees 72 validation images alone" in text
    folds = tuple(replace(run, fold=0) for run in comparison.runs)
    text = text_of(rendered(replace(changed, runs=folds)))
    assert "by runs of file numbers" not in text
    assert "The rule sees validation images alone" in text


def test_a_difference_has_its_star(comparison):
    pair = comparison.pairs[0]
    flagged = replace(pair, interval=replace(pair.interval, flag="few"))
    text = text_of(rendered(replace(comparison, pairs=(flagged, *comparison.pairs[1:]))))
    assert re.search(r"to [+−]\d\.\d{3}(?:\xa0|&nbsp;)\* ", text)
    assert "* few: an interval with a star can be too narrow." in text


def test_the_cheapest_is_said_to_have_the_fewest_parameters(comparison):
    text = text_of(rendered(comparison))
    assert "so take the one with the fewest parameters." in text
    assert "take the cheapest" not in text
