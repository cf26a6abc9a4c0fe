"""Chest X-Ray Pneumonia, children's radiographs (Kermany et al., Cell 172, 2018; the Kaggle copy).

``{train,val,test}/{NORMAL,PNEUMONIA}/``; file names carry a patient's number:
``person<k>_<kind>_<n>[_<m>].jpeg`` and ``[NORMAL2-]IM-<p>-<n>[-<m>].jpeg``. Whether numbers start anew per
kind of pneumonia and per prefix is not documented. The images say that they do: radiographs of one number and
kind are more alike than others, those of one number and another kind are not (``docs/leakage.md``). The other
reading, one number is one patient, stands beside it in ``subject_by_number``.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from s3f_pipeline.cohorts.class_folders import list_class_folders
from s3f_pipeline.cohorts.split_names import PUBLISHED_SPLITS

PNEUMONIA = r"^(?P<subject>(?P<number>person\d+)_(?P<kind>bacteria|virus))_\d+(?:_\d+)?$"
NORMAL = r"^(?P<subject>(?:NORMAL2-)?(?P<number>IM-\d+))-\d+(?:-\d+)?$"


def list_files(folder: Path, classes: Sequence[str]) -> pd.DataFrame:
    """List every radiograph.

    Args:
        folder: The raw folder ``chest_xray``. Copies of the data set inside it are passed over.
        classes: Names of the class folders.

    Returns:
        The columns of every layout; ``subject`` is ``person<k>_<kind>``, ``NORMAL2-IM-<p>`` or
        ``IM-<p>``; ``subject_by_number`` is ``person<k>`` or ``IM-<p>``; ``kind`` is ``bacteria`` or
        ``virus``. All three are null where a name does not carry them.

    Raises:
        CohortError: If a split or class folder is missing, or an unknown class folder is there.
    """
    table = list_class_folders(folder, classes, PUBLISHED_SPLITS)
    names = table["image_id"].str.extract(PNEUMONIA).combine_first(table["image_id"].str.extract(NORMAL))
    return table.assign(subject=names["subject"], subject_by_number=names["number"], kind=names["kind"])
