"""How each cohort lies on disk, one module per layout.

A layout is a function ``list_files(folder, classes) -> DataFrame``; this package's ``list_files`` is the
door to all of them and keeps what they promise in common.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from s3f_pipeline.cohorts.folders import name_patients
from s3f_pipeline.cohorts.links import add_links, find_table, read_links, report_links
from s3f_pipeline.cohorts.listing import finish
from s3f_pipeline.cohorts.subjects import check_subjects, one_spelling
from s3f_pipeline.config.schema import TableColumns
from s3f_pipeline.errors import CohortError
from s3f_pipeline.layouts import list_function

__all__ = [
    "add_links",
    "check_subjects",
    "find_table",
    "list_files",
    "read_links",
    "report_links",
]


def list_files(
    layout: str,
    folder: Path,
    classes: Sequence[str],
    table: TableColumns | None = None,
    patient_pattern: str | None = None,
) -> pd.DataFrame:
    """List the images of a raw folder, sorted by path; no image is opened.

    Args:
        layout: One of ``s3f_pipeline.layouts.LAYOUTS``.
        folder: The raw folder.
        classes: The class names that must be there, and no others.
        table: What the columns of the layout ``table`` are called.
        patient_pattern: Of the layout ``folders``; see ``s3f_pipeline.cohorts.folders.name_patients``.

    Returns:
        One row per image: ``image_id`` (unique), ``path`` (relative to the folder, with forward
        slashes), ``label``, ``subject`` (null where unknown), ``official_split`` (``train``,
        ``validation``, ``test`` or null), and what else the layout tells. An image inside a NumPy
        archive has the path ``<file>.npz/<member>/<number>``. ``attrs["passed_over"]`` counts, by
        reason, the files in the folder that are not images of the cohort.

    Raises:
        CohortError: If the folder does not have the layout, a class or an image is missing, files and
            tables contradict one another, or a patient or lesion is spelt in two ways.
    """
    if layout == "table" and table is None:
        raise CohortError(f"The layout 'table' of {folder} needs a block 'table' that names its columns.")
    found = list_function(layout)(folder, classes, *([] if table is None else [table]))
    if patient_pattern is not None:
        found = name_patients(found, folder, patient_pattern)
    listed = finish(found, folder, classes)
    for column in listed.columns[listed.columns.str.startswith("subject")]:
        listed[column] = one_spelling(listed[column], f"the tables and file names of {folder}")
    return listed
