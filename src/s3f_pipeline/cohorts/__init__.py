"""How each published data set lies on disk, one module per layout.

A layout is a function ``list_files(folder, classes) -> DataFrame`` with one row per file: ``image_id``,
``path`` (relative to the folder, with forward slashes), ``label``, ``group``, ``official_split`` and
whatever else file names or tables tell.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from s3f_pipeline.cohorts import brisc

LAYOUTS: dict[str, Callable[[Path, Sequence[str]], pd.DataFrame]] = {"brisc": brisc.list_files}


def list_files(layout: str, folder: Path, classes: Sequence[str]) -> pd.DataFrame:
    """List the files of a raw folder, sorted by path.

    Args:
        layout: Name of a layout.
        folder: The raw folder.
        classes: The class names that must be there, and no others.

    Raises:
        CohortError: If folders are missing or unknown, or there is no file at all.
    """
    return LAYOUTS[layout](folder, classes)
