"""``kedro mlflow ui``."""

import os
import sys

import click
from kedro.framework.cli.utils import env_option


@click.group()
def mlflow() -> None:
    """Look at what runs have logged."""


@mlflow.command()
@env_option
@click.option("--host", help="In place of the one in mlflow.yml.")
@click.option("--port", type=click.IntRange(1, 65_535), help="In place of the one in mlflow.yml.")
def ui(env: str | None, host: str | None, port: int | None) -> None:
    """Open the runs of this project in MLflow's own pages; a tracking server has them already."""
    from kedro.framework.session import KedroSession

    from s3f_pipeline.config.loader import current_loader
    from s3f_pipeline.config.mlflow import mlflow_config
    from s3f_pipeline.credentials import shown_uri
    from s3f_pipeline.tracking.uri import database_of, is_server

    KedroSession.create(env=env).load_context()
    config = mlflow_config(current_loader()["mlflow"])
    uri = config.server.mlflow_tracking_uri
    if is_server(uri):
        click.echo(f"The runs are at {shown_uri(uri)}")
        return
    if path := database_of(uri):
        path.parent.mkdir(parents=True, exist_ok=True)
    place = ["--host", host or config.ui.host, "--port", str(port or config.ui.port)]
    command = [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", uri, *place]
    # no jobs: they are for calls of language models, and their processes outlive the server
    os.environ.setdefault("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false")
    # in place of this process, so that whoever ends it ends the server
    os.execv(command[0], [*command, "--workers", "1"])
