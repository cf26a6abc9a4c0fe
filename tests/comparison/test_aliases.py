"""The champion is chosen by validation images alone."""

from dataclasses import replace

import pytest
from simulated_runs import Network, write_network

from s3f_pipeline.comparison.aliases import place_networks
from s3f_pipeline.comparison.summary import advise_on_validation
from s3f_pipeline.results import find_runs


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    write_network(root, "spatial", Network(90), seeds=(0, 1, 2))
    write_network(root, "concat", Network(75), seeds=(0, 1))
    return find_runs(root)


def with_validation(run, value):
    return replace(
        run, metrics=replace(run.metrics, validation=replace(run.metrics.test, balanced_accuracy=value))
    )


@pytest.fixture
def valued(runs):
    figures = dict(zip([run.id for run in runs], (0.7, 0.8, 0.5, 0.9, 0.9), strict=True))
    return [with_validation(run, figures[run.id]) for run in runs]


def test_the_advised_network_is_the_champion_by_its_best_run(valued, settings):
    advice = advise_on_validation(valued, settings)
    concat, spatial = place_networks(valued[::-1], advice)
    assert (spatial.run.id.variant, spatial.run.id.seed, spatial.is_champion) == ("spatial", 1, True)
    assert (concat.run.id.variant, concat.run.id.seed, concat.is_champion) == ("concat", 1, False)
    assert "the comparison advises it before concat: balanced_accuracy of" in spatial.reason
    assert "0.9000 of seed-1, the best of 3" in spatial.reason
    assert "the comparison advises spatial before it" in concat.reason


def test_figures_of_test_images_change_nothing(valued, settings):
    advice = advise_on_validation(valued, settings)
    better = [
        replace(
            run, metrics=replace(run.metrics, test=replace(run.metrics.test, balanced_accuracy=seed / 10))
        )
        for seed, run in enumerate(valued)
    ]
    first, second = (
        [(placed.run.id, placed.is_champion, placed.reason) for placed in place_networks(found, advice)]
        for found in (valued, better)
    )
    assert first == second


def test_without_advice_or_with_epochs_chosen_on_test_images_nothing_is_placed(valued, settings):
    advice = advise_on_validation(valued, settings)
    assert place_networks(valued, replace(advice, network=None)) == []
    on_test = [replace(run, metrics=replace(run.metrics, selected_on_test=True)) for run in valued]
    assert place_networks(on_test, advice) == []
