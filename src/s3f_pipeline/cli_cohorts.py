"""``kedro cohorts``: which images there are, which networks, and what has been done."""

from collections import Counter
from collections.abc import Callable
from textwrap import fill

import click
from kedro.framework.cli.utils import env_option
from kedro.framework.session import KedroSession

from s3f_pipeline.config.loader import ProjectConfigLoader, current_loader
from s3f_pipeline.config.names import experiments, protocol_ending, trained_variants
from s3f_pipeline.errors import ResultsError
from s3f_pipeline.results import find_runs
from s3f_pipeline.sweep.tables import COLUMNS, aligned

HEADINGS = ["cohort", "pixels", "classes", "prepared", "finished", "title"]
COMMANDS = {
    "--env=demo --pipeline=brisc_bilinear": "minutes on a laptop, with drawn images",
    "{env}--pipeline=<cohort>_audit": "images, splits and leakage audit, no training",
    "{env}--pipeline=<cohort>_<network>": "training and report",
}


@click.command()
@env_option
def cohorts(env: str | None) -> None:
    """List the cohorts, their networks, and what is prepared and finished."""
    from s3f_pipeline.cli import readable

    try:
        click.echo(overview(env))
    except click.ClickException:
        raise
    except Exception as error:
        raise readable(error) from error


def overview(env: str | None) -> str:
    """Say what there is and how to run it."""
    context = KedroSession.create(env=env).load_context()
    loader = current_loader()
    damaged: list[ResultsError] = []
    finished = _finished(loader, damaged.append)
    rows = [HEADINGS]
    for name in loader.typed.cohorts:
        block = loader.cohort(name)
        size, classes = "x".join(map(str, block.image_size)), str(len(block.classes))
        is_prepared = context.catalog[f"{name}.patient_safe.splitting_record"].exists()
        rows.append([name, size, classes, "yes" if is_prepared else "", finished[name], block.title])
    notes = [
        f"Networks: {', '.join(trained_variants(loader.typed))}; with _published under a published protocol.",
        "Prepared: images are read and split. Finished: networks that are trained and tested, with the "
        "number of runs where there are several; `kedro sweep --cohorts=<cohort> --status` says if they are "
        "up to date.",
        *(f"{name} cannot be used. {message}" for each in loader.refused for name, message in each.items()),
        *(f"Not counted: {error.format_message()}" for error in damaged),
    ]
    told = [fill(note, COLUMNS, break_long_words=False, break_on_hyphens=False) for note in notes]
    env_option = loader.env_option.lstrip() + " " if loader.env_option else ""
    commands = [[f"  kedro run {options.format(env=env_option)}", does] for options, does in COMMANDS.items()]
    return "\n".join([aligned(rows, numbers=0), "", *told, "", aligned(commands, numbers=0)])


def _finished(loader: ProjectConfigLoader, told: Callable[[ResultsError], None]) -> dict[str, str]:
    """Networks of each cohort that have finished, such as ``bilinear (3), concat_published``."""
    runs = Counter(run.id[:3] for run in find_runs(loader.data_root, damaged=told))
    finished: dict[str, list[str]] = {cohort: [] for cohort in loader.typed.cohorts}
    for experiment in experiments(loader.typed):
        if count := runs[experiment]:
            name = f"{experiment.variant}{protocol_ending(experiment.protocol)}"
            finished[experiment.cohort].append(name if count == 1 else f"{name} ({count})")
    return {cohort: ", ".join(names) for cohort, names in finished.items()}
