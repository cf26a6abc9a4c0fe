from dataclasses import asdict

import numpy as np
import pytest
from explained_runs import write_explanation
from scipy.stats import spearmanr
from simulated_runs import Network, write_network

from s3f_pipeline.comparison.explanations import NOT_EXPLAINED, OTHER_IMAGES, compare_explanations
from s3f_pipeline.results import find_runs
from s3f_pipeline.results.compared_explanations import ComparedExplanations, OverSeeds

ORDER = ["spatial", "concat"]
FIRST, SECOND = (0.6, 0.5, 0.4, 0.7), (0.8, 0.5, 0.5, 0.7)


@pytest.fixture
def runs(tmp_path):
    """Two seeds of two networks on the same images."""
    for name in ORDER:
        write_network(tmp_path, name, Network(90), seeds=(0, 1), groups=20)
    return {(run.id.variant, run.id.seed): run for run in find_runs(tmp_path)}


def compared(runs):
    found = compare_explanations(list(runs.values()), ORDER, seed=0)
    assert ComparedExplanations.of(_as_json(asdict(found)) | {"schema_version": 1}, "file") == found
    return found


def _as_json(value):
    if isinstance(value, dict):
        return {key: _as_json(each) for key, each in value.items()}
    return [_as_json(each) for each in value] if isinstance(value, list | tuple) else value


def test_curves_are_means_over_seeds_with_their_range(runs):
    write_explanation(runs["spatial", 0], accuracies=FIRST)
    write_explanation(runs["spatial", 1], accuracies=SECOND)
    write_explanation(runs["concat", 0], accuracies=FIRST)
    write_explanation(runs["concat", 1], accuracies=FIRST)
    found = compared(runs)
    assert (list(found.networks), found.images, found.left_out) == (ORDER, 6, ())
    curves = found.networks["spatial"].curves
    assert curves.low_pass[0].accuracy == OverSeeds(pytest.approx(0.7), 0.6, 0.8)
    assert curves.low_pass[0].macro_f1 == OverSeeds(pytest.approx(0.35), 0.3, 0.4)
    assert [each.accuracy.mean for each in curves.band_stop] == [pytest.approx(0.45), pytest.approx(0.7)]
    assert (curves.high_pass[0].low, curves.high_pass[0].high) == (0, 2)
    repeats = found.networks["spatial"].repeatability
    assert repeats.curve == pytest.approx((0.2 + 0.1) / 4)
    assert repeats.curve_largest == pytest.approx(0.2)
    assert found.networks["concat"].repeatability.curve == 0
    assert found.between_networks == pytest.approx((0.1 + 0.05) / 4)
    assert repeats.branches.named == {"spatial": 2, "spectral": 0}
    assert repeats.branches.drops["spectral"] == OverSeeds(0.1733, 0.1733, 0.1733)


def test_runs_without_explanation_or_on_other_images_are_named(runs):
    write_explanation(runs["spatial", 0])
    write_explanation(runs["spatial", 1])
    write_explanation(runs["concat", 0], sampled=["test_0000"])
    found = compared(runs)
    assert list(found.networks) == ["spatial"]
    told = [(each.variant, each.seed, each.why) for each in found.left_out]
    assert told == [("concat", 0, OTHER_IMAGES), ("concat", 1, NOT_EXPLAINED)]
    assert found.between_networks is None


def test_a_single_seed_repeats_nothing_and_none_at_all_is_no_error(runs):
    nothing = compared(runs)
    assert (nothing.networks, nothing.images, len(nothing.left_out)) == ({}, 0, 4)
    write_explanation(runs["spatial", 1])
    found = compared(runs)
    assert found.networks["spatial"].seeds == (1,)
    assert found.networks["spatial"].repeatability is None


def test_maps_of_two_seeds_are_held_against_one_another(runs):
    rng = np.random.default_rng(0)
    maps, other = rng.uniform(size=(6, 3, 4)), rng.uniform(size=(6, 3, 4))
    maps[2] = 0
    write_explanation(runs["spatial", 0], maps=maps)
    write_explanation(runs["spatial", 1], maps=maps**2)
    write_explanation(runs["concat", 0], maps=maps)
    write_explanation(runs["concat", 1], maps=other)
    said = {}
    for key, run in runs.items():
        said[key] = run.predictions().query("split == 'test'")["predicted"].to_numpy()[:6]
    found = compared(runs)
    for name, second in (("spatial", maps**2), ("concat", other)):
        alike = found.networks[name].repeatability.maps["grad_cam"]
        kept = [n for n in range(6) if n != 2 and said[name, 0][n] == said[name, 1][n]]
        assert alike.pairs == len(kept) > 2
        expected = [
            spearmanr(maps[n].astype(np.float16).ravel(), second[n].astype(np.float16).ravel())[0]
            for n in kept
        ]
        assert alike.same_image == pytest.approx(np.mean(expected))
    assert found.networks["spatial"].repeatability.maps["grad_cam"].same_image > 0.99
    assert abs(found.networks["spatial"].repeatability.maps["grad_cam"].other_image) < 0.5


def test_folds_of_one_seed_are_one_curve(tmp_path):
    for name in ORDER:
        for fold in (0, 1):
            write_network(tmp_path, name, Network(90), seeds=(0,), fold=fold, groups=20)
    runs = {(run.id.variant, run.id.fold): run for run in find_runs(tmp_path)}
    write_explanation(runs["spatial", 0], accuracies=FIRST)
    write_explanation(runs["spatial", 1], accuracies=SECOND)
    write_explanation(runs["concat", 0])
    found = compared(runs)
    assert found.networks["spatial"].curves.low_pass[0].accuracy == OverSeeds(*[pytest.approx(0.7)] * 3)
    assert found.images == 12
    told = [(each.fold, each.why) for each in found.left_out]
    assert told == [(0, "another fold of its seed is left out"), (1, NOT_EXPLAINED)]
