"""What another cohort knows of the images: tables that ``<cohort>_link_patients`` writes.

A row is meant for the image of its name and confirmed by its perceptual hash, so that other pictures under
the same names get no ids.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from s3f_pipeline.cohorts.listing import CARRIED
from s3f_pipeline.cohorts.subjects import one_spelling
from s3f_pipeline.cohorts.tabular import column_names, read_ages, read_table, refuse, row_numbers
from s3f_pipeline.errors import CohortError
from s3f_pipeline.files import on_disk
from s3f_pipeline.spelling import compose

SHIPPED = Path(__file__).parent / "tables"
NEEDED = ("image", "subject", "phash")
HASH_BITS = 8
"""Bits of 64 in which the hash of a named image may differ; measured, see ``tables/README.md``."""
LEAST_CONFIRMED = 0.5
"""Share of the named images above which a table is of these images at all."""


@dataclass(frozen=True)
class Linked:
    """What a table knows of the images of an index.

    Attributes:
        index: With the further columns that the table has.
        subject: Of each image by the table, in the order of the index; null where it knows none.
        named: Images whose name is in the table.
        others: Of those, images that are other pictures.
    """

    index: pd.DataFrame
    subject: pd.Series
    named: int
    others: int

    @property
    def linked(self) -> int:
        """Images whose subject the table knows."""
        return int(self.subject.notna().sum())

    def warning(self, table: str) -> str | None:
        """Say in one sentence what a person should know, ``None`` where all is well."""
        if not self.named:
            return f"No image carries a name of the table {table}: no subject is known from it"
        if not self.others:
            return None
        told = (
            f"{self.others} of {self.named} images carry a name of the table {table} but are other pictures"
        )
        if self.linked:
            return f"{told}: they get no subject from it"
        return f"{told}, so the table is not of these images: no image gets a subject from it"


def find_table(name: str, folder: Path) -> Path:
    """Find a table in the raw folder, else among those that ship with this package.

    Raises:
        CohortError: If it is in neither.
    """
    for place in (folder, SHIPPED):
        if (table := on_disk(place, name)).is_file():
            return table
    shipped = ", ".join(sorted(path.name for path in SHIPPED.glob("*.csv")))
    raise CohortError(
        f"The table {name}, which the cohort's link names, is neither in {folder} nor one of those that ship "
        f"with this package ({shipped}). Put it there, or take 'table' out of the link and make it with "
        f"kedro run --pipeline=<cohort>_link_patients."
    )


def read_links(path: Path) -> pd.DataFrame:
    """Read a table of links.

    Returns:
        With ``image``, ``subject`` (null where unknown), ``phash``, and those of ``age``, ``sex`` and
        ``site`` that it has.

    Raises:
        CohortError: If it lacks a column, a hash is none, an image is listed twice, or a subject is spelt
            in two ways.
    """
    table = read_table(path, NEEDED, CARRIED)
    refuse(table["image"].isna(), row_numbers(table), f"Rows of {path} without an image", "Make it again.")
    table["image"] = table["image"].map(compose)
    refuse(table["image"].duplicated(), table["image"], f"Images listed twice in {path}", "Make it again.")
    is_hash = table["phash"].str.fullmatch("[0-9a-f]{16}").fillna(False).astype(bool)
    refuse(~is_hash, table["image"], f"Images in {path} whose phash is none", "Make it again.")
    if "age" in column_names(path):
        table["age"] = read_ages(table["age"], path)
    return table.assign(subject=one_spelling(table["subject"], f"the column subject of {path}"))


def add_links(index: pd.DataFrame, links: pd.DataFrame) -> Linked:
    """Look up what a table knows of images.

    A table of which fewer than half of the named images are confirmed is of other images, and is not used.

    Args:
        index: With ``image_id`` and ``phash``.
        links: As ``read_links`` reads them.
    """
    rows = links.set_index("image").reindex(index["image_id"]).set_axis(index.index)
    named = rows["phash"].notna().to_numpy(dtype=bool)
    distance = np.bitwise_count(_bits(rows["phash"][named]) ^ _bits(index["phash"][named]))
    confirmed = named.copy()
    confirmed[named] = distance <= HASH_BITS
    others = int(named.sum() - confirmed.sum())
    if confirmed.sum() <= LEAST_CONFIRMED * named.sum():
        return Linked(index, pd.Series(pd.NA, index.index, "string"), int(named.sum()), others)
    known = rows.where(pd.Series(confirmed, index=rows.index))
    filled = {column: known[column] for column in CARRIED if column in known and column not in index}
    return Linked(index.assign(**filled), known["subject"].astype("string"), int(named.sum()), others)


def report_links(linked: Linked, path: Path, folder: Path) -> Mapping[str, object]:
    """Describe for ``quality.json`` what came from a table."""
    place = "raw folder" if folder in path.parents else "shipped with s3f_pipeline"
    counts = {"named": linked.named, "other_pictures": linked.others, "linked": linked.linked}
    return {"table": path.name, "from": place, **counts, "warning": linked.warning(path.name)}


def _bits(hashes: pd.Series) -> np.ndarray:
    return np.array([int(digits, 16) for digits in hashes], np.uint64)
