import made_bundles
import pytest


@pytest.fixture(scope="session")
def bundle(tmp_path_factory):
    """A bundle that no test changes."""
    return made_bundles.write(tmp_path_factory.mktemp("bundles"))
