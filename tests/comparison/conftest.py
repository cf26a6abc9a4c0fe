import pytest
from simulated_runs import Network, write_network

from s3f_pipeline.comparison.settings import ComparisonSettings
from s3f_pipeline.results import find_runs


@pytest.fixture(scope="session")
def settings():
    return ComparisonSettings("balanced_accuracy", 0.01, 0.95, 300, 0)


@pytest.fixture(scope="session")
def three_networks(tmp_path_factory):
    """Finished runs: ``good`` is clearly better than ``bad``, ``twin`` as good as ``good`` and cheap."""
    root = tmp_path_factory.mktemp("runs")
    write_network(root, "good", Network(90, parameters=5000))
    write_network(root, "twin", Network(90, parameters=1000))
    write_network(root, "bad", Network(70, parameters=9000))
    return find_runs(root)
