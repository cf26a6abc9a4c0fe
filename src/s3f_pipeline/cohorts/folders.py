"""One's own images in class folders.

``<class>/…`` or ``{train,validation,test}/<class>/…``, with folders below a class as one likes. Folders of
splits may be spelt as people do (``SPLIT_NAMES``, in upper or lower case); those of classes are compared
exactly. Patients are known from DICOM headers, or from names by a pattern; else they need the layout
``table``.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from s3f_pipeline.cohorts.class_folders import list_class_folders
from s3f_pipeline.cohorts.listing import is_hidden, some_of
from s3f_pipeline.cohorts.split_names import SPLIT_NAMES
from s3f_pipeline.cohorts.table import named_patients
from s3f_pipeline.cohorts.tabular import refuse
from s3f_pipeline.errors import CohortError


def list_files(folder: Path, classes: Sequence[str]) -> pd.DataFrame:
    """List every image.

    Args:
        folder: The raw folder.
        classes: Names of the class folders.

    Returns:
        The columns of every layout; ``image_id`` is the path with its ending, ``subject`` is null, and
        ``official_split`` is null without folders that are named after splits.

    Raises:
        CohortError: If a class folder is missing (in every split folder, where there are any), an unknown
            folder is there, or two folders mean one split.
    """
    found = {path.name for path in folder.iterdir() if path.is_dir() and not is_hidden(path.name)}
    splits: dict[str, str | None] = {
        name: SPLIT_NAMES[name.casefold()] for name in found - set(classes) if name.casefold() in SPLIT_NAMES
    }
    if splits and found != set(splits):
        raise CohortError(
            f"{folder} has folders of splits ({some_of(splits)}) and others beside them: "
            f"{some_of(found - set(splits))}. Name them {', '.join(SPLIT_NAMES)}, or move them away."
        )
    for split in set(splits.values()):
        meaning = [name for name in splits if splits[name] == split]
        if len(meaning) > 1:
            raise CohortError(
                f"{folder} has several folders of the {split} split: {some_of(meaning)}. Put their images "
                f"into one, or move the others away."
            )
    table = list_class_folders(folder, classes, splits or {"": None})
    return table.assign(image_id=table["path"])


def name_patients(table: pd.DataFrame, folder: Path, pattern: str) -> pd.DataFrame:
    """Take patients from the names of files, and of the folders below their class.

    Args:
        table: As ``list_files`` returns it.
        folder: The raw folder.
        pattern: Regular expression of whole paths below the folder of a class, with endings and forward
            slashes. Its one group names the patient: equal in two classes, it is one patient.

    Returns:
        The table with ``subject``.

    Raises:
        CohortError: If a path does not have the pattern.
    """
    depth = 1 + int(table["official_split"].notna().any())
    below = table["path"].str.split("/", n=depth).str[depth]
    patients = named_patients(below, pattern)
    refuse(
        patients.isna(),
        table["path"],
        f"Images in {folder} whose path below the class folder does not have the pattern {pattern}",
        "Rename them, or correct patient_pattern in the cohort's block.",
    )
    return table.assign(subject=patients)
