import pytest

from s3f_pipeline.config.layers import Layer, merge, read_layer, refuse_unknown_keys
from s3f_pipeline.errors import ConfigError


def test_merge_goes_deep_and_copies():
    weak = {"a": {"x": 1, "y": [1]}, "b": 1}
    merged = merge(weak, {"a": {"x": 2}}, None)
    merged["a"]["y"].append(2)
    assert merged == {"a": {"x": 2, "y": [1, 2]}, "b": 1}
    assert weak["a"]["y"] == [1]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"trainin": {}}, ["unknown key 'trainin'", "Did you mean 'training'", "at the top level"]),
        ({"training": {"epoch": 1}}, ["'training.epoch'", "Did you mean 'training.epochs'"]),
        ({"cohorts": {"brisc": {"colour": "grey"}}}, ["'cohorts.brisc.colour'", "color"]),
        ({"cohorts": {"brisc": {"training": {"lr": 1}}}}, ["'cohorts.brisc.training.lr'"]),
        ({"variants": {"mine": {"net": "x"}}}, ["'variants.mine.net'", "network"]),
    ],
)
def test_unknown_keys_are_refused_with_source_and_choices(values, words):
    with pytest.raises(ConfigError) as caught:
        refuse_unknown_keys(Layer("conf/local/parameters.yml", values))
    for word in ["conf/local/parameters.yml", "Allowed", *words]:
        assert word in caught.value.message


def test_broken_yaml_names_the_file(tmp_path):
    (tmp_path / "parameters.yml").write_text("training: {epochs: 1")
    with pytest.raises(ConfigError, match=r"parameters\.yml, line 2, column 1, is not valid YAML"):
        read_layer(tmp_path)


def test_a_list_at_the_top_is_refused(tmp_path):
    (tmp_path / "parameters.yml").write_text("- 1\n")
    with pytest.raises(ConfigError, match="must hold keys and values"):
        read_layer(tmp_path)
