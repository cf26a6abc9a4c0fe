"""Where the files of a run lie, and how they are read: whole, or not at all."""

from pathlib import Path

import pandas as pd

from s3f_pipeline.errors import ResultsError
from s3f_pipeline.results.artefacts import MAKE_AGAIN, VERSION_KEY
from s3f_pipeline.results.identity import RunId
from s3f_pipeline.results.records import FinishedStage

MODELS, PREDICTIONS, REPORTS = "06_models", "07_model_output", "08_reporting"
TABLE_VERSION = 1
"""Of the tables that are read here."""


def folder_of(root: Path, stage: str, run: RunId) -> Path:
    """Folder of a run below that of a stage."""
    return root.joinpath(stage, run.cohort, run.protocol, run.variant, run.folder)


def require_whole(
    path: Path, record: FinishedStage, *, noun: str | None = None, hashed: bool = False
) -> None:
    """Refuse a file that is not what a stage has written.

    Args:
        path: Of the file.
        record: Of the stage.
        noun: Last part of its catalog entry, by default the name of the file.
        hashed: The bytes decide, even where size and times are those of the record.

    Raises:
        ResultsError: If it is missing, or was changed.
    """
    content = record.content(noun or path.stem)
    problem = "is in no record" if content is None else content.difference(path, hashed=hashed)
    if problem:
        raise ResultsError(f"{path} {problem}, unless its run is at work just now. {MAKE_AGAIN}")


def read_table(path: Path) -> pd.DataFrame:
    """Read a table.

    Raises:
        ResultsError: If it is missing, damaged, or of another version.
    """
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError) as error:  # pyarrow's own errors are of these
        state = "is damaged and cannot be read" if path.is_file() else "is missing"
        raise ResultsError(f"{path} {state}. {MAKE_AGAIN}") from error
    if (version := table.attrs.get(VERSION_KEY)) != TABLE_VERSION:
        raise ResultsError(
            f"{path} has schema version {version}, and this release reads {TABLE_VERSION}. {MAKE_AGAIN}"
        )
    return table
