import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3f_pipeline.config.layers import Refused
from s3f_pipeline.config.names import trained_variants
from s3f_pipeline.errors import SweepError
from s3f_pipeline.sweep.plan import parse_seeds, plan

ALL = {"cohorts": "all", "variants": "all", "seeds": "1"}


@pytest.fixture
def parameters(load_config):
    return load_config().typed


def test_all_means_every_cohort_and_variant(parameters):
    runs = plan(parameters, **ALL)
    assert len(runs) == len(set(runs)) == len(parameters.cohorts) * len(trained_variants(parameters))
    assert {run.experiment.protocol for run in runs} == {"patient_safe"}
    assert {(run.seed, run.fold) for run in runs} == {(0, None)}


def test_a_selection_comes_in_the_order_of_the_configuration(parameters):
    runs = plan(parameters, cohorts="busi, brisc", variants="bilinear,spatial", seeds="3,7")
    assert [run.title for run in runs] == [
        "brisc_spatial, seed-3",
        "brisc_spatial, seed-7",
        "brisc_bilinear, seed-3",
        "brisc_bilinear, seed-7",
        "busi_spatial, seed-3",
        "busi_spatial, seed-7",
        "busi_bilinear, seed-3",
        "busi_bilinear, seed-7",
    ]


def test_every_seed_runs_every_fold(parameters):
    runs = plan(parameters, cohorts="busi", variants="spatial", seeds="2", folds=3)
    assert [run.folder for run in runs] == [
        f"seed-{seed}_fold-{fold}" for seed in (0, 1) for fold in range(3)
    ]


def test_published_runs_the_published_pipelines(parameters):
    (run,) = plan(parameters, cohorts="brisc", variants="concat", seeds="1", protocols="published")
    assert run.experiment.pipeline == "brisc_concat_published"


def test_both_sides_of_a_leak_run_under_pipelines_of_their_own(parameters):
    runs = plan(parameters, cohorts="busi", variants="spatial", seeds="1", protocols="leaking, leak_free")
    assert [run.experiment.pipeline for run in runs] == ["busi_spatial_leak_free", "busi_spatial_leaking"]


def test_cohorts_without_a_published_protocol(load_config):
    own = {"layout": "folders", "raw_folder": "own", "color": "grey", "image_size": 32, "classes": ["a", "b"]}
    parameters = load_config(cohorts={"own": own}).typed
    assert "own" not in {run.experiment.cohort for run in plan(parameters, **ALL, protocols="published")}
    with pytest.raises(SweepError, match="no published protocol of own"):
        plan(parameters, **{**ALL, "cohorts": "brisc,own"}, protocols="published")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"cohorts": "brisc,bussi"}, "no cohort 'bussi'.*brisc, cheng, chest"),
        ({"cohorts": ","}, "no cohort"),
        ({"variants": "resnet"}, "no variant 'resnet'.*spatial, spectral"),
        ({"protocols": "published", "folds": 5}, "--folds or other --protocols"),
        ({"protocols": "leak_free,leaking", "folds": 5}, "--folds or other --protocols"),
        ({"protocols": "leaky"}, "no protocol 'leaky'.*patient_safe, published, leak_free, leaking"),
    ],
)
def test_what_cannot_be_chosen(parameters, changed, words):
    with pytest.raises(SweepError, match=words):
        plan(parameters, **{**ALL, **changed})


@given(st.integers(1, 50))
def test_a_number_of_seeds_counts_from_0(number):
    assert parse_seeds(str(number)) == list(range(number))


@given(st.lists(st.integers(0, 999), min_size=1, unique=True))
def test_a_list_of_seeds_is_taken_as_it_is(seeds):
    assert parse_seeds(", ".join(map(str, seeds)) + ",") == seeds


@pytest.mark.parametrize("text", ["", ",", "a", "1,b", "-1", "1.5", "0", "4294967296,", "99999999999"])
def test_what_is_no_seed(text):
    with pytest.raises(SweepError, match="--seeds"):
        parse_seeds(text)


def test_a_cohort_that_is_refused_is_named_when_it_is_asked_for(parameters):
    refused = Refused({"mine": "cohorts.mine: what is wrong with it"}, {})
    assert plan(parameters, **ALL, refused=refused) == plan(parameters, **ALL)
    with pytest.raises(SweepError, match=r"cohorts\.mine: what is wrong"):
        plan(parameters, **{**ALL, "cohorts": "brisc, mine"}, refused=refused)


def test_a_variant_that_is_refused_is_named_when_it_is_asked_for(parameters):
    refused = Refused({}, {"mine": "variants.mine: what is wrong with it"})
    assert plan(parameters, **ALL, refused=refused) == plan(parameters, **ALL)
    with pytest.raises(SweepError, match=r"variants\.mine: what is wrong"):
        plan(parameters, **{**ALL, "variants": "spatial, mine"}, refused=refused)
