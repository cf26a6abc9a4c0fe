import pytest

from s3f_pipeline.config.layers import Layer, merge, read_layer, resolve_parameters
from s3f_pipeline.config.loader import PROJECT
from s3f_pipeline.errors import ConfigError
from s3f_pipeline.recipe import Augmentation, TrainingSettings


def test_merge_goes_deep_and_copies():
    weak = {"a": {"x": 1, "y": [1]}, "b": 1}
    merged = merge(weak, {"a": {"x": 2}}, None)
    merged["a"]["y"].append(2)
    assert merged == {"a": {"x": 2, "y": [1, 2]}, "b": 1}
    assert weak["a"]["y"] == [1]


@pytest.fixture(scope="module")
def base():
    return read_layer(PROJECT / "conf/base")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"trainin": {}}, ["unknown key 'trainin'", "Did you mean 'training'", "at the top level"]),
        ({"training": {"epoch": 1}}, ["'training.epoch'", "Did you mean 'training.epochs'"]),
        ({"training": {"augmentation": {"crops": 1}}}, ["'training.augmentation.crop'?", "rotation"]),
        ({"twins": {"unexplain": 1}}, ["'twins.unexplain'", "Did you mean 'twins.unexplained'"]),
        ({"epochs": 3}, ["unknown key 'epochs'", "Did you mean 'training.epochs'"]),
        ({"flip": "both"}, ["unknown key 'flip'", "Did you mean 'training.augmentation.flip'"]),
        ({"validation_shar": 0.2}, ["Did you mean 'splitting.validation_share'"]),
        ({"training": {"seed": 1}}, ["'training.seed'", "Did you mean 'seed'"]),
    ],
)
def test_unknown_keys_are_refused_with_source_and_choices(base, values, words):
    with pytest.raises(ConfigError) as caught:
        resolve_parameters([*base, Layer("conf/local/parameters.yml", values)])
    for word in ["conf/local/parameters.yml: ", "Allowed", *words]:
        assert word in caught.value.message


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ({"colour": "grey"}, ["'cohorts.brisc.colour'", "'cohorts.brisc.color'"]),
        ({"training": {"lr": 1}}, ["'cohorts.brisc.training.lr'", "Allowed in 'cohorts.brisc.training'"]),
        ({"epochs": 3}, ["'cohorts.brisc.epochs'", "Did you mean 'cohorts.brisc.training.epochs'"]),
        ({"published_results": [{"modell": "x", "note": ""}]}, ["published_results.0.modell", "accuracy"]),
        ({"link": {"too": "cheng"}}, ["'cohorts.brisc.link.too'", "Did you mean 'cohorts.brisc.link.to'"]),
        ({"name": "other"}, ["cohorts.brisc has a key 'name'"]),
    ],
)
def test_unknown_keys_of_a_cohort_refuse_that_cohort(base, block, words):
    parameters, refused = resolve_parameters(
        [*base, Layer("conf/local/x.yml", {"cohorts": {"brisc": block}})]
    )
    assert "brisc" not in parameters.cohorts
    for word in words:
        assert word in refused.cohorts["brisc"]
    with pytest.raises(ConfigError):
        resolve_parameters([*base, Layer("--params", {"cohorts": {"brisc": block}})])


def test_defaults_of_a_training_are_as_published(base):
    blocks = next(layer.values for layer in base if "training" in layer.values)
    training = blocks["training"] | blocks["published_training"]
    assert TrainingSettings(**training | {"augmentation": Augmentation(**training["augmentation"])}) == (
        TrainingSettings()
    )


def test_broken_yaml_names_the_file(tmp_path):
    (tmp_path / "parameters.yml").write_text("training: {epochs: 1")
    with pytest.raises(ConfigError, match=r"parameters\.yml, line 2, column 1, is not valid YAML"):
        read_layer(tmp_path)


def test_a_list_at_the_top_is_refused(tmp_path):
    (tmp_path / "parameters.yml").write_text("- 1\n")
    with pytest.raises(ConfigError, match="must hold keys and values"):
        read_layer(tmp_path)
