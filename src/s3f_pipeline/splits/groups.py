"""Groups: images that must stay on one side of every split."""

from typing import Literal

import numpy as np
import pandas as pd

from s3f_pipeline.identity import BY_HEADER, BY_LINK, HOLDING, STUDY, SUBJECT, components


def make_groups(
    index: pd.DataFrame,
    twins: pd.DataFrame,
    *,
    subject: Literal["patient", "lesion"] = "patient",
    runs: pd.Series | None = None,
) -> pd.DataFrame:
    """Unite subjects, examinations, twins and runs of files.

    Two images are in one group if a chain of equal subjects, examinations, twin pairs and equal runs leads
    from one to the other. A run holds together its images whose subject is not known, and with them the
    others of the run if these are of one group anyway: those of several patients it would tie to each other,
    who merely lie side by side.

    Args:
        index: With ``image_id`` and ``subject`` (patient or lesion id, null where unknown); where another
            table tells it, ``subject_by_link`` (likewise); where DICOM headers tell them,
            ``subject_by_header`` (patient) and ``study`` (examination).
        twins: As ``find_twins`` lists them.
        subject: What an id of the column ``subject`` stands for.
        runs: Run of files of each image, in the order of ``index``, null where there is none.

    Returns:
        In the order of ``index``: ``image_id``; ``group``, named after its smallest image id;
        ``twin_set``, the images connected by twin pairs alone, named likewise, null for an image
        without a twin; ``sequence``, its run; ``guarantee``, what keeping the group on one side keeps apart
        for this image: ``patient`` or ``lesion`` where its subject is known, else ``study`` where its
        examination is, else ``sequence`` where it is in a run, as long as the split leaves all of it on one
        side, else ``near_duplicate``.
    """
    ids = index["image_id"]
    links = subject_links(index)
    levels = {BY_HEADER: "patient", SUBJECT: subject, BY_LINK: subject, STUDY: "study"}
    is_known = {column: _is_known(index, column) for column in levels}
    is_somebody = is_known[BY_HEADER] | is_known[SUBJECT] | is_known[BY_LINK]
    sequence = pd.Series(pd.NA, index.index, "string") if runs is None else runs
    known = pd.Series(connected(index, twins, *links), index.index).where(is_somebody)
    links.append(sequence.mask(is_somebody & (known.groupby(sequence).transform("nunique") > 1)))
    is_in_run = sequence.notna().to_numpy(dtype=bool)
    twin_sets = connected(index, twins)
    has_twin = np.bincount(twin_sets)[twin_sets] > 1
    return pd.DataFrame(
        {
            "image_id": ids,
            "group": _smallest_id(ids, connected(index, twins, *links)),
            "twin_set": _smallest_id(ids, twin_sets).where(has_twin),
            "sequence": sequence,
            "guarantee": np.select(
                [*is_known.values(), is_in_run], [*levels.values(), "sequence"], "near_duplicate"
            ),
        }
    ).astype("string")


def subject_links(index: pd.DataFrame) -> list[pd.Series]:
    """The columns of ``index`` of whose equal values images are of one patient, lesion or examination."""
    return [index[name] for name in HOLDING if name in index]


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
    pairs = np.stack([position.loc[twins["first"]], position.loc[twins["second"]]], axis=1)
    return components(len(index), *links, pairs=pairs)


def _is_known(index: pd.DataFrame, column: str) -> np.ndarray:
    if column not in index:
        return np.zeros(len(index), bool)
    return index[column].notna().to_numpy(dtype=bool)


def _smallest_id(ids: pd.Series, components: np.ndarray) -> pd.Series:
    return ids.groupby(components).transform("min")
