import base64
import logging
import warnings

import made_bundles
import pytest
from served import Logged

from s3f_pipeline.bundle.opening import open_bundle
from s3f_pipeline.serving.service import Service


@pytest.fixture(scope="session")
def bundle(tmp_path_factory):
    return open_bundle(made_bundles.write(tmp_path_factory.mktemp("served")))


@pytest.fixture(scope="session")
def service(bundle):
    return Service(bundle)


@pytest.fixture(scope="session")
def sent(bundle) -> str:
    """The example of the bundle, as it is sent."""
    return base64.b64encode((bundle.folder / "example/image.png").read_bytes()).decode()


@pytest.fixture(scope="session")
def logged(tmp_path_factory, bundle) -> Logged:
    """The bundle as the champion of a registered model in a store of its own."""
    return Logged(tmp_path_factory.mktemp("store"), bundle)


@pytest.fixture(scope="session")
def app(logged):
    """MLflow's scoring server as it is made in a process of its own, without the process."""
    import fastapi
    import mlflow
    from mlflow.pyfunc import scoring_server

    unguarded = fastapi.FastAPI
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        patch.setenv(scoring_server._SERVER_MODEL_PATH, logged.path)
        patch.setenv("_MLFLOW_IS_IN_SERVING_ENVIRONMENT", "true")
        made = scoring_server.init(mlflow.pyfunc.load_model(logged.path))
        fastapi.FastAPI = unguarded
    logging.getLogger("pydicom").propagate = True
    return made
