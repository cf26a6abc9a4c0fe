from pathlib import Path

from s3f_pipeline.pipelines.finished import named_bundles
from s3f_pipeline.tracking import fetching


def test_a_model_of_mlflow_is_fetched_from_the_store_of_the_configuration(load_config, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow.example")
    load_config()
    asked = []

    def fetch(*arguments):
        asked.append(arguments)
        return Path("fetched")

    monkeypatch.setattr(fetching, "fetch_bundle", fetch)
    model = "models:/brisc_bilinear@champion"
    assert named_bundles(model, tmp_path, tmp_path / "x") == [Path("fetched")]
    assert asked == [(model, "http://mlflow.example", tmp_path / "x")]
    assert named_bundles(str(tmp_path), tmp_path, tmp_path / "x") == [tmp_path]
