"""``kedro pack``: prepare a training that a machine without Kedro does."""

from pathlib import Path
from shlex import join
from typing import Any

import click
from kedro.framework.cli.project import run as kedro_run
from kedro.framework.cli.utils import env_option

PARAMS = next(option for option in kedro_run.params if option.name == "params")
MEGABYTE = 1e6


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--pipeline", required=True, help="Of one experiment, such as brisc_bilinear.")
@click.option("--params", default="", help="As of kedro run.")
@env_option
@click.pass_context
def pack(context: click.Context, pipeline: str, params: str, env: str | None) -> None:
    """Prepare one training for a machine without Kedro, and tell what to carry."""
    from s3f_pipeline.cli import readable

    try:
        for line in _pack(pipeline, PARAMS.process_value(context, params), env):
            click.echo(line)
    except click.ClickException:
        raise
    except Exception as error:
        raise readable(error) from error


def _pack(name: str, params: dict[str, Any], env: str | None) -> list[str]:
    """Make the job, and say what comes next."""
    from s3f_pipeline.config.loader import current_loader
    from s3f_pipeline.pipelines import packing
    from s3f_pipeline.pipelines.jobs import JOB

    job, data_root = packing.pack(name, params, env)
    carried = [*job.files.values(), f"{job.folder}/{JOB}"]
    size = sum((data_root / each).stat().st_size for each in carried) / MEGABYTE
    archive = f"{name}_{Path(job.folder).name}.tar"
    return [
        f"To carry, with src/s3f_pipeline ({size:.1f} MB):",
        f"  {join(['tar', '-C', str(data_root), '-cf', archive, *carried])}",
        "There, where the archive was unpacked:",
        f"  KERAS_BACKEND=jax PYTHONPATH=src python -m s3f_pipeline.train {join([job.folder])}",
        f"Then carry that folder back to {data_root / job.folder}, and go on here, with the same --params:",
        f"  kedro run{current_loader().env_option} --pipeline={name}",
    ]
