"""What code a stage runs, found without importing it or Kedro."""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from s3f_pipeline.closure import Closure, closure, literal

PACKAGE = Path(__file__).resolve().parents[1]
OBSERVERS = (
    "backend.quiet",
    "config.loader:current_loader",
    "console",
    "credentials",
    "durations",
    "errors",
    "files:atomic_path",
    "files:temporary_path",
    "logs",
    "origins:command_line",
    "origins:git_state",
    "origins:package_versions",
    "signals",
    "tracking",
    "training.cost",
    "training.estimate",
)
"""Code that tells, tracks or writes what is done, and decides nothing of it."""
LOAD_MODEL = ("s3f_pipeline.models.loading:load_model",)
LOADERS = dict.fromkeys(("evaluation", "explanation", "bundling"), LOAD_MODEL)
"""What the catalog runs for the nodes of a stage, and what decides with them: how a network is loaded."""


class Table(NamedTuple):
    """A table of functions that are imported by name: of it only the line of the chosen one counts.

    Attributes:
        module: Where it is, without the package's name.
        name: Of the table.
        parameter: Whose value is the chosen line.
    """

    module: str
    name: str
    parameter: str


NETWORKS = Table("models.networks", "VARIANTS", "network")
LAYOUTS = Table("layouts", "LAYOUTS", "cohorts.{cohort}.layout")
CHOSEN_FROM = {
    "ingestion": LAYOUTS,
    "training": NETWORKS,
    "importing": NETWORKS,
    "evaluation": NETWORKS,
    "explanation": NETWORKS,
    "bundling": NETWORKS,
}
"""Stages that run a function of a table."""


def code_of(stage: str, nodes: Iterable[str], cohort: str, parameters: Mapping[str, Any]) -> Closure:
    """The code that a stage runs.

    Args:
        stage: Its tag, such as ``training``.
        nodes: The functions of its nodes, as ``<module>:<name>``.
        cohort: Whose files it writes.
        parameters: By their keys.
    """
    functions = {*nodes, *LOADERS.get(stage, ())}
    if table := CHOSEN_FROM.get(stage):
        chosen = parameters.get(table.parameter.format(cohort=cohort))
        functions |= {function for name, function in _lines(PACKAGE, table).items() if name == chosen}
    tables = (f"{table.module}:{table.name}" for table in (NETWORKS, LAYOUTS))
    return closure(PACKAGE, tuple(sorted(functions)), (*OBSERVERS, *tables))


@cache
def _lines(package: Path, table: Table) -> dict[str, str]:
    lines: dict[str, str] = literal(package, table.module, table.name)
    return lines
