"""``kedro run`` of this project, Kedro's own command with our runner and readable errors, and ours."""

import atexit
import gc
import logging
import warnings
from typing import Any

import click
from filelock import Timeout
from kedro import KedroDeprecationWarning
from kedro.framework.cli.project import run as kedro_run
from kedro.framework.cli.registry import registry as kedro_registry
from kedro.framework.cli.utils import env_option

from s3f_pipeline.cli_cohorts import cohorts, overview
from s3f_pipeline.cli_mlflow import mlflow
from s3f_pipeline.cli_pack import pack
from s3f_pipeline.cli_sweep import sweep
from s3f_pipeline.config.names import RUNNER
from s3f_pipeline.console import outlive_console
from s3f_pipeline.errors import S3FError, TrackingError
from s3f_pipeline.failures import causes, explain
from s3f_pipeline.pipelines.interrupts import signals_as_errors
from s3f_pipeline.signals import signals_wait
from s3f_pipeline.tracking.run import RUN

OTHER_PLACE = "name another data_root in conf/local/globals.yml"
logger = logging.getLogger(__name__)


class NothingRunError(S3FError):
    """No pipeline was asked for."""

    exit_code = 2


@click.group(name="s3f_pipeline")
def cli() -> None:
    """Commands of the S3F pipeline project."""


def run_pipeline(**options: Any) -> Any:
    """Run a pipeline: one experiment, or its preparation. Without a name, show what there is."""
    warnings.filterwarnings("ignore", message="Option '--pipeline'", category=KedroDeprecationWarning)
    options["runner"] = options["runner"] or RUNNER
    command = kedro_run.callback
    assert command is not None
    atexit.register(gc.freeze)  # the last collections would look through all of TensorFlow, for 1.5 s
    outlive_console()
    try:
        if not (options["pipeline"] or options["pipelines"]):
            click.echo(overview(options["env"]))
            raise NothingRunError("Nothing was run: --pipeline names no pipeline.")
        with signals_as_errors():
            return command(**options)
    except click.ClickException:
        raise
    except Exception as error:
        raise readable(error) from error
    finally:
        RUN.end("KILLED")  # if it is still open: a signal has come where Kedro calls no hook


def readable(error: BaseException) -> S3FError:
    """Turn any failure into one message; the full trace goes to the log file of the run."""
    if told := explain(error, other_place=OTHER_PLACE):
        return told
    for cause in causes(error):
        if isinstance(cause, ValueError) and str(cause).startswith("Failed to find the pipeline"):
            return S3FError(_unknown_pipeline(str(cause)))
    logger.debug("Unexpected failure", exc_info=error)
    return S3FError(f"{' '.join(str(error).split())} ({type(error).__name__})")


def _unknown_pipeline(message: str) -> str:
    name = message.split("'")[1]
    _, did_you_mean, close = message.partition("Did you mean")
    hint = f" Did you mean{close}" if did_you_mean else ""
    published = (
        " Cohorts without a block 'published' have no _published pipelines."
        if name.endswith("_published")
        else ""
    )
    return f"There is no pipeline '{name}'.{published} `kedro registry list` names all.{hint}"


@click.command("list")
def list_pipelines() -> None:
    """List the names of all pipelines, without building them: there are hundreds."""
    from s3f_pipeline.pipeline_registry import register_pipelines

    click.echo("\n".join(f"- {name}" for name in sorted(register_pipelines())))


cli.add_command(
    click.Group("registry", {**kedro_registry.commands, "list": list_pipelines}, help=kedro_registry.help)
)
cli.add_command(
    click.Command("run", params=kedro_run.params, callback=run_pipeline, help=run_pipeline.__doc__)
)
cli.add_command(cohorts)
cli.add_command(sweep)
cli.add_command(mlflow)
cli.add_command(pack)


@cli.command("send-runs")
@env_option
def send_runs(env: str | None) -> None:
    """Send to MLflow what runs could not log."""
    try:
        _send_runs(env)
    except click.ClickException:
        raise
    except Exception as error:
        raise readable(error) from error


def _send_runs(env: str | None) -> None:
    from kedro.framework.session import KedroSession

    from s3f_pipeline.config.loader import current_loader
    from s3f_pipeline.pipelines.locks import lock_of
    from s3f_pipeline.tracking.journal import find_journals
    from s3f_pipeline.tracking.sending import open_store, send_journal

    KedroSession.create(env=env).load_context()
    loader = current_loader()
    journals = list(find_journals(loader.data_root))
    if not journals:
        click.echo(f"Nothing to send below {loader.data_root}.")
        return
    store = open_store(loader["mlflow"]["server"]["mlflow_tracking_uri"], loader.data_root)
    kept = False
    for journal in journals:
        lock = lock_of(loader, ".".join(journal.path.parent.parts[-4:]))
        try:
            with signals_wait(), lock.acquire(timeout=0):
                for line in send_journal(journal, store):
                    click.echo(line)
        except Timeout:
            click.echo(f"{journal.path} is left alone: a process is at work on its experiment.")
        except TrackingError as error:
            kept = True
            click.echo(error.format_message())
    if kept:
        raise TrackingError("Not everything was sent; see above.")
