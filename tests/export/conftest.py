import made_bundles
import pytest


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """The folder of a bundle."""
    return made_bundles.write(tmp_path_factory.mktemp("exported"))
