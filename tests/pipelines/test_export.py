import pytest

from s3f_pipeline.config.schema import ExportRequest
from s3f_pipeline.errors import ConfigError, ExportError
from s3f_pipeline.pipelines.export.nodes import export


def request(**changed):
    return ExportRequest(**{"model": None, "format": "onnx", "name": None, **changed})


@pytest.mark.parametrize(
    ("model", "name", "folder"),
    [
        ("brisc_bilinear", None, "brisc_bilinear"),
        ("brisc_bilinear:seed-2", None, "brisc_bilinear-seed-2"),
        ("/data/06_models/brisc/patient_safe/bilinear/seed-0/bundle", None,
         "brisc-patient_safe-bilinear-seed-0-bundle"),
        ("../given", None, "given"),
        ("brisc_bilinear", "mine", "mine"),
        (None, None, "network"),
    ],
)  # fmt: skip
def test_the_folder_is_named_after_the_network(model, name, folder):
    assert request(model=model, name=name).folder == folder


def test_parameters_reach_the_node(load_config):
    loader = load_config(model="brisc_bilinear", format="onnx")
    assert loader.parameter("export.request") == request(model="brisc_bilinear")
    assert loader.export_folder == "brisc_bilinear"


def test_another_format_is_refused(load_config):
    with pytest.raises(ConfigError, match="format"):
        _ = load_config(format="tflite").typed


def test_a_network_must_be_named(load_config, tmp_path):
    load_config()
    with pytest.raises(ExportError, match=r"model is not named. For example: kedro run --pipeline=export"):
        export(request(), tmp_path)


def test_one_network_is_exported(load_config, tmp_path):
    load_config()
    for seed in (0, 1):
        bundle = tmp_path / f"06_models/brisc/patient_safe/bilinear/seed-{seed}/bundle"
        bundle.mkdir(parents=True)
        (bundle / "checksums.json").write_text("{}")
    with pytest.raises(ExportError, match=r"means 2 networks.* Name one, such as brisc_bilinear:seed-0\."):
        export(request(model="brisc_bilinear:seed-*"), tmp_path)
