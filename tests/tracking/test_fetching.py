import made_bundles
import pytest
from mlflow import MlflowClient

from s3f_pipeline.bundle.opening import open_bundle
from s3f_pipeline.errors import PredictionError
from s3f_pipeline.tracking.fetching import fetch_bundle, is_mlflow_model
from s3f_pipeline.tracking.model import log_model
from s3f_pipeline.tracking.registry import register


@pytest.fixture(scope="module")
def logged(empty_database, tmp_path_factory):
    """A store with one registered bundle, and one run without a model."""
    root = tmp_path_factory.mktemp("fetching")
    uri = f"sqlite:///{root}/mlflow.db"
    (root / "mlflow.db").write_bytes(empty_database.read_bytes())
    client = MlflowClient(uri)
    experiment = client.create_experiment("brisc", (root / "mlartifacts").as_uri())
    runs = [client.create_run(experiment).info.run_id for _ in range(2)]
    bundle = open_bundle(made_bundles.write(root))
    model = log_model(client, runs[0], bundle)
    register(client, "brisc_bilinear", model, tags={}, description="")
    return uri, bundle.checksum, {"run": runs[0], "empty": runs[1], "id": model.model_id}


@pytest.mark.parametrize(
    "model",
    [
        "models:/brisc_bilinear@challenger",
        "models:/brisc_bilinear/1",
        "models:/{id}",
        "runs:/{run}",
        "runs:/{run}/model",
    ],
)
def test_the_bundle_of_a_model_is_fetched(logged, tmp_path, model):
    uri, checksum, names = logged
    assert is_mlflow_model(model)
    folder = fetch_bundle(model.format(**names), uri, tmp_path)
    assert folder.is_relative_to(tmp_path)
    assert open_bundle(folder).checksum == checksum


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (
            "models:/brisc_bilinear@champion",
            "no such model. Aliases of brisc_bilinear: challenger",
        ),
        ("models:/brisc_bilinear/2", "no such model"),
        ("models:/brisc_spatial@champion", "no such model."),
        ("models:/m-0123", "no such model"),
        ("runs:/{empty}", "no such model"),
        ("runs:/0123", "no such model"),
        ("models:/brisc_bilinear", "no address of a model. Such are models:/brisc_bilinear@champion"),
        ("models:/a/b/c", "no address of a model"),
        ("models:/../secret@x/y", "no address of a model"),
        ("runs:/", "no address of a model"),
    ],
)
def test_what_is_not_there_is_told(logged, tmp_path, model, told):
    uri, _, names = logged
    with pytest.raises(PredictionError) as error:
        fetch_bundle(model.format(**names), uri, tmp_path)
    assert told in error.value.message


def test_a_model_of_something_else_has_no_bundle(logged, tmp_path):
    uri, _, names = logged
    client = MlflowClient(uri)
    model = client.create_logged_model(
        client.get_run(names["run"]).info.experiment_id, "other", names["empty"]
    )
    with pytest.raises(PredictionError, match="has no bundle"):
        fetch_bundle(f"models:/{model.model_id}", uri, tmp_path)
    client.delete_logged_model(model.model_id)


def test_a_store_that_does_not_answer_is_named(tmp_path):
    with pytest.raises(PredictionError, match=r"http://127.0.0.1:9 does not answer"):
        fetch_bundle("models:/brisc_bilinear@champion", "http://me:swordfish@127.0.0.1:9", tmp_path)
