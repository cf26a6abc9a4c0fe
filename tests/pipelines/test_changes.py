"""What a change in the package makes outdated, on finished experiments and copies of the package."""

import shutil

import pytest
from finished_files import Files

from s3f_pipeline.config.loader import ProjectConfigLoader
from s3f_pipeline.pipelines import code, packages, runner, stages

NETWORKS = ("spatial", "bilinear", "medmamba")
TRAINING, _, EVALUATION, EXPLANATION, BUNDLING, REPORTING = stages.EXPERIMENT_STAGES
VARIANTS = "VARIANTS: dict[str, str] = {\n"
LAYOUTS = "LAYOUTS: dict[str, str] = {\n"


class Experiments:
    """Finished experiments of one cohort with several networks."""

    def __init__(self, loader, folder, monkeypatch):
        self._folder, self._monkeypatch = folder, monkeypatch
        self._files = {network: Files(loader, folder, f"brisc_{network}") for network in NETWORKS}
        for files in self._files.values():
            files.run()
        self._package, self._edits = code.PACKAGE, 0

    def edit(self, *edits: tuple[str, str, str]) -> None:
        """Replace text in a copy of the package, which counts from then on; no text, a new file."""
        self._edits += 1
        copy = self._folder / f"edit-{self._edits}" / self._package.name
        shutil.copytree(self._package, copy, ignore=shutil.ignore_patterns("__pycache__"))
        for name, old, new in edits:
            path = copy / name
            text = path.read_text() if old else ""
            assert old in text, f"{name} has no longer: {old}"
            path.write_text(text.replace(old, new) if old else new)
        self._monkeypatch.setattr(code, "PACKAGE", copy)

    def outdated(self) -> dict[tuple[str, str], str]:
        """The reason of each stage that is not finished, by network and stage; shared ones by ``""``."""
        found = {}
        for network, files in self._files.items():
            for stage in files.stages:
                if stage.is_looked_at_each_time:
                    continue
                why = stage.why_unfinished(files.catalog, stage.dependencies(files.catalog))
                if why is not None:
                    found[network if stage.is_experiment else "", stage.name] = why.reason
        return found

    def take_back(self) -> None:
        """Look at the package as it was."""
        self._monkeypatch.setattr(code, "PACKAGE", self._package)


@pytest.fixture(scope="module")
def finished(load_config_once, tmp_path_factory):
    folder = tmp_path_factory.mktemp("changes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "_check_training", lambda stage, catalog: None)
        patch.setattr(ProjectConfigLoader, "data_root", folder)
        yield Experiments(load_config_once(), folder, patch)


@pytest.fixture
def experiments(finished):
    yield finished
    finished.take_back()
    assert finished.outdated() == {}


def every(*names: str) -> set[tuple[str, str]]:
    return {(network, name) for network in NETWORKS for name in names}


def of_network(name: str) -> set[tuple[str, str]]:
    return {(name, stage) for stage in (TRAINING, EVALUATION, EXPLANATION, BUNDLING)}


def test_a_copy_of_the_package_is_the_same_package(experiments):
    experiments.edit()
    assert experiments.outdated() == {}


def test_a_new_network_outdates_nothing(experiments):
    experiments.edit(
        ("models/tiny.py", "", "def tiny(images):\n    return images\n"),
        ("models/networks.py", VARIANTS, f'{VARIANTS}    "tiny": "s3f_pipeline.models.tiny:tiny",\n'),
        ("models/layers/__init__.py", "__all__", "from s3f_pipeline.models.tiny import tiny\n\n__all__"),
    )
    assert experiments.outdated() == {}


def test_a_new_layout_outdates_nothing(experiments):
    experiments.edit(
        ("cohorts/eyes.py", "", "def list_files(folder, classes):\n    return folder\n"),
        ("layouts.py", LAYOUTS, f'{LAYOUTS}    "eyes": "s3f_pipeline.cohorts.eyes:list_files",\n'),
    )
    assert experiments.outdated() == {}


def test_a_layout_outdates_the_index_of_its_cohorts_alone(experiments):
    experiments.edit(("cohorts/ham.py", "def list_files(", "TRIED = True\n\n\ndef list_files(unused, "))
    assert experiments.outdated() == {}
    experiments.edit(("cohorts/brisc.py", '"train"', '"training"'))
    assert experiments.outdated() == {("", "ingestion"): "code of cohorts/brisc.py"}


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("training/fit.py", '"""A trained network and how it', '"""A network that was trained and how it'),
        ("training/fit.py", "\nclass Trained", "\n# a comment\n\n\nclass Trained"),
        ("training/epochs.py", '"Epoch %d/%d: loss', '"After epoch %d of %d: loss'),
        ("training/measure.py", "Training broke down in epoch", "Training failed in epoch"),
        ("errors.py", "class TrainingError", "class OtherError(S3FError): ...\n\n\nclass TrainingError"),
        ("evaluation/metrics.py", "def cross_entropy", "def brier(p):\n    return p\n\n\ndef cross_entropy"),
        ("models/fusion.py", "def fuse_gated", "def fuse_otherwise(a, b):\n    return a\n\n\ndef fuse_gated"),
        ("tracking/run.py", "import logging", "import logging\nimport json"),
        ("cohorts/tables/README.md", "#", "##"),
    ],
)
def test_what_decides_nothing_outdates_nothing(experiments, name, old, new):
    experiments.edit((name, old, new))
    assert experiments.outdated() == {}


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("reporting/templates/report.css", "#f4f6f8", "#ffffff", "code of reporting/page.py"),
        ("reporting/templates/report.html", "{%", "\n{%", "code of reporting/page.py"),
        ("reporting/style.py", "DOTS_PER_INCH = 160", "DOTS_PER_INCH = 200", "code of reporting/style.py"),
    ],
)
def test_a_style_makes_reports_again_and_nothing_else(experiments, name, old, new, told):
    experiments.edit((name, old, new))
    assert experiments.outdated() == dict.fromkeys(every(REPORTING), told)


def test_a_constant_in_fit_outdates_every_training(experiments):
    experiments.edit(("training/fit.py", "max(1, ", "max(2, "))
    assert experiments.outdated() == dict.fromkeys(every(TRAINING), "code of training/fit.py")


def test_a_constant_of_medmamba_outdates_medmamba_alone(experiments):
    experiments.edit(("models/medmamba.py", "STATES = 16", "STATES = 8"))
    told = "code of models/medmamba.py"
    assert experiments.outdated() == dict.fromkeys(of_network("medmamba"), told)


def test_another_function_for_a_network_outdates_it_alone(experiments):
    experiments.edit(("models/networks.py", "s3f_net:bilinear_sn1", "s3f_net:gated_sn1"))
    assert experiments.outdated().keys() == of_network("bilinear")


def test_a_layer_outdates_the_networks_that_have_it(experiments):
    name = "def compute_output_shape"
    experiments.edit(("models/layers/spectral_filter.py", name, f"def more(self): ...\n\n    {name}"))
    looks_at_filters = every(EXPLANATION)
    assert experiments.outdated().keys() == of_network("bilinear") | looks_at_filters


def test_a_metric_that_is_computed_otherwise_measures_again_and_trains_nothing(experiments):
    experiments.edit(("evaluation/confusion.py", "/ (support > 0).sum(axis=1)", "/ support.shape[1]"))
    assert experiments.outdated() == dict.fromkeys(
        every(EVALUATION, EXPLANATION), "code of evaluation/confusion.py"
    )


def test_another_way_of_loading_networks_predicts_again_and_trains_nothing(experiments):
    experiments.edit(("models/loading.py", "safe_mode=True", "safe_mode=True, custom_objects={}"))
    assert experiments.outdated() == dict.fromkeys(
        every(EVALUATION, EXPLANATION, BUNDLING), "code of models/loading.py"
    )


def test_a_reader_of_images_reads_again_and_nothing_else(experiments):
    experiments.edit(("images/row_file.py", "file.truncate()", "file.truncate(None)"))
    assert experiments.outdated() == {
        ("", stage): "code of images/row_file.py" for stage in ("ingestion", "resizing")
    }


def test_a_hash_that_is_made_otherwise_is_made_again_where_it_is_used(experiments):
    experiments.edit(("images/phash.py", "COARSE_SIZE", "COARSE_LENGTH"))
    told = "code of images/phash.py"
    assert experiments.outdated() == {("", "ingestion"): told} | dict.fromkeys(every(BUNDLING), told)


def test_a_shipped_table_counts_where_it_is_read(experiments):
    experiments.edit(("cohorts/tables/brisc_patients.csv", "\n", "\n\n"))
    assert experiments.outdated() == {("", "ingestion"): "code of cohorts/links.py"}


def test_versions_of_packages_are_named(experiments, monkeypatch):
    before = packages.version("keras")
    monkeypatch.setattr(packages, "version", lambda name: "99.0" if name == "keras" else version(name))
    version = stages.version
    assert experiments.outdated() == dict.fromkeys(
        every(TRAINING, EVALUATION, EXPLANATION, BUNDLING), f"keras {before} → 99.0"
    )


@pytest.mark.parametrize("name", ["pydicom", "pillow", "scipy", "opencv-python-headless", "h5py", "numpy"])
def test_ingestion_depends_on_what_decodes_images(experiments, monkeypatch, name):
    version = packages.version
    monkeypatch.setattr(packages, "version", lambda asked: "99.0" if asked == name else version(asked))
    assert experiments.outdated()["", "ingestion"] == f"{name} {version(name)} → 99.0"
