import re
from dataclasses import replace

import pytest
from leaky_runs import COHORT, write_sides

from s3f_pipeline.comparison.leakage import measure_leakage
from s3f_pipeline.comparison.leakage_runs import paired_runs
from s3f_pipeline.comparison.settings import ComparisonSettings
from s3f_pipeline.reporting.leakage_effect import render_leakage_effect
from s3f_pipeline.results import find_runs

SETTINGS = ComparisonSettings("balanced_accuracy", 0.01, 0.95, 200, 0)
FACTS = {
    "name": COHORT,
    "title": "Breast <b>ultrasound</b>",
    "subject": "patient",
    "class_titles": {"benign": "not malignant"},
    "licence": "CC BY 4.0",
    "citation": "A work",
}


@pytest.fixture(scope="module")
def effect(tmp_path_factory):
    root = tmp_path_factory.mktemp("leak")
    write_sides(root, networks=("spatial", "weird<name>"))
    sides = [find_runs(root, cohort=COHORT, protocol=side) for side in ("leak_free", "leaking")]
    paired = paired_runs(*sides, cohort=COHORT, network="spatial", env="")
    return measure_leakage(paired, SETTINGS, titles={}, mlflow_run_id=None)


def render(effect):
    return render_leakage_effect(effect, FACTS, "2026-11-28 12:00 UTC")


def test_the_page_words_what_was_computed(effect):
    page = render(effect)
    for network in effect.networks.values():
        for part in network.images.values():
            found = part.effects["balanced_accuracy"]
            assert f"{found.leaking:.4f}" in page
            assert f"{found.difference.value:+.3f}".replace("-", "\N{MINUS SIGN}") in page
    assert "10 of\n  100 training images share a twin with test images" in page
    assert "not malignant" in page
    assert "Synthetic phantoms" in page
    assert effect.leaking.splits_hash in page
    assert page.count('<tr><th scope="row">spatial</th><td class="word">leaking</td>') == 3


def test_names_are_text_and_nothing_is_missing(effect):
    page = render(effect)
    assert "weird&lt;name&gt;" in page
    assert "weird<name>" not in page
    assert "Breast &lt;b&gt;" in page
    assert not re.search(r"\b(nan|None|Undefined)\b", page)
    assert "<script" not in page
    assert not re.search(r"(src|href)=\"(?!data:|#)", page)


def test_subjects_are_called_what_they_are(effect):
    page = render(replace(effect, leak="subject", official_test=False))
    assert "share a patient with test images" in page
    assert "half of the test images of each patient held back" in page


def test_what_cannot_be_shown_is_said(effect):
    network = effect.networks["spatial"]
    judged = replace(network.verdicts["concerned"], why_none="a reason", p=None, p_holm=None)
    concerned = replace(network.images["concerned"], effects={})
    changed = replace(
        network,
        verdicts={**network.verdicts, "concerned": judged},
        images={**network.images, "concerned": concerned},
    )
    page = render(replace(effect, networks={"spatial": changed}))
    assert "No verdict on spatial, concerned: a reason." in page
