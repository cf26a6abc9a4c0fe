import base64

import made_bundles
import pytest

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
