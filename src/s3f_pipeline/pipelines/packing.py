"""Make the job of a training that a machine without Kedro does."""

from pathlib import Path
from typing import Any

from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.io import CatalogProtocol

from s3f_pipeline.catalog_types import FileDataset
from s3f_pipeline.config.loader import PROJECT, current_loader
from s3f_pipeline.errors import ConfigError
from s3f_pipeline.origins import git_state
from s3f_pipeline.pipelines.interrupts import signals_as_errors
from s3f_pipeline.pipelines.jobs import Job
from s3f_pipeline.pipelines.packages import version
from s3f_pipeline.pipelines.runner import StageRunner
from s3f_pipeline.pipelines.stages import PREPARATION_STAGES, Stage, stages_of


def pack(pipeline: str, params: dict[str, Any], env: str | None) -> tuple[Job, Path]:
    """Prepare the images of an experiment, and write the job of its training.

    Args:
        pipeline: Name of the pipeline of the experiment.
        params: What ``--params`` says.
        env: Configuration environment, ``None`` for the default one.

    Returns:
        The job, and the data folder that it lies in.

    Raises:
        ConfigError: If the pipeline trains no network.
    """

    def session() -> KedroSession:
        return KedroSession.create(project_path=PROJECT, env=env, runtime_params=params)

    catalog = session().load_context().catalog
    stages = {stage.name: stage for stage in stages_of(pipelines[pipeline])} if pipeline in pipelines else {}
    if stages and "training" not in stages:
        raise ConfigError(
            f"The pipeline {pipeline} trains no network. Pack one that does, such as brisc_bilinear."
        )
    with signals_as_errors():
        session().run(pipeline_names=[pipeline], tags=PREPARATION_STAGES, runner=StageRunner())
    data_root = current_loader().data_root
    job = _job(stages["training"], catalog, pipeline, data_root)
    job.write(data_root)
    return job, data_root


def _job(training: Stage, catalog: CatalogProtocol, pipeline: str, data_root: Path) -> Job:
    read = {
        name.rpartition(".")[2]: name
        for name in training.pipeline.inputs()
        if not name.startswith("params:") and isinstance(catalog[name], FileDataset)
    }
    read["image_checksums"] = f"{read['images'].removesuffix('images')}image_checksums"
    commit, dirty = git_state()
    return Job(
        pipeline=pipeline,
        namespace=training.namespace,
        folder=_below(data_root, catalog[training.record].filepath.parent),
        files={noun: _below(data_root, catalog[name].filepath) for noun, name in sorted(read.items())},
        entries=read,
        experiment=catalog.load(f"params:{training.namespace}.experiment"),
        dependencies=training.dependencies(catalog),
        git_commit=commit,
        git_dirty=dirty,
        package_version=version("s3f-pipeline"),
    )


def _below(data_root: Path, path: Path) -> str:
    return path.absolute().relative_to(data_root).as_posix()
