import json
from dataclasses import asdict, replace

import pytest
from simulated_runs import Network, write_network

from s3f_pipeline.comparison.settings import Claim
from s3f_pipeline.comparison.summary import advise_on_validation, compare
from s3f_pipeline.errors import ResultsError
from s3f_pipeline.results import find_runs, runs_hash
from s3f_pipeline.results.comparison import Comparison

CLAIM = Claim("concat", "spatial", 0.8782, 0.8430, 156, "page")


def compare_all(runs, settings, **changed):
    advice = advise_on_validation(runs, settings)
    return compare(
        runs,
        advice,
        settings,
        **{"titles": {}, "claims": [], "latencies": {}, "mlflow_run_id": None} | changed,
    )


@pytest.fixture(scope="module")
def comparison(three_networks, settings):
    return compare_all(
        three_networks, settings, titles={"good": "Good one"}, claims=[CLAIM], latencies={"good": 0.02}
    )


def test_the_better_network_is_found_and_the_cheap_one_advised(comparison):
    words = {(pair.first, pair.second): pair.verdict for pair in comparison.pairs}
    assert set(comparison.networks) == {"good", "twin", "bad"}
    assert list(comparison.networks)[2] == "bad"
    assert [words[pair] for pair in words if "bad" in pair] == ["better", "better"]
    assert comparison.advice.network == "twin"
    assert set(comparison.advice.tied) == {"twin", "good"}
    assert sum(comparison.advice.chosen.values()) == pytest.approx(1)
    assert comparison.advice.chosen["bad"] == 0
    assert "bad" not in comparison.pareto


def test_each_network_is_summed_up(comparison):
    network = comparison.networks["good"]
    assert (network.title, network.seeds) == ("Good one", (0, 1, 2))
    assert comparison.networks["bad"].title == "bad"
    shown = network.figures["balanced_accuracy"]
    assert len(shown.values) == 3
    assert shown.interval.low < shown.mean < shown.interval.high <= 1
    assert network.cost.multiply_adds == 1000
    assert network.cost.latency_seconds == 0.02
    assert comparison.networks["bad"].cost.latency_seconds is None
    batch_size = 16
    assert network.cost.memory_bytes == 4 * (8 * 1000 + 2 * batch_size * 2)  # two logits of each image
    assert min(network.sources.seed, network.sources.sample, network.sources.epoch) > 0
    assert network.optimism.interval.low < network.optimism.value < network.optimism.interval.high
    assert network.picking.split == "validation"
    assert network.picking.price.value > 0  # the best of twenty epochs


def test_images_and_claims(comparison):
    assert comparison.images.classes["benign"].groups == 100
    assert comparison.images.images == 267
    assert comparison.images.singletons == 133
    (claim,) = comparison.claims
    assert claim.p_false.low == pytest.approx(0.011, abs=5e-4)


def test_it_is_written_and_read(comparison):
    content = json.loads(json.dumps({"schema_version": 1, **asdict(comparison)}, allow_nan=False))
    assert Comparison.of(content, "comparison.json") == comparison


def test_the_advice_reads_no_test_image(three_networks, settings, monkeypatch):
    whole = type(three_networks[0]).predictions
    monkeypatch.setattr(
        type(three_networks[0]), "predictions", lambda run: whole(run).query("split == 'validation'")
    )
    advice = advise_on_validation(three_networks, settings)
    monkeypatch.undo()
    assert advice == advise_on_validation(three_networks, settings)


def test_advice_of_other_runs_is_refused(three_networks, settings):
    advice = advise_on_validation(three_networks[:-1], settings)
    with pytest.raises(ResultsError, match="advice is of other runs"):
        compare(three_networks, advice, settings, titles={}, claims=[], latencies={}, mlflow_run_id=None)


def test_the_hash_is_that_of_the_set_of_runs(three_networks):
    assert runs_hash(three_networks) == runs_hash(three_networks[::-1])
    assert runs_hash(three_networks) != runs_hash(three_networks[1:])


def test_a_figure_that_does_not_exist_cannot_decide(tmp_path, settings, three_networks, monkeypatch):
    monkeypatch.setattr("s3f_pipeline.comparison.study.FIGURES", ("accuracy",))
    with pytest.raises(ResultsError, match="balanced_accuracy does not exist"):
        compare_all(three_networks, settings)


def test_runs_selected_on_test_have_no_advice_and_a_price(tmp_path, settings):
    for name, skill in {"one": 90, "other": 85}.items():
        write_network(tmp_path, name, Network(skill), protocol="published")
    comparison = compare_all(find_runs(tmp_path), settings)
    assert comparison.selected_on_test
    assert comparison.advice.network is None
    assert "no validation images" in comparison.advice.why_none
    for network in comparison.networks.values():
        assert network.optimism is None
        assert (network.picking.split, network.picking.price.value > 0) == ("test", True)


def test_runs_that_tell_no_classes_apart_are_told(tmp_path, settings):
    for name, untrained in {"flat": (0, 1, 2), "odd": (1,), "fair": ()}.items():
        write_network(tmp_path, name, Network(90, untrained=untrained))
    comparison = compare_all(find_runs(tmp_path), settings)
    (note,) = comparison.notes
    assert note.startswith(
        "Every test image is called the same class by flat (3 of 3 runs), odd (1 of 3 runs)."
    )


def test_few_groups_and_single_seeds_are_told(tmp_path, settings):
    write_network(tmp_path, "one", Network(90), groups=40)
    write_network(tmp_path, "other", Network(80), seeds=[0], groups=40)
    comparison = compare_all(find_runs(tmp_path), settings)
    few, single = comparison.notes
    assert few.startswith("Fewer than 30 groups of test images: benign (20), malignant (20).")
    assert single.startswith("A single seed: other.")
    assert comparison.networks["other"].figures["accuracy"].interval is None
    assert comparison.networks["other"].sources.seed is None


def test_another_seed_of_resampling_moves_little(three_networks, settings, comparison):
    again = compare_all(three_networks, replace(settings, seed=7))
    assert [pair.verdict for pair in again.pairs] == [pair.verdict for pair in comparison.pairs]
    assert again.pairs[0].standard_error == pytest.approx(comparison.pairs[0].standard_error, rel=0.2)
