"""dvc.yaml, the registry and the catalog must tell the same story."""

from pathlib import Path

import pytest
import yaml
from dvc.repo import Repo
from kedro.io import DataCatalog

from s3f_pipeline.catalog_types import FolderDataset, ScratchFolderDataset
from s3f_pipeline.config.loader import PROJECT, current_loader
from s3f_pipeline.config.names import Experiment
from s3f_pipeline.pipeline_registry import register_pipelines
from s3f_pipeline.pipelines.code import PACKAGE
from s3f_pipeline.pipelines.stages import COMPARISON, EXPERIMENT_STAGES, stages_of

REPRODUCE = yaml.safe_load((PROJECT / "conf/base/reproduce.yml").read_text())["reproduce"]
EXPERIMENTS = [
    (cohort, variant, seed)
    for cohort in REPRODUCE["cohorts"]
    for variant in REPRODUCE["variants"]
    for seed in REPRODUCE["seeds"]
]


@pytest.fixture(scope="module")
def dvc_stages():
    with Repo(str(PROJECT)) as repo:
        return {stage.addressing: stage for stage in repo.index.stages}


def outs_of(stage) -> list[Path]:
    return [Path(out.fs_path) for out in stage.outs]


def files_written(pipeline, catalog, tags) -> dict[str, Path]:
    files = {}
    for stage in stages_of(pipeline.only_nodes_with_tags(*tags)):
        for name in stage.pipeline.all_outputs() | {stage.record}:
            files[name] = PROJECT / catalog[name].filepath
    return files


def stage_names(pipeline) -> set[str]:
    return {stage.name for stage in stages_of(pipeline)}


def is_below(path: Path, folders: list[Path]) -> bool:
    return any(path == folder or folder in path.parents for folder in folders)


def test_the_default_list_is_small():
    assert EXPERIMENTS == [("brisc", "spatial", 0), ("brisc", "bilinear", 0)]


@pytest.mark.parametrize(("cohort", "variant", "seed"), EXPERIMENTS)
def test_every_file_of_an_experiment_is_an_out(dvc_stages, load_config, cohort, variant, seed):
    load_config(seed=seed)
    stage = dvc_stages[f"experiment@{cohort}-{variant}-{seed}"]
    assert f"--pipeline={cohort}_{variant} --params=seed={seed}" in stage.cmd
    assert f"--tags={','.join(name for name in EXPERIMENT_STAGES if name != 'importing')}" in stage.cmd
    pipeline = register_pipelines()[Experiment(cohort, "patient_safe", variant).pipeline]
    catalog = DataCatalog.from_config(current_loader()["catalog"])
    files = files_written(pipeline, catalog, EXPERIMENT_STAGES)
    uncovered = {name for name, path in files.items() if not is_below(path, outs_of(stage))}
    assert not uncovered
    for out in outs_of(stage):
        assert any(is_below(path, [out]) for path in files.values()), out


@pytest.mark.parametrize(("cohort", "variant", "seed"), EXPERIMENTS)
def test_every_file_that_an_experiment_reads_is_a_dependency(dvc_stages, load_config, cohort, variant, seed):
    load_config(seed=seed)
    dependencies = [Path(dep.fs_path) for dep in dvc_stages[f"experiment@{cohort}-{variant}-{seed}"].deps]
    pipeline = register_pipelines()[Experiment(cohort, "patient_safe", variant).pipeline]
    pipeline = pipeline.only_nodes_with_tags(*EXPERIMENT_STAGES)
    catalog = DataCatalog.from_config(current_loader()["catalog"])
    read = {name for name in pipeline.inputs() if not name.startswith("params:")}
    read = {name for name in read if not isinstance(catalog[name], (FolderDataset, ScratchFolderDataset))}
    assert not {n for n in read if not is_below(PROJECT / catalog[n].filepath, dependencies)}


@pytest.mark.parametrize("cohort", REPRODUCE["cohorts"])
def test_every_file_of_the_preparation_is_an_out(dvc_stages, load_config, cohort):
    loader = load_config()
    assert REPRODUCE["raw_folders"][cohort] == loader.cohort(cohort).raw_folder
    stage = dvc_stages[f"prepare@{cohort}"]
    pipeline = register_pipelines()[f"{cohort}_audit"]
    assert stage.cmd == f"kedro run --pipeline={cohort}_audit"
    files = files_written(pipeline, DataCatalog.from_config(loader["catalog"]), stage_names(pipeline))
    of_experiments = {name for name in files if not name.startswith(f"{cohort}.published.")}
    assert not {name for name in of_experiments if not is_below(files[name], outs_of(stage))}
    for out in outs_of(stage):
        assert any(is_below(files[name], [out]) for name in of_experiments), out
    assert PROJECT / "data/01_raw" / REPRODUCE["raw_folders"][cohort] not in outs_of(stage)


@pytest.mark.parametrize("cohort", REPRODUCE["cohorts"])
def test_the_preparation_depends_on_the_raw_folder(dvc_stages, cohort):
    dependencies = {Path(dep.fs_path) for dep in dvc_stages[f"prepare@{cohort}"].deps}
    assert PROJECT / "data/01_raw" / REPRODUCE["raw_folders"][cohort] in dependencies


@pytest.mark.parametrize("cohort", REPRODUCE["cohorts"])
def test_a_comparison_follows_the_experiments_of_its_cohort(dvc_stages, load_config, cohort):
    loader = load_config()
    stage = dvc_stages[f"compare@{cohort}"]
    assert stage.cmd == f"kedro run --pipeline={cohort}_compare"
    files = files_written(
        register_pipelines()[f"{cohort}_compare"], DataCatalog.from_config(loader["catalog"]), [COMPARISON]
    )
    assert set(files.values()) == set(outs_of(stage))
    read = [Path(dep.fs_path) for dep in stage.deps]
    for address, experiment in dvc_stages.items():
        if address.startswith(f"experiment@{cohort}-"):
            assert any(is_below(path, read) for path in outs_of(experiment)), address


def code_run(pipeline, tags, **parameters: str) -> set[Path]:
    """Every file of the package of which stages run anything, and those that wire them."""
    found = set()
    for stage in stages_of(pipeline.only_nodes_with_tags(*tags)):
        found |= {PACKAGE / path for path in stage.runs(parameters).code}
        found.add(PACKAGE / "pipelines" / stage.name / "pipeline.py")
    return found


def as_dependencies(files: set[Path], folder: Path) -> set[Path]:
    """Name files below a folder: a folder of which more than half is run stands for what is in it."""
    below = {path for path in folder.rglob("*.py") if path.name != "__init__.py"}
    if folder != PACKAGE and 2 * len(below & files) > len(below):
        return {folder}
    folders = {path for path in folder.iterdir() if any(path in file.parents for file in files)}
    named = {path for path in files if path.parent == folder}
    return named.union(*(as_dependencies(files, path) for path in folders))


def test_a_folder_stands_for_its_files_where_most_of_them_are_run():
    backend = set((PACKAGE / "backend").glob("*.py"))
    one = PACKAGE / "cohorts/listing.py"
    assert as_dependencies(backend | {one}, PACKAGE) == {PACKAGE / "backend", one}


@pytest.mark.parametrize("name", ["prepare", "experiment", "compare"])
def test_the_code_that_is_run_is_a_dependency_and_no_other(dvc_stages, load_config, name):
    """All stages of one kind have the same list: what any of them runs."""
    load_config()
    pipelines = register_pipelines()
    run: set[Path] = set()
    for cohort in REPRODUCE["cohorts"]:
        if name == "prepare":
            audit = pipelines[f"{cohort}_audit"]
            layout = current_loader().cohort(cohort).layout
            run |= code_run(audit, stage_names(audit), **{f"cohorts.{cohort}.layout": layout})
        if name == "compare":
            run |= code_run(pipelines[f"{cohort}_compare"], [COMPARISON])
        for variant in REPRODUCE["variants"] if name == "experiment" else ():
            experiment = Experiment(cohort, "patient_safe", variant)
            network = current_loader().experiment(*experiment).network
            run |= code_run(pipelines[experiment.pipeline], EXPERIMENT_STAGES, network=network)
    expected = {path.relative_to(PROJECT).as_posix() for path in as_dependencies(run, PACKAGE)}
    for address, stage in dvc_stages.items():
        if address.startswith(f"{name}@"):
            paths = [Path(dep.fs_path) for dep in stage.deps]
            named = {path.relative_to(PROJECT).as_posix() for path in paths if PACKAGE in path.parents}
            assert named == expected, "\n".join(f"      - {path}" for path in sorted(expected))


@pytest.mark.parametrize("name", ["prepare", "experiment", "compare"])
def test_a_cohorts_own_block_is_a_parameter(dvc_stages, name):
    for stage in dvc_stages.values():
        if stage.addressing.startswith(f"{name}@brisc"):
            read = {path for dep in stage.deps for path in getattr(dep, "params", [])}
            assert "cohorts.brisc" in read
