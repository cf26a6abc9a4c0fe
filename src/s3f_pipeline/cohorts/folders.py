"""One's own images in class folders.

``<class>/…`` or ``{train,validation,test}/<class>/…`` (``val`` is read as ``validation``), with folders
below a class as one likes. No patients are known; images of one patient need the layout ``table``.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from s3f_pipeline.cohorts.class_folders import list_class_folders
from s3f_pipeline.cohorts.listing import is_hidden, some_of
from s3f_pipeline.errors import CohortError

SPLITS = {"train": "train", "validation": "validation", "val": "validation", "test": "test"}


def list_files(folder: Path, classes: Sequence[str]) -> pd.DataFrame:
    """List every image.

    Args:
        folder: The raw folder.
        classes: Names of the class folders.

    Returns:
        The columns of every layout; ``image_id`` is the path with its ending, ``subject`` is null, and
        ``official_split`` is null without folders that are named after splits.

    Raises:
        CohortError: If a class folder is missing (in every split folder, where there are any), or an
            unknown folder is there.
    """
    found = {path.name for path in folder.iterdir() if path.is_dir() and not is_hidden(path.name)}
    splits: dict[str, str | None] = {name: SPLITS[name] for name in SPLITS if name in found - set(classes)}
    if splits and found != set(splits):
        raise CohortError(
            f"{folder} has folders of splits ({some_of(splits)}) and others beside them: "
            f"{some_of(found - set(splits))}. Name them {', '.join(SPLITS)}, or move them away."
        )
    table = list_class_folders(folder, classes, splits or {"": None})
    return table.assign(image_id=table["path"])
