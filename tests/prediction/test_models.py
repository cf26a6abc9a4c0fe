import pytest

from s3f_pipeline.errors import PredictionError
from s3f_pipeline.prediction.models import Finished, find_bundles

RUNS = ("seed-0", "seed-2", "seed-10", "seed-0_fold-0", "seed-0_fold-1", "seed-1_fold-0")


@pytest.fixture
def finished(tmp_path):
    experiment = tmp_path / "06_models/brisc/patient_safe/bilinear"
    for run in RUNS:
        (experiment / run / "bundle").mkdir(parents=True)
        (experiment / run / "bundle/checksums.json").write_text("{}")
    (experiment / "seed-3/bundle").mkdir(parents=True)  # begun
    (experiment / "copy of seed-0/bundle").mkdir(parents=True)
    return Finished({"brisc_bilinear": experiment, "brisc_spatial": tmp_path / "x"}, "seed-0", " --env=demo")


@pytest.mark.parametrize(
    ("model", "runs"),
    [
        ("brisc_bilinear", ["seed-0"]),
        ("brisc_bilinear:seed-2", ["seed-2"]),
        ("brisc_bilinear:seed-*", ["seed-0", "seed-2", "seed-10"]),
        ("brisc_bilinear:seed-0_fold-*", ["seed-0_fold-0", "seed-0_fold-1"]),
        ("brisc_bilinear:seed-*_fold-0", ["seed-0_fold-0", "seed-1_fold-0"]),
    ],
)
def test_a_name_means_finished_runs(finished, model, runs):
    assert [folder.parent.name for folder in find_bundles(model, finished)] == runs


def test_a_path_is_taken_as_it_is(finished, tmp_path):
    folder = finished.folders["brisc_bilinear"] / "seed-0/bundle"
    assert find_bundles(str(folder), finished) == [folder]


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("brisc_bilinaer", "no such experiment. Did you mean brisc_bilinear?"),
        ("nothing_like_it", "no such experiment. Give the name"),
        ("brisc_bilinear:2", "'2' is none of seed-2, seed-"),
        ("brisc_bilinear:seed-3", "seed 3: no such run has finished. Run it first: kedro run --env=demo "
         "--pipeline=brisc_bilinear --params=seed=3"),
        ("brisc_bilinear:seed-7_fold-*", "--params=seed=7,fold=0"),
        ("brisc_spatial", "--pipeline=brisc_spatial --params=seed=0"),
        ("brisc_spatial:seed-*", "seeds: no such run has finished"),
        ("/nowhere/bundle", "there is no such folder"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_told_with_the_way_to_it(finished, model, told):
    with pytest.raises(PredictionError) as error:
        find_bundles(model, finished)
    assert told in error.value.message
