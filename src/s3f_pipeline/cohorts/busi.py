"""BUSI, breast ultrasound (Al-Dhabyani et al., Data in Brief 28, 2020).

``{benign,malignant,normal}/benign (1).png`` with ``benign (1)_mask.png``, ``benign (1)_mask_1.png`` … No
patient ids and no splits are published.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from s3f_pipeline.cohorts.class_folders import check_names, list_class_folders

NAME = r"^(?P<label>[a-z]+) \((?P<number>\d{1,9})\)$"
MASK = r"_mask(?:_\d+)?$"


def list_files(folder: Path, classes: Sequence[str]) -> pd.DataFrame:
    """List every ultrasound image; masks are passed over.

    Args:
        folder: The raw folder ``Dataset_BUSI_with_GT``.
        classes: Names of the class folders.

    Returns:
        The columns of every layout, ``subject`` and ``official_split`` being null; ``number``, null where
        a name does not carry it.

    Raises:
        CohortError: If a class folder is missing, an unknown one is there, or a name says another class
            than its folder.
    """
    files = list_class_folders(folder, classes, {"": None})
    is_mask = files["image_id"].str.contains(MASK)
    table = files[~is_mask].reset_index(drop=True)
    names = table["image_id"].str.extract(NAME)
    check_names(folder, table, {"label": names["label"]})
    table = table.assign(number=pd.to_numeric(names["number"]).astype("Int64"))
    table.attrs["passed_over"] = {**files.attrs["passed_over"], "masks": int(is_mask.sum())}
    return table
