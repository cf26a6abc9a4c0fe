"""The columns of an index that tell who is who, and what equal values hold together."""

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

SUBJECT = "subject"
"""Patient or lesion, by whatever is known of it first."""
BY_LINK = "subject_by_link"
"""Patient or lesion by a link table, where it says other than ``subject``, or more."""
BY_HEADER = "subject_by_header"
"""Patient by DICOM headers, likewise."""
STUDY = "study"
"""Examination by DICOM headers, likewise."""
HOLDING = (SUBJECT, BY_LINK, BY_HEADER, STUDY)
"""Equal values of these hold images together."""


def components(count: int, *links: pd.Series, pairs: np.ndarray | None = None) -> np.ndarray:
    """Number the connected components of rows.

    Args:
        count: Number of rows.
        links: Each connects the rows of which it has equal values; null connects nothing.
        pairs: Positions of rows that are connected besides, of shape (n, 2).

    Returns:
        The number of each row's component, of shape (count,).
    """
    edges = [np.empty((0, 2), np.int64) if pairs is None else pairs]
    for link in links:
        known = np.flatnonzero(link.notna())
        leaders = pd.Series(known).groupby(link.to_numpy()[known]).transform("first")
        edges.append(np.stack([leaders, known], axis=1))
    first, second = np.concatenate(edges).T
    graph = coo_array((np.ones(len(first), bool), (first, second)), shape=(count, count))
    return connected_components(graph, directed=False)[1]
