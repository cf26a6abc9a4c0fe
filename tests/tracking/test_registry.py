"""Versions are registered once, and comparisons place the champion."""

import pytest
from mlflow import MlflowClient

from s3f_pipeline.tracking.model import BUNDLE
from s3f_pipeline.tracking.registry import find_version, place, register, registered_name

NAME = "brisc_bilinear"


class Registry:
    """A registry, and logged models without files."""

    def __init__(self, uri: str) -> None:
        self.client = MlflowClient(uri)
        self.experiment = self.client.create_experiment("brisc")

    def register(self, checksum: str, name: str = NAME, description: str = "") -> None:
        run = self.client.create_run(self.experiment).info.run_id
        tags = {BUNDLE: checksum}
        model = self.client.create_logged_model(self.experiment, "model", run, tags=tags)
        register(self.client, name, model, tags={"seed": "0"}, description=description)

    def place(self, checksum: str, alias: str, name: str = NAME) -> None:
        place(self.client, name, checksum, alias, f"{checksum} is the {alias}")

    def aliases(self, name: str = NAME) -> dict[str, str]:
        """The checksum of the version that each alias names."""
        aliases = self.client.get_registered_model(name).aliases
        return {
            alias: self.client.get_model_version(name, version).tags[BUNDLE]
            for alias, version in aliases.items()
        }


@pytest.fixture
def registry(uri):
    return Registry(uri)


def test_phantoms_have_a_model_of_their_own():
    assert registered_name("brisc_bilinear", synthetic=False) == "brisc_bilinear"
    assert registered_name("brisc_bilinear", synthetic=True) == "demo-brisc_bilinear"


def test_a_bundle_is_one_version_however_often_it_is_registered(registry):
    for checksum in ("one", "two", "one"):
        registry.register(checksum, description="x" * 6000)
    versions = registry.client.search_model_versions(f"name = '{NAME}'")
    assert sorted(version.tags[BUNDLE] for version in versions) == ["one", "two"]
    assert versions[0].tags["seed"] == "0"
    assert len(versions[0].description) == 5000
    assert registry.aliases() == {"challenger": "two"}


def test_a_new_version_leaves_the_champion_where_it_is(registry):
    registry.register("one")
    registry.place("one", "champion")
    registry.register("two")
    registry.register("one")
    assert registry.aliases() == {"champion": "one", "challenger": "two"}


def test_the_champion_moves_by_a_comparison_with_its_reason(registry):
    for checksum in ("one", "two"):
        registry.register(checksum)
    registry.place("one", "champion")
    assert registry.aliases() == {"champion": "one", "challenger": "two"}
    registry.place("two", "champion")
    registry.place("two", "champion")
    assert registry.aliases() == {"champion": "two"}
    version = find_version(registry.client, NAME, "two")
    assert version.tags["alias_reason"] == "two is the champion"


def test_a_network_that_is_not_advised_has_no_champion(registry):
    for checksum in ("one", "two"):
        registry.register(checksum)
    registry.place("one", "champion")
    registry.place("one", "challenger")
    assert registry.aliases() == {"challenger": "one"}


def test_a_bundle_that_is_not_registered_is_placed_nowhere(registry, caplog):
    registry.register("one")
    registry.place("two", "champion")
    registry.place("two", "champion", name="brisc_spatial")
    assert registry.aliases() == {"challenger": "one"}
    assert "brisc_spatial has no version of this bundle, so none becomes its champion" in caplog.text
