"""BRISC2025, classification task (arXiv 2506.14318).

``classification_task/{train,test}/<class>/brisc2025_train_00001_gl_ax_t1.jpg``: file names carry split,
number, class, plane and sequence. No patient ids are published.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from s3f_pipeline.cohorts.folders import class_folders, one_row_per_file

SPLITS = ("train", "test")
PLANES = {"ax": "axial", "co": "coronal", "sa": "sagittal"}
NAME = re.compile(r"brisc2025_(?:train|test)_(?P<number>\d+)_[a-z]+_(?P<plane>[a-z]+)_(?P<sequence>\w+)")


def list_files(folder: Path, classes: Sequence[str]) -> pd.DataFrame:
    """List every file of the classification task.

    Args:
        folder: The raw folder ``brisc2025``.
        classes: Names of the class folders.

    Returns:
        One row per file, sorted by path: ``image_id``, ``path``, ``label``, ``group`` (all null),
        ``official_split``, ``number``, ``plane``, ``sequence`` (null where a name does not carry them).

    Raises:
        CohortError: If a split or class folder is missing, an unknown class folder is there, or there
            is no file.
    """
    rows = []
    for split in SPLITS:
        for label, path in class_folders(folder, Path("classification_task", split), classes):
            parsed = NAME.fullmatch(path.stem)
            rows.append(
                {
                    "path": path.relative_to(folder).as_posix(),
                    "label": label,
                    "group": None,
                    "official_split": split,
                    "number": int(parsed["number"]) if parsed else None,
                    "plane": PLANES.get(parsed["plane"]) if parsed else None,
                    "sequence": parsed["sequence"] if parsed else None,
                }
            )
    table = one_row_per_file(folder, rows)
    return table.astype({"group": "string", "number": "Int64", "plane": "string", "sequence": "string"})
