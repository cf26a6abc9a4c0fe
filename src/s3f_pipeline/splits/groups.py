"""Groups: images that must stay on one side of every split."""

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def make_groups(index: pd.DataFrame, twins: pd.DataFrame) -> pd.DataFrame:
    """Unite published groups and twins.

    Two images are in one group if a chain of equal published group ids and twin pairs leads from one
    to the other.

    Args:
        index: With ``image_id`` and ``group`` (patient or lesion id, null where unknown).
        twins: As ``find_twins`` lists them.

    Returns:
        In the order of ``index``: ``image_id``; ``group``, named after its smallest image id;
        ``twin_set``, the images connected by twin pairs alone, named likewise, null for an image
        without a twin.
    """
    ids = index["image_id"]
    twin_sets = connected(index, twins)
    has_twin = np.bincount(twin_sets)[twin_sets] > 1
    return pd.DataFrame(
        {
            "image_id": ids,
            "group": _smallest_id(ids, connected(index, twins, published=True)),
            "twin_set": _smallest_id(ids, twin_sets).where(has_twin),
        }
    ).astype("string")


def join_groups(index: pd.DataFrame, groups: pd.DataFrame) -> pd.DataFrame:
    """One row per image, in the order of ``index``: ids, ``label``, ``official_split`` and groups."""
    facts = index[["image_id", "label", "official_split"]]
    return facts.merge(groups, on="image_id", how="left", validate="1:1")


def connected(index: pd.DataFrame, twins: pd.DataFrame, *, published: bool = False) -> np.ndarray:
    """Number the connected components of the images of a cohort.

    Args:
        index: With ``image_id`` and ``group``.
        twins: Pairs of image ids, ``first`` and ``second``.
        published: Whether equal published group ids connect images too.

    Returns:
        The number of each image's component, of shape (len(index),).
    """
    position = pd.Series(np.arange(len(index)), index=index["image_id"])
    first, second = position.loc[twins["first"]], position.loc[twins["second"]]
    if published:
        is_known = index["group"].notna().to_numpy(dtype=bool)
        known = position[is_known]
        leaders = known.groupby(index["group"].to_numpy()[is_known]).transform("first")
        first, second = pd.concat([first, leaders]), pd.concat([second, known])
    edges = coo_array((np.ones(len(first), bool), (first, second)), shape=(len(index), len(index)))
    return connected_components(edges, directed=False)[1]


def _smallest_id(ids: pd.Series, components: np.ndarray) -> pd.Series:
    return ids.groupby(components).transform("min")
