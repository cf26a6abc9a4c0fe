import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

from s3f_pipeline.acquisition.phantoms import draw_phantoms
from s3f_pipeline.config.loader import PROJECT, ProjectConfigLoader
from s3f_pipeline.config.schema import CohortConfig, PhantomsConfig
from s3f_pipeline.settings import CONFIG_LOADER_ARGS
from s3f_pipeline.signals import SIGNALS

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
for name, value in {  # many tests start JAX anew, and its compilation takes longer than what is compiled
    "JAX_COMPILATION_CACHE_DIR": str(PROJECT / ".pytest_cache" / "jax"),
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    "XLA_FLAGS": "--xla_backend_optimization_level=0",
}.items():
    os.environ.setdefault(name, value)
settings.register_profile("no deadline", deadline=None)  # a busy machine is no failure
settings.load_profile("no deadline")


def make_loader(**runtime_params) -> ProjectConfigLoader:
    return ProjectConfigLoader(
        conf_source=str(PROJECT / "conf"),
        runtime_params=runtime_params,
        **{**CONFIG_LOADER_ARGS, "default_run_env": "base"},
    )


@pytest.fixture
def load_config():
    """Make a loader of the project's own configuration with some ``--params``."""
    yield make_loader
    ProjectConfigLoader.current = None


@pytest.fixture(scope="module")
def load_config_once():
    """As ``load_config``, for fixtures that a whole module shares."""
    yield make_loader
    ProjectConfigLoader.current = None


@pytest.fixture(scope="session")
def brisc() -> CohortConfig:
    loader = make_loader()
    ProjectConfigLoader.current = None
    return loader.cohort("brisc")


@pytest.fixture(scope="session")
def cheng() -> CohortConfig:
    loader = make_loader()
    ProjectConfigLoader.current = None
    return loader.cohort("cheng")


@pytest.fixture(scope="session")
def phantom_folder(tmp_path_factory, brisc) -> Path:
    """A raw folder in the BRISC layout; tests that change it copy it first."""
    folder = tmp_path_factory.mktemp("raw") / brisc.raw_folder
    draw_phantoms(folder, brisc, PhantomsConfig(images_per_class={"train": 6, "test": 3}, seed=1))
    return folder


@pytest.fixture(scope="session")
def archives() -> Path:
    """The folder with archives of real images; tests that need it skip where there is none."""
    folder = os.environ.get("S3F_ARCHIVES")
    if not folder or not Path(folder).is_dir():
        pytest.skip("S3F_ARCHIVES does not name a folder with the archives of real images")
    return Path(folder)


@pytest.fixture
def heard_signals():
    """Signals as a terminal gives them, where the tests run under ``nohup`` too; put back afterwards."""
    before = {number: signal.getsignal(number) for number in (*SIGNALS, signal.SIGALRM)}
    for number in SIGNALS:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


class StoppedError(BaseException):
    """What a handler raises that ends a run."""


@pytest.fixture
def stopped():
    """The error that each signal raises in the course of a test."""

    def stop(*_):
        raise StoppedError

    before = {number: signal.signal(number, stop) for number in SIGNALS}
    yield StoppedError
    for number, handler in before.items():
        signal.signal(number, handler)
