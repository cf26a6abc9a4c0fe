"""The table of layouts: what each is called, and which function lists the images of a raw folder.

Not part of the room of cohorts: the configuration knows the names, and imports none of the functions.
"""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from s3f_pipeline.errors import CohortError

if TYPE_CHECKING:
    import pandas as pd

LAYOUTS: dict[str, str] = {
    "brisc": "s3f_pipeline.cohorts.brisc:list_files",
    "busi": "s3f_pipeline.cohorts.busi:list_files",
    "chest": "s3f_pipeline.cohorts.chest:list_files",
    "cheng": "s3f_pipeline.cohorts.cheng:list_files",
    "folders": "s3f_pipeline.cohorts.folders:list_files",
    "ham": "s3f_pipeline.cohorts.ham:list_files",
    "medmnist": "s3f_pipeline.cohorts.medmnist:list_files",
    "table": "s3f_pipeline.cohorts.table:list_files",
}
"""Per layout ``<module>:<function>``, imported when it is asked for.

The function lists the images of a raw folder, given the folder and the names of the classes; that of
``table`` takes the names of columns besides. The values are written out, because whether an index is finished
depends on the function of its layout alone, which is looked up here without importing anything.
"""
CLASS_FOLDERS = ("brisc", "busi", "chest", "cheng", "folders")
"""Layouts with a folder per class, whose names must be possible names of folders."""


def require_layout(name: str) -> str:
    """Return the name of a layout.

    Raises:
        ValueError: If the name is not in the table.
    """
    if name not in LAYOUTS:
        raise ValueError(f"there is no layout '{name}', but {', '.join(LAYOUTS)}")
    return name


def list_function(layout: str) -> "Callable[..., pd.DataFrame]":
    """Import the function of a layout.

    Raises:
        CohortError: If the name is not in the table.
    """
    try:
        module, _, name = LAYOUTS[require_layout(layout)].partition(":")
    except ValueError as error:
        raise CohortError(f"{error}. One of your own needs a line in LAYOUTS (layouts.py).") from error
    function: Callable[..., pd.DataFrame] = getattr(import_module(module), name)
    return function
