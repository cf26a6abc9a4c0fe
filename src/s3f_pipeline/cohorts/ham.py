"""HAM10000, dermoscopy of pigmented skin lesions (Tschandl et al., Scientific Data 5, 180161, 2018).

``GroundTruth.csv`` (``image`` and one column per class, 1 for the label) with ``images/<image>.jpg``;
``HAM10000_metadata.csv`` (``lesion_id``, ``image_id``, ``dx``, ``dx_type``, ``age``, ``sex``,
``localization``), which the Harvard Dataverse also hands out without ending, or as ``.tab`` with tabs; and,
where a user adds the test set of ISIC 2018, ``Test_GroundTruth.csv`` with ``Test_images/<image>.jpg``.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from s3f_pipeline.cohorts.listing import count_passed_over, files_below
from s3f_pipeline.cohorts.tabular import column_names, read_ages, read_table, refuse, row_numbers
from s3f_pipeline.errors import CohortError

TRAIN, TEST = "GroundTruth.csv", "Test_GroundTruth.csv"
IMAGES = {TRAIN: "images", TEST: "Test_images"}
METADATA = ("HAM10000_metadata.csv", "HAM10000_metadata", "HAM10000_metadata.tab")
FACTS = ("lesion_id", "image_id", "dx", "dx_type", "age", "sex", "localization")
MEND = "Get the table again, or mend it."


def list_files(folder: Path, classes: Sequence[str]) -> pd.DataFrame:
    """List every labelled image.

    Args:
        folder: The raw folder ``HAM10000``.
        classes: Class names, the columns of the ground truth.

    Returns:
        The columns of every layout; ``subject`` is the lesion; ``age`` (years), ``sex``, ``site``,
        ``dx_type``, null where unknown, as the lesions of the official test images are.

    Raises:
        CohortError: If the metadata or an image is missing; a row of the ground truth has no label or
            more than one; an image is listed twice, has no lesion id, or has another diagnosis in the
            metadata; or a table has other columns.
    """
    metadata = _read_metadata(folder)
    table = _read_labels(folder, TRAIN, classes).assign(official_split="train")
    if (folder / TEST).is_file():
        test = _read_labels(folder, TEST, classes).assign(official_split="test")
        table = pd.concat([table, test], ignore_index=True)
    files = files_below(folder)
    facts = metadata.reindex(table["image_id"]).reset_index(drop=True)
    _check_images(folder, table, facts, files)
    table = table.assign(
        subject=facts["lesion_id"],
        age=facts["age"],
        sex=facts["sex"],
        site=facts["localization"],
        dx_type=facts["dx_type"],
    )
    others = set(files) - set(table["path"]) - {TRAIN, TEST, *METADATA}
    table.attrs["passed_over"] = count_passed_over(others, _why_passed_over)
    return table


def _check_images(folder: Path, table: pd.DataFrame, facts: pd.DataFrame, files: Sequence[str]) -> None:
    """Check each image against the disk and its row of the metadata."""
    image = table["image_id"]
    refuse(image.duplicated(), image, f"Images listed twice in {folder}", MEND)
    refuse(
        ~table["path"].isin(list(files)),
        table["path"],
        f"Images in the tables of {folder} that are not on disk",
        "Get the images again, or remove their rows.",
    )
    refuse(
        facts["lesion_id"].isna() & (table["official_split"] != "test"),
        image,
        f"Images in {folder} without a lesion id",
        f"Get {METADATA[0]} again.",
    )
    refuse(
        facts["dx"].notna() & (facts["dx"].str.upper() != table["label"]).fillna(False),
        image,
        f"Images in {folder} with another diagnosis in the metadata than in the ground truth",
        MEND,
    )


def _read_labels(folder: Path, name: str, classes: Sequence[str]) -> pd.DataFrame:
    """Read the ground truth as ``image_id``, ``path`` and ``label``."""
    path = folder / name
    table = read_table(path, ["image", *classes])
    unknown = set(column_names(path)) - {"image", *classes}
    if unknown:
        raise CohortError(
            f"Unknown columns in {path}: {', '.join(sorted(unknown))}. Expected are image, "
            f"{', '.join(classes)}. Remove them, or add them to the cohort's classes."
        )
    image = table["image"]
    hot = table[list(classes)].apply(pd.to_numeric, errors="coerce")
    labels = hot.sum(axis=1)
    refuse(image.isna(), row_numbers(table), f"Rows of {path} without an image", MEND)
    refuse(~hot.isin([0, 1]).all(axis=1), image, f"Rows of {path} with other values than 0 and 1", MEND)
    refuse(labels == 0, image, f"Images in {path} without a label", MEND)
    refuse(labels > 1, image, f"Images in {path} with more than one label", MEND)
    return pd.DataFrame(
        {"image_id": image, "path": f"{IMAGES[name]}/" + image + ".jpg", "label": hot.idxmax(axis=1)}
    )


def _read_metadata(folder: Path) -> pd.DataFrame:
    """Read the metadata, indexed by image; unknown age, sex and site are null."""
    path = next((folder / name for name in METADATA if (folder / name).is_file()), None)
    if path is None:
        raise CohortError(
            f"{folder} has no {METADATA[0]}, and without its lesion ids images of one lesion cannot be kept "
            f"together. Get the file HAM10000_metadata from the Harvard Dataverse, "
            f"https://doi.org/10.7910/DVN/DBW86T, and put it into that folder."
        )
    facts = read_table(path, FACTS)
    refuse(facts["image_id"].duplicated(), facts["image_id"], f"Images listed twice in {path}", MEND)
    facts = facts.set_index("image_id").replace("unknown", pd.NA)
    return facts.assign(age=read_ages(facts["age"], path))


def _why_passed_over(path: str) -> str:
    if path.split("/")[0] in IMAGES.values():
        return "images without a label"
    return f"outside {' and '.join(IMAGES.values())}"
