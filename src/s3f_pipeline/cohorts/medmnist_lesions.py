"""The lesions of DermaMNIST, which its archive does not name.

DermaMNIST is made of HAM10000, which does. ``dermamnist_split.csv`` has one row per image: ``split``
(``train``, ``val``, ``test``), ``index`` (position in the arrays of that split, from 0), ``image_id`` and
``lesion_id`` of HAM10000, and ``dx``, the diagnosis there.
"""

from pathlib import Path

import pandas as pd

from s3f_pipeline.cohorts.tabular import read_table, refuse, row_numbers

SPLIT_LIST = "dermamnist_split.csv"
CODES = {
    "akiec": "actinic_keratosis",
    "bcc": "basal_cell_carcinoma",
    "bkl": "benign_keratosis",
    "df": "dermatofibroma",
    "mel": "melanoma",
    "nv": "melanocytic_nevus",
    "vasc": "vascular_lesion",
}
"""Diagnoses of HAM10000, and what DermaMNIST calls them."""
MEND = "Get the list again, or remove it: without it no lesion is known."


def read_lesions(path: Path, table: pd.DataFrame) -> pd.Series:
    """Read the lesion of every image, and check the list against the archive.

    Args:
        path: Of the list. The order of its rows does not matter.
        table: Images of the archive, with ``image_id`` (such as ``train_00012``) and ``label``.

    Returns:
        Lesion ids, in the order of ``table``.

    Raises:
        CohortError: If a row has no position or no lesion, an image of the archive is missing in the list,
            listed twice or not in the archive, an image of HAM10000 is listed twice, or a diagnosis is not
            the image's label.
    """
    rows = read_table(path, ["split", "index", "image_id", "lesion_id", "dx"])
    is_placed = rows["split"].notna() & rows["index"].str.fullmatch(r"\d+").fillna(False)
    refuse(~is_placed, row_numbers(rows), f"Rows of {path} without a split or a position", MEND)
    image = rows["split"] + "_" + rows["index"].str.zfill(5)
    refuse(image.duplicated(), image, f"Images listed twice in {path}", MEND)
    source = rows["image_id"]
    refuse(source.isna() | source.duplicated(), image, f"Rows of {path} without an image of their own", MEND)
    refuse(rows["lesion_id"].isna(), image, f"Images in {path} without a lesion id", MEND)
    refuse(~image.isin(table["image_id"]), image, f"Images in {path} that are not in the archive", MEND)
    listed = rows.set_index(image).reindex(table["image_id"])
    refuse(listed["dx"].isna().reset_index(drop=True), table["image_id"], f"Images missing in {path}", MEND)
    refuse(
        listed["dx"].map(CODES).fillna("").to_numpy() != table["label"],
        table["image_id"],
        f"Images with another diagnosis in {path} than in the archive",
        MEND,
    )
    return listed["lesion_id"].reset_index(drop=True)
