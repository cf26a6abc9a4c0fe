import shutil

import pytest

from s3f_pipeline.config.loader import PROJECT, ProjectConfigLoader
from s3f_pipeline.config.names import experiments
from s3f_pipeline.config.schema import TableConfig
from s3f_pipeline.errors import ConfigError

EXPERIMENT = ("brisc", "patient_safe", "bilinear")


CHEST = ("chest", "patient_safe", "concat")


def parameters(loader):
    """Read, merge and check all parameters."""
    return loader.typed


def test_cohort_training_values_win_over_the_general_ones(load_config):
    training = load_config().experiment(*CHEST).training
    assert (training.epochs, training.early_stopping_patience, training.reduce_lr_patience) == (100, 20, 10)
    assert training.selection_metric == "positive_f1"
    assert training.batch_size == 16
    assert load_config().experiment(*EXPERIMENT).training.epochs == 200


def test_params_win_over_a_cohorts_own_values(load_config):
    training = load_config(training={"epochs": 12}).experiment(*CHEST).training
    assert training.epochs == 12
    assert training.early_stopping_patience == 20


def test_six_lines_of_yaml_make_a_cohort(tmp_path):
    shutil.copytree(PROJECT / "conf", tmp_path / "conf")
    (tmp_path / "conf/base/parameters_mine.yml").write_text(
        """
cohorts:
  mine:
    layout: table
    raw_folder: my_images
    table: {file: images.csv, patient: patient_id}
    color: grey
    image_size: 64
    classes: [healthy, ill]
"""
    )
    loader = ProjectConfigLoader(str(tmp_path / "conf"), base_env="base", default_run_env="local")
    cohort = loader.cohort("mine")
    assert (cohort.title, cohort.archive, cohort.inside) == ("mine", "my_images", "my_images")
    assert cohort.subject == "patient"
    assert cohort.reads_header_patients
    assert not loader.cohort("brisc").reads_header_patients
    own = {e.pipeline for e in experiments(loader.typed) if e.cohort == "mine"}
    assert own == {f"mine_{variant}" for variant in loader.typed.variants}
    ProjectConfigLoader.current = None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"table": {"file": "a.csv"}}, ["cohorts.brisc", "no other layout takes one"]),
        ({"positive_class": "glioma"}, ["cohorts.brisc", "second of exactly two classes"]),
        ({"raw_folder": "../elsewhere"}, ["cohorts.brisc.raw_folder", "without '..'"]),
        ({"window": [200, 100]}, ["cohorts.brisc", "the lower one first"]),
        ({"classes": ["a", "b", "a"]}, ["cohorts.brisc.classes", "named twice: a"]),
        ({"layout": "mine"}, ["cohorts.brisc.layout", "'folders'", "'table'"]),
        ({"link": {"to": "nowhere"}}, ["cohorts.brisc.link.to is 'nowhere'", "another cohort: cheng, chest"]),
        ({"link": {"to": "brisc"}}, ["cohorts.brisc.link.to is 'brisc'", "another cohort: cheng, chest"]),
        ({"link": {"margin": 1}}, ["cohorts.brisc.link.margin"]),
        ({"download": {"figshare": "10.7910/DVN/DBW86T"}}, ["cohorts.brisc.download.figshare"]),
    ],
)
def test_wrong_cohorts_are_refused(load_config, change, words):
    with pytest.raises(ConfigError) as caught:
        parameters(load_config(cohorts={"brisc": change}))
    for word in words:
        assert word in caught.value.message


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("(.*", "this is no regular expression"),
        (".*", "put parentheses around the part"),
        ("(.*)(.)", "put parentheses around the part"),
    ],
)
def test_patterns_of_patients_are_checked(pattern, words):
    with pytest.raises(ValueError, match=words):
        TableConfig(file="a.csv", patient="id", patient_pattern=pattern)
    with pytest.raises(ValueError, match="patient_pattern needs patient"):
        TableConfig(file="a.csv", patient_pattern="(.*).")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("my.images", ["letters, digits"]),
        ("my images", ["letters, digits"]),
        ("2mine", ["begins with a letter"]),
        ("mine_published", ["ending in _published"]),
        ("mine_audit", ["ending in _audit"]),
        ("mine_link_patients", ["ending in _link_patients"]),
    ],
)
def test_names_that_pipelines_cannot_have(load_config, name, words):
    block = {"layout": "folders", "raw_folder": "x", "color": "grey", "image_size": 32, "classes": ["a", "b"]}
    for given in ({"cohorts": {name: block}}, {"variants": {name: {"network": "spatial"}}}):
        with pytest.raises(ConfigError) as caught:
            parameters(load_config(**given))
        for word in [name, *words]:
            assert word in caught.value.message


def test_two_pipelines_of_one_name_are_refused(load_config):
    block = {"layout": "folders", "raw_folder": "x", "color": "grey", "image_size": 32, "classes": ["a", "b"]}
    cohorts, variants = (
        {"mine_big": block, "mine": block},
        {"big_spatial": {"title": "Big", "network": "spatial"}},
    )
    with pytest.raises(ConfigError, match="would both be the pipeline mine_big_spatial: rename one"):
        parameters(load_config(cohorts=cohorts, variants=variants))


def test_a_fold_is_part_of_the_path(load_config):
    assert load_config(fold=3, seed=1).run_folder == "seed-1_fold-3"
    with pytest.raises(ConfigError, match=r"fold 5 is not one of the 5 folds, which are numbered from 0"):
        parameters(load_config(fold=5))


def test_a_message_does_not_show_whole_blocks(load_config):
    with pytest.raises(ConfigError) as caught:
        parameters(load_config(fold=5))
    assert len(caught.value.message) < 200
    with pytest.raises(
        ConfigError, match=r"cohorts\.a\.b: a name has .* \(received: 'a\.b'; set in --params"
    ):
        parameters(load_config(cohorts={"a.b": {"layout": "folders"}}))


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
        ({"training": {"selection_metric": "area"}}, ["selection_metric", "weighted_f1", "--params"]),
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


def test_a_network_is_published_where_it_was_or_on_a_benchmark(load_config):
    parameters = load_config().typed
    published = {e.pipeline for e in experiments(parameters) if e.protocol == "published"}
    assert {"brisc_bilinear_published", "breastmnist_resnet18_published"} <= published
    assert {"brisc_gated_published", "busi_resnet18_published"}.isdisjoint(published)


def test_a_publication_has_its_own_training(load_config):
    loader = load_config()
    published = loader.experiment("breastmnist", "published", "resnet18").training
    assert (published.learning_rate, published.selection_metric) == (1e-3, "auc")
    assert published.learning_rate_schedule == "steps"
    assert loader.experiment("breastmnist", "published", "spatial").training == published
    medmamba = loader.experiment("breastmnist", "published", "medmamba").training
    assert (medmamba.learning_rate, medmamba.augmentation.crop) == (1e-4, 0.08)
    assert (medmamba.learning_rate_schedule, medmamba.early_stopping_patience) == ("constant", None)
    ours = loader.experiment("breastmnist", "patient_safe", "resnet18").training
    assert (ours.learning_rate, ours.selection_metric) == (3e-4, "weighted_f1")
    asked_for = load_config(training={"learning_rate": 0.5})
    assert asked_for.experiment("breastmnist", "published", "resnet18").training.learning_rate == 0.5


def test_a_part_of_the_augmentation_can_be_asked_for(load_config):
    training = (
        load_config(training={"augmentation": {"flip": "both"}})
        .experiment("brisc", "patient_safe", "spatial")
        .training
    )
    assert (training.augmentation.flip, training.augmentation.crop) == ("both", 1.0)


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
