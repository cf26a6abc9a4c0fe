"""Groups: images that must stay on one side of every split."""

from typing import Literal

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

BY_HEADER = "subject_by_header"
STUDY = "study"


def make_groups(
    index: pd.DataFrame,
    twins: pd.DataFrame,
    *,
    subject: Literal["patient", "lesion"] = "patient",
    runs: pd.Series | None = None,
) -> pd.DataFrame:
    """Unite subjects, examinations, twins and runs of files.

    Two images are in one group if a chain of equal subjects, examinations, twin pairs and equal runs leads
    from one to the other. A run holds together the images alone whose subject is not known.

    Args:
        index: With ``image_id`` and ``subject`` (patient or lesion id, null where unknown); where DICOM
            headers told them, ``subject_by_header`` (patient) and ``study`` (examination).
        twins: As ``find_twins`` lists them.
        subject: What an id of the column ``subject`` stands for.
        runs: Run of files of each image, in the order of ``index``, null where there is none.

    Returns:
        In the order of ``index``: ``image_id``; ``group``, named after its smallest image id;
        ``twin_set``, the images connected by twin pairs alone, named likewise, null for an image
        without a twin; ``guarantee``, what keeping the group on one side keeps apart for this image:
        ``patient`` or ``lesion`` where its subject is known, else ``study`` where its examination is, else
        ``sequence`` where it is in a run, else ``near_duplicate``.
    """
    ids = index["image_id"]
    links = subject_links(index)
    levels = ["patient", subject, "study"]
    is_kept = [_is_known(index, column) for column in (BY_HEADER, "subject", STUDY)]
    if runs is not None:
        links.append(runs.mask(is_kept[0] | is_kept[1]))
        levels.append("sequence")
        is_kept.append(links[-1].notna().to_numpy(dtype=bool))
    twin_sets = connected(index, twins)
    has_twin = np.bincount(twin_sets)[twin_sets] > 1
    return pd.DataFrame(
        {
            "image_id": ids,
            "group": _smallest_id(ids, connected(index, twins, *links)),
            "twin_set": _smallest_id(ids, twin_sets).where(has_twin),
            "guarantee": np.select(is_kept, levels, "near_duplicate"),
        }
    ).astype("string")


def subject_links(index: pd.DataFrame) -> list[pd.Series]:
    """The columns of ``index`` of whose equal values images are of one patient, lesion or examination."""
    return [index[name] for name in ("subject", BY_HEADER, STUDY) if name in index]


def join_groups(index: pd.DataFrame, groups: pd.DataFrame) -> pd.DataFrame:
    """One row per image, in the order of ``index``: ids, ``label``, ``official_split`` and groups."""
    facts = index[["image_id", "label", "official_split"]]
    return facts.merge(groups, on="image_id", how="left", validate="1:1")


def connected(index: pd.DataFrame, twins: pd.DataFrame, *links: pd.Series) -> np.ndarray:
    """Number the connected components of the images of a cohort.

    Args:
        index: With ``image_id``.
        twins: Pairs of image ids, ``first`` and ``second``.
        links: Each connects the images of which it has equal values, in the order of ``index``; null
            connects nothing.

    Returns:
        The number of each image's component, of shape (len(index),).
    """
    position = pd.Series(np.arange(len(index)), index=index["image_id"])
    first, second = position.loc[twins["first"]], position.loc[twins["second"]]
    for link in links:
        is_known = link.notna().to_numpy(dtype=bool)
        known = position[is_known]
        leaders = known.groupby(link.to_numpy()[is_known]).transform("first")
        first, second = pd.concat([first, leaders]), pd.concat([second, known])
    edges = coo_array((np.ones(len(first), bool), (first, second)), shape=(len(index), len(index)))
    return connected_components(edges, directed=False)[1]


def _is_known(index: pd.DataFrame, column: str) -> np.ndarray:
    if column not in index:
        return np.zeros(len(index), bool)
    return index[column].notna().to_numpy(dtype=bool)


def _smallest_id(ids: pd.Series, components: np.ndarray) -> pd.Series:
    return ids.groupby(components).transform("min")
