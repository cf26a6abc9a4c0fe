"""Which bundles a user means by ``model=…``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from s3f_pipeline.bundle.contents import CHECKSUMS
from s3f_pipeline.errors import PredictionError

RUNS = re.compile(r"seed-(\d+|\*)(?:_fold-(\d+|\*))?")
FORMS = (
    "Give the name of an experiment such as brisc_bilinear, with :seed-2 for another seed or :seed-* for "
    "all, the path of a bundle, or a model of MLflow such as models:/brisc_bilinear@champion."
)


@dataclass(frozen=True)
class Finished:
    """Where the bundles of finished experiments lie.

    Attributes:
        folders: By the name of an experiment's pipeline, the folder that holds those of its runs.
        run_folder: The run that is meant where none is named, such as ``seed-0``.
        env_option: What a command needs to mean this environment.
    """

    folders: Mapping[str, Path]
    run_folder: str
    env_option: str


def find_bundles(model: str, finished: Finished) -> list[Path]:
    """Find the folders of bundles.

    Args:
        model: ``<experiment>``, ``<experiment>:seed-2``, ``<experiment>:seed-*`` for all seeds,
            ``<experiment>:seed-0_fold-*`` for all folds, or the path of a folder.
        finished: Where to look for experiments.

    Returns:
        The folders, by seed and fold; they were not opened.

    Raises:
        PredictionError: If nothing is meant, or what is meant has not been finished.
    """
    name, _, runs = model.partition(":")
    if name not in finished.folders:
        return [_path(model, finished)]
    wanted = RUNS.fullmatch(runs or finished.run_folder)
    if wanted is None:
        raise PredictionError(
            f"model={model} names no run: '{runs}' is none of seed-2, seed-*, seed-0_fold-1, seed-0_fold-*."
        )
    found = sorted(
        (found, folder)
        for folder in finished.folders[name].glob("seed-*/bundle")
        if (folder / CHECKSUMS).is_file() and (found := _run(folder, wanted)) is not None
    )
    if not found:
        raise PredictionError(f"{_unfinished(name, wanted)} {_command(name, wanted, finished.env_option)}")
    return [folder for _, folder in found]


def _path(model: str, finished: Finished) -> Path:
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder
    if "/" in model:
        raise PredictionError(f"model={model}: there is no such folder. {FORMS}")
    close = get_close_matches(model.partition(":")[0], finished.folders, n=1)
    hint = f" Did you mean {close[0]}?" if close else ""
    raise PredictionError(f"model={model}: there is no such experiment.{hint} {FORMS}")


def _run(folder: Path, wanted: re.Match[str]) -> tuple[int, int] | None:
    """Seed and fold of a bundle, -1 for none; ``None`` if it is not wanted."""
    run = RUNS.fullmatch(folder.parent.name)
    if run is None or (run[2] is None) != (wanted[2] is None):
        return None
    if any(asked not in (None, "*", has) for asked, has in zip(wanted.groups(), run.groups(), strict=True)):
        return None
    return int(run[1]), -1 if run[2] is None else int(run[2])


def _unfinished(name: str, wanted: re.Match[str]) -> str:
    runs = wanted[0].replace("_", ", ").replace("-*", "s").replace("-", " ")
    return f"There is no bundle of {name}, {runs}: no such run has finished."


def _command(name: str, wanted: re.Match[str], env_option: str) -> str:
    given = zip(("seed", "fold"), wanted.groups(), strict=True)
    params = ",".join(f"{key}={'0' if value == '*' else value}" for key, value in given if value)
    return f"Run it first: kedro run{env_option} --pipeline={name} --params={params}"
