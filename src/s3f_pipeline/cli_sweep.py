"""``kedro sweep``: many experiments, each in its own process."""

import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import click
from kedro.framework.cli.project import run as kedro_run
from kedro.framework.cli.utils import env_option

from s3f_pipeline.errors import SweepError

if TYPE_CHECKING:
    from s3f_pipeline.sweep.sweep import Execute, Sweep
    from s3f_pipeline.tracking.parent import ParentRun

PARAMS = next(option for option in kedro_run.params if option.name == "params")
FORCE = re.compile(r"\s*force\s*=")
OWN_PARAMS = {"seed": "--seeds", "fold": "--folds"}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--cohorts", required=True, help="Names separated by commas, or all.")
@click.option("--variants", default="all", show_default=True, help="Names separated by commas, or all.")
@click.option("--seeds", default="1", show_default=True, help="How many (5: seeds 0 to 4), or which (3,7).")
@click.option("--folds", type=click.IntRange(min=2), help="Cross-validation with so many folds.")
@click.option(
    "--protocols",
    default="patient_safe",
    show_default=True,
    help="Names separated by commas, or all: patient_safe, published; leak_free, leaking (effect of a leak).",
)
@click.option("--published", is_flag=True, help="Short for --protocols=published.")
@click.option("--params", default="", help="As of kedro run, for every run; not seed and fold.")
@env_option
@click.option("--status", is_flag=True, help="Show the state of each run and start nothing.")
@click.option(
    "--executor",
    type=click.Choice(["local", "slurm"]),
    default="local",
    show_default=True,
    help="Processes on this machine, or jobs of a cluster.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    help="Runs at a time.  [default: local 1, slurm as many as it gives]",
)
@click.option(
    "--gpus-per-task",
    type=click.IntRange(min=0),
    help="GPUs that each run has for itself.  [default: 1 with --slurm-partition, else none is asked for]",
)
@click.option("--slurm-partition", help="Partition of the cluster.")
@click.option(
    "--slurm-minutes",
    type=click.IntRange(min=1),
    default=24 * 60,
    show_default=True,
    help="Time limit; a run that reaches it goes back into the queue and goes on.",
)
@click.option(
    "--slurm-cpus", type=click.IntRange(min=1), default=4, show_default=True, help="CPU cores per run."
)
@click.pass_context
def sweep(
    context: click.Context,
    cohorts: str,
    variants: str,
    seeds: str,
    folds: int | None,
    protocols: str,
    published: bool,
    params: str,
    env: str | None,
    status: bool,
    executor: str,
    jobs: int | None,
    gpus_per_task: int | None,
    slurm_partition: str | None,
    slurm_minutes: int,
    slurm_cpus: int,
) -> None:
    """Run many experiments, skip finished ones, and sum them up.

    Each run is one process and one MLflow run. The same command again goes on: what failed or was
    interrupted is run again.
    """
    from s3f_pipeline.cli import readable
    from s3f_pipeline.console import outlive_console
    from s3f_pipeline.pipelines.experiments import ManyExperiments
    from s3f_pipeline.sweep.plan import plan
    from s3f_pipeline.sweep.sweep import Sweep

    outlive_console()
    if gpus_per_task is None:
        gpus_per_task = 1 if slurm_partition else 0
    if folds is not None:
        params = ",".join([*filter(None, [params]), f"splitting.folds={folds}"])
    if published:
        if protocols not in ("patient_safe", "published"):
            raise SweepError("--published is short for --protocols=published: give one of them.")
        protocols = "published"
    selection = {"cohorts": cohorts, "variants": variants, "seeds": seeds, "protocols": protocols}
    try:
        experiments = ManyExperiments(env, _parsed(context, params), readable)
        runs = plan(experiments.parameters, **selection, folds=folds, refused=experiments.refused)
        of_runs = ",".join(each for each in params.split(",") if not FORCE.match(each))
        asked = Sweep(experiments, runs, params=of_runs, env=env)
        if status:
            click.echo(asked.table(asked.states()))
            return
        if executor == "local":
            execute = _local(jobs or 1, gpus_per_task)
        else:
            execute = _slurm(jobs, gpus_per_task, slurm_partition, slurm_minutes, slurm_cpus)
        selection |= {"folds": str(folds), "params": params}
        _run(asked, execute, partial(experiments.open_parent, selection), force=experiments.parameters.force)
    except click.ClickException:
        raise
    except Exception as error:
        raise readable(error) from error


def _local(jobs: int, gpus_per_task: int) -> "Execute":
    from s3f_pipeline.sweep.local import run_locally

    return partial(run_locally, jobs=jobs, gpus_per_task=gpus_per_task)


def _slurm(jobs: int | None, gpus_per_task: int, partition: str | None, minutes: int, cpus: int) -> "Execute":
    from s3f_pipeline.sweep.slurm import SlurmOptions, require_slurm, submit

    require_slurm()
    return partial(submit, options=SlurmOptions(partition, minutes, gpus_per_task, cpus, jobs))


def _run(asked: "Sweep", execute: "Execute", open_parent: "Callable[[], ParentRun]", *, force: bool) -> None:
    """Run a sweep and tell what has come of it.

    Raises:
        SweepError: If runs are left unfinished.
    """
    from s3f_pipeline.pipelines.interrupts import signals_as_errors
    from s3f_pipeline.sweep.sweep import unfinished

    with signals_as_errors():
        states = asked.start(execute, open_parent, force=force)
    for table in (asked.table(states), asked.summarise(states)):
        if table:
            click.echo(f"\n{table}")
    if any(state.is_busy for state in states.values()):
        click.echo("\nRuns are still at work. The same command again tells how they have ended.")
    if (left := unfinished(states)) or asked.problems:
        raise SweepError(
            f"{len(left)} of {len(states)} runs are not finished. The same command runs them again.\n"
            f"{asked.explain(states)}"
        )


def _parsed(context: click.Context, params: str) -> dict[str, Any]:
    """Read ``--params`` as ``kedro run`` does.

    Raises:
        SweepError: If it sets what the sweep has an option for.
    """
    parsed: dict[str, Any] = PARAMS.process_value(context, params)
    for name, option in OWN_PARAMS.items():
        if name in parsed:
            raise SweepError(f"--params sets '{name}', which a sweep sets for each run. Take {option}.")
    return parsed
