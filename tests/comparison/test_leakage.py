import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from leaky_runs import COHORT, TRAINED, write_sides
from sklearn.metrics import balanced_accuracy_score, f1_score, log_loss, roc_auc_score

from s3f_pipeline.comparison.leakage import measure_leakage
from s3f_pipeline.comparison.leakage_runs import paired_runs
from s3f_pipeline.comparison.pairs import compare_pairs
from s3f_pipeline.comparison.study import study
from s3f_pipeline.errors import ResultsError
from s3f_pipeline.results import find_runs
from s3f_pipeline.results.leakage_effect import LeakageEffect


def sides(root):
    return [find_runs(root, cohort=COHORT, protocol=side) for side in ("leak_free", "leaking")]


def paired(root):
    return paired_runs(*sides(root), cohort=COHORT, network="spatial", env="")


def measured(root, settings):
    return measure_leakage(paired(root), settings, titles={"spatial": "Tower"}, mlflow_run_id=None)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("leak")
    write_sides(root)
    return root


@pytest.fixture(scope="module")
def effect(root, settings):
    return measured(root, settings)


def test_the_leak_is_found_where_it_is_and_nowhere_else(effect):
    network = effect.networks["spatial"]
    assert network.title == "Tower"
    assert network.verdicts["concerned"].verdict == "better"
    assert network.verdicts["overall"].verdict == "better"
    assert network.verdicts["others"].verdict != "better"
    value = {name: part.effects["accuracy"].difference.value for name, part in network.images.items()}
    assert value["concerned"] > 0.15 > value["overall"] > 0.05 > abs(value["others"])
    part = network.images["concerned"]
    difference = part.effects["accuracy"].difference
    assert difference.interval.low < difference.value < difference.interval.high
    assert part.images + network.images["others"].images == network.images["overall"].images
    assert part.effects["loss"].difference.value < 0


def test_figures_are_those_of_scikit_learn(root, effect):
    by_hand = {}
    for side, runs in zip(("leak_free", "leaking"), sides(root), strict=True):
        values = []
        for run in runs:
            table = run.predictions()
            truth, chance = table["label"] == "malignant", table["p_malignant"]
            values.append(
                {
                    "accuracy": (table["label"] == table["predicted"]).mean(),
                    "balanced_accuracy": balanced_accuracy_score(table["label"], table["predicted"]),
                    "macro_f1": f1_score(table["label"], table["predicted"], average="macro"),
                    "auc_macro": roc_auc_score(truth, chance),
                    "loss": log_loss(truth, chance),
                }
            )
        by_hand[side] = {name: np.mean([each[name] for each in values]) for name in values[0]}
    found = effect.networks["spatial"].images["overall"].effects
    assert set(found) == set(by_hand["leaking"])
    for name, each in found.items():
        assert each.leak_free == pytest.approx(by_hand["leak_free"][name], abs=1e-6)
        assert each.leaking == pytest.approx(by_hand["leaking"][name], abs=1e-6)
        assert each.difference.value == pytest.approx(each.leaking - each.leak_free)


def test_an_effect_is_the_difference_of_two_networks_in_a_comparison(root, effect, settings):
    tables = {
        name: [run.predictions() for run in runs]
        for name, runs in zip(("without", "with"), sides(root), strict=True)
    }
    compared = study(
        {name: tables[name] for name in ("with", "without")},
        ("benign", "malignant"),
        replicates=settings.replicates,
        seed=settings.seed,
    )
    (pair,) = compare_pairs(compared, settings)
    network = effect.networks["spatial"]
    assert network.verdicts["overall"].p == pytest.approx(pair.p)
    assert network.verdicts["overall"].p_equivalent == pytest.approx(pair.p_equivalent)
    assert network.images["overall"].effects["balanced_accuracy"].difference.interval == pair.interval


def test_classes_are_their_recall(root, effect):
    (_, leaking) = sides(root)
    found = effect.networks["spatial"].classes
    assert list(found) == ["benign", "malignant"]
    recall = [
        (table["predicted"] == table["label"])[table["label"] == "benign"].mean()
        for table in (run.predictions() for run in leaking)
    ]
    assert found["benign"].effects["accuracy"].leaking == pytest.approx(np.mean(recall))
    assert set(found["benign"].effects) == {"accuracy", "loss"}
    assert (
        found["benign"].effects["accuracy"].difference.interval.flag is None
    )  # a hundred groups of the class


def test_exchanged_sides_change_the_sign_and_keep_p(root, effect, settings):
    both = paired(root)
    turned = replace(both, leak_free=both.leaking, leaking=both.leak_free)
    other = measure_leakage(turned, settings, titles={}, mlflow_run_id=None)
    for which, judged in effect.networks["spatial"].verdicts.items():
        assert other.networks["spatial"].verdicts[which].p == pytest.approx(judged.p)
        one, back = (e.networks["spatial"].images[which].effects["loss"] for e in (effect, other))
        assert back.difference.value == pytest.approx(-one.difference.value)
    assert other.networks["spatial"].verdicts["concerned"].verdict == "worse"


def test_verdicts_are_corrected_for_all_networks_and_sets(tmp_path, effect, settings):
    write_sides(tmp_path, networks=("other", "spatial"))
    two = measured(tmp_path, settings)
    places = [judged for network in two.networks.values() for judged in network.verdicts.values()]
    least = min(places, key=lambda judged: judged.p)
    assert least.p_holm == pytest.approx(6 * least.p)
    alone = effect.networks["spatial"].verdicts["concerned"]
    assert two.networks["spatial"].verdicts["concerned"].p == pytest.approx(alone.p)


def test_splits_are_counted(effect):
    assert (effect.leak, effect.official_test) == ("twins", True)
    assert sum(counted.train for counted in effect.injected.values()) == TRAINED
    assert effect.injected["benign"].leaked == 5
    concerned = effect.networks["spatial"].images["concerned"].images
    assert sum(counted.concerned for counted in effect.injected.values()) == concerned
    assert [run.seed for run in effect.leaking.runs] == [0, 1, 2]
    assert effect.leaking.splits_hash != effect.leak_free.splits_hash


def test_it_is_written_and_read(effect):
    content = json.loads(json.dumps({"schema_version": 1, **asdict(effect)}, allow_nan=False))
    assert LeakageEffect.of(content, "leakage_effect.json") == effect


def test_one_seed_shows_nothing(tmp_path, settings):
    write_sides(tmp_path, seeds=[4])
    network = measured(tmp_path, settings).networks["spatial"]
    for which, judged in network.verdicts.items():
        assert judged.verdict == "no difference shown"
        assert "a single run" in judged.why_none
        assert network.images[which].effects["accuracy"].difference.interval is None


def test_a_figure_that_does_not_exist_on_some_images_has_no_verdict_there(tmp_path, settings):
    write_sides(tmp_path, concerned=lambda shown: shown["label"] == "benign")
    network = measured(tmp_path, replace(settings, figure="auc_macro")).networks["spatial"]
    assert "auc_macro" not in network.images["concerned"].effects
    assert "accuracy" in network.images["concerned"].effects
    assert network.verdicts["concerned"].why_none == "auc_macro does not exist on these images"
    assert network.verdicts["overall"].why_none is None


def test_images_that_lack_a_class_have_no_verdict(tmp_path, settings):
    write_sides(tmp_path, concerned=lambda shown: shown["label"] == "benign")
    network = measured(tmp_path, settings).networks["spatial"]
    assert "a class has 0 groups" in network.verdicts["concerned"].why_none
    assert network.verdicts["concerned"].verdict == "no difference shown"
    assert network.images["concerned"].effects["accuracy"].difference.interval.flag is None
    assert network.verdicts["overall"].verdict == "better"


def test_few_groups_show_nothing(tmp_path, settings):
    write_sides(tmp_path, groups=16)
    network = measured(tmp_path, settings).networks["spatial"]
    assert "groups of test images" in network.verdicts["concerned"].why_none
    assert "fewer than 30" in network.images["overall"].effects["accuracy"].difference.interval.flag


def test_equal_runs_have_no_effect(tmp_path, settings):
    write_sides(tmp_path, gain=0)
    found = measured(tmp_path, settings).networks["spatial"]
    assert {judged.verdict for judged in found.verdicts.values()} <= {
        "no difference shown",
        "practically equal",
    }


def refusal(root, **changed):
    with pytest.raises(ResultsError) as error:
        paired_runs(*sides(root), **{"cohort": COHORT, "network": "spatial", "env": ""} | changed)
    return error.value.message


COMMAND = "kedro sweep --cohorts=busi --variants={} --protocols=leak_free,leaking --seeds={}"


def test_without_runs_the_command_is_told_that_makes_them(tmp_path):
    message = refusal(tmp_path, env=" --env=demo")
    assert message.endswith(": " + COMMAND.format("spatial", 3) + " --env=demo")


def test_missing_runs_are_named_with_the_command_that_makes_them(tmp_path):
    write_sides(tmp_path, seeds=[0, 1], networks=("concat", "spatial"))
    gone = tmp_path / f"07_model_output/{COHORT}"
    (gone / "leaking/spatial/seed-1/evaluation.record.json").unlink()
    message = refusal(tmp_path)
    assert "spatial with seed 1 (leaking)" in message
    assert message.endswith(COMMAND.format("spatial", "1,"))
    (gone / "leak_free/concat/seed-0/evaluation.record.json").unlink()
    message = refusal(tmp_path)
    assert "concat with seed 0 (leak_free), spatial with seed 1 (leaking)" in message
    assert message.endswith(COMMAND.format("concat,spatial", "2"))


def test_runs_of_a_split_that_was_made_anew_are_refused(tmp_path, settings):
    write_sides(tmp_path)
    write_sides(tmp_path, seeds=[], groups=190)
    with pytest.raises(ResultsError, match="was made anew"):
        measured(tmp_path, settings)


def test_sides_that_were_trained_differently_are_refused(tmp_path):
    write_sides(tmp_path, seeds=[0])
    leak_free, _ = sides(tmp_path)
    write_sides(tmp_path, seeds=[0], precision="mixed_bfloat16")
    _, leaking = sides(tmp_path)
    with pytest.raises(ResultsError, match="differ in precision and cannot tell what a leak is worth"):
        paired_runs(leak_free, leaking, cohort=COHORT, network="spatial", env="")
