"""BRISC2025, classification task (arXiv 2506.14318).

``classification_task/{train,test}/<class>/brisc2025_train_00001_gl_ax_t1.jpg``: file names carry split,
number, class, plane and sequence. No patient ids are published; those that are known
come from a table of links (``tables/README.md``).
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from s3f_pipeline.cohorts.class_folders import check_names, list_class_folders

FOLDERS = {"classification_task/train": "train", "classification_task/test": "test"}
CLASSES = {"gl": "glioma", "me": "meningioma", "no": "no_tumor", "nt": "no_tumor", "pi": "pituitary"}
PLANES = {"ax": "axial", "co": "coronal", "sa": "sagittal"}
NAME = (
    r"^brisc2025_(?P<split>train|test)_(?P<number>\d{1,9})_(?P<code>[a-z]+)_(?P<plane>[a-z]+)"
    r"_(?P<sequence>\w+)$"
)


def list_files(folder: Path, classes: Sequence[str]) -> pd.DataFrame:
    """List every image of the classification task.

    Args:
        folder: The raw folder ``brisc2025``.
        classes: Names of the class folders.

    Returns:
        The columns of every layout, ``subject`` being null; ``number``, ``plane`` and ``sequence``, null
        where a name does not carry them.

    Raises:
        CohortError: If a split or class folder is missing, an unknown class folder is there, or a name
            says another class or split than its folder.
    """
    table = list_class_folders(folder, classes, FOLDERS)
    names = table["image_id"].str.extract(NAME)
    check_names(folder, table, {"label": names["code"].map(CLASSES), "official_split": names["split"]})
    return table.assign(
        number=pd.to_numeric(names["number"]).astype("Int64"),
        plane=names["plane"].map(PLANES).astype("string"),
        sequence=names["sequence"],
    )
