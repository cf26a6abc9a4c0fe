import pytest
from kedro.io import MemoryDataset

from s3f_pipeline.config.context import ProjectCatalog
from s3f_pipeline.config.schema import CohortData, CohortFacts, SplittingOfRun
from s3f_pipeline.errors import ConfigError
from s3f_pipeline.recipe import ExperimentConfig

EXPERIMENT = "params:brisc.patient_safe.bilinear.experiment"


@pytest.fixture
def catalog_of(load_config):
    """Make a catalog of the project as a run's context does, with some ``--params``."""

    def make(**params):
        loader = load_config(**params)
        catalog = ProjectCatalog.from_config(loader["catalog"])
        catalog.loader = loader
        return catalog

    return make


def test_parameters_are_made_when_they_are_asked_for(catalog_of):
    catalog = catalog_of(fold=2)
    assert not [name for name in catalog if name.startswith("params:")]
    assert EXPERIMENT in catalog
    assert isinstance(catalog.load(EXPERIMENT), ExperimentConfig)
    assert isinstance(catalog.load("params:brisc.splitting"), SplittingOfRun)
    assert catalog.load("params:brisc.splitting").fold == 2
    assert sorted(name for name in catalog if name.startswith("params:")) == [
        EXPERIMENT,
        "params:brisc.splitting",
    ]


def test_an_entry_of_a_like_name_is_no_parameter(catalog_of):
    catalog = catalog_of()
    assert catalog.load("params:brisc.acquisition").phantoms is None
    assert catalog.load("params:brisc.twins").unexplained == 6
    for name in ("params:brisc.nothing", "params:nowhere.data", "params:a.b.c.experiment", "params:epochs"):
        assert name not in catalog


def test_catalogs_of_one_process_keep_their_own_parameters(catalog_of):
    """A sweep has a catalog for each seed."""
    first, second = catalog_of(seed=1), catalog_of(seed=2)
    assert (second.load(EXPERIMENT).seed, first.load(EXPERIMENT).seed) == (2, 1)


def test_what_a_user_puts_into_a_catalog_stays(catalog_of):
    catalog = catalog_of()
    catalog[EXPERIMENT] = MemoryDataset("mine")
    assert catalog.load(EXPERIMENT) == "mine"


def test_preparation_and_reports_are_not_told_how_networks_are_trained(load_config):
    """Else other training keys would prepare a cohort again."""
    loader = load_config()
    other = load_config(cohorts={"chest": {"training": {"epochs": 3}, "spectranet": "sn2"}})
    for noun, kind in {"data": CohortData, "cohort": CohortFacts}.items():
        made = loader.parameter(f"chest.{noun}")
        assert type(made) is kind
        assert made == other.parameter(f"chest.{noun}")
    experiment = "chest.patient_safe.spatial.experiment"
    assert loader.parameter(experiment) != other.parameter(experiment)


def test_a_wrong_cohort_says_what_is_wrong_when_its_parameters_are_asked_for(load_config):
    with pytest.raises(ConfigError, match="received: 'x'; set in --params"):
        load_config(cohorts={"brisc": {"image_size": "x"}}).parameter("brisc.data")
