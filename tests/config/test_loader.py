import shutil

import pytest

from s3f_pipeline.config.loader import PROJECT, ProjectConfigLoader
from s3f_pipeline.errors import ConfigError

EXPERIMENT = ("brisc", "patient_safe", "bilinear")


def test_cohort_training_values_win_over_the_general_ones(tmp_path):
    shutil.copytree(PROJECT / "conf", tmp_path / "conf")
    cohorts = tmp_path / "conf/base/parameters_cohorts.yml"
    cohorts.write_text(cohorts.read_text().replace("epochs: 200", "epochs: 100"))
    loader = ProjectConfigLoader(str(tmp_path / "conf"), base_env="base", default_run_env="local")
    assert loader.experiment(*EXPERIMENT).training.epochs == 100


def test_params_win_over_a_cohorts_own_values(load_config):
    experiment = load_config(training={"epochs": 12}).experiment(*EXPERIMENT)
    assert experiment.training.epochs == 12
    assert experiment.training.learning_rate == pytest.approx(3e-4)


def test_an_environment_wins_over_a_cohorts_own_values():
    loader = ProjectConfigLoader(str(PROJECT / "conf"), env="demo", base_env="base", default_run_env="local")
    assert loader.experiment(*EXPERIMENT).training.epochs == 16
    assert loader.data_root == PROJECT / "data/demo"
    ProjectConfigLoader.current = None


@pytest.mark.parametrize(("given", "size"), [(64, (64, 64)), ("64", (64, 64)), ("384x512", (384, 512))])
def test_image_size_is_a_number_or_height_x_width(load_config, given, size):
    loader = load_config(image_size=given)
    assert loader.cohort("brisc").image_size == size
    assert loader.experiment(*EXPERIMENT).input_shape == (*size, 1)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"image_size": "big"}, ["image_size", "height x width", "'big'", "--params"]),
        ({"training": {"epochs": 0}}, ["training.epochs", "received: 0", "--params"]),
        ({"training": {"selection_metric": "auc"}}, ["selection_metric", "weighted_f1", "--params"]),
        ({"training": {"selection_metric": "positive_f1"}}, ["positive_f1", "no positive_class"]),
    ],
)
def test_wrong_values_are_refused(load_config, params, words):
    with pytest.raises(ConfigError) as caught:
        load_config(**params).experiment(*EXPERIMENT)
    for word in words:
        assert word in caught.value.message


def test_unknown_environment_is_named():
    with pytest.raises(ConfigError, match=r"no configuration folder.*nowhere"):
        ProjectConfigLoader(str(PROJECT / "conf"), env="nowhere", base_env="base", default_run_env="local")
    ProjectConfigLoader.current = None


def test_published_protocol_chooses_on_the_split_of_its_source(load_config):
    loader = load_config()
    assert loader.experiment("brisc", "published", "concat").selected_on_test
    assert loader.experiment("brisc", "patient_safe", "concat").selection_split == "validation"


def test_fusion_variants_take_the_published_spectranet(load_config):
    loader = load_config()
    networks = {
        variant: loader.experiment("brisc", "published", variant).network
        for variant in ("spatial", "spectral", "concat", "bilinear")
    }
    assert networks == {
        "spatial": "spatial",
        "spectral": "spectral_sn1",
        "concat": "concat_sn1",
        "bilinear": "bilinear_sn1",
    }


def test_parameters_are_expanded_per_namespace(load_config):
    parameters = load_config(seed=3)["parameters"]
    experiment = parameters["brisc"]["published"]["spatial"]["experiment"]
    assert (experiment["variant"], experiment["seed"]) == ("spatial", 3)
    assert parameters["brisc"]["cohort"]["name"] == "brisc"
