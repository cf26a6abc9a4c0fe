"""Deal images anew to the places of files, and leave together what is known to belong together."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np


def deal_anew(
    lists: Sequence[np.ndarray],
    groups: np.ndarray,
    kinds: np.ndarray,
    permutations: int,
    rng: np.random.Generator,
) -> list[np.ndarray]:
    """Exchange known groups with one another, in all lists at once.

    Files of a group that follow one another are a segment, which is moved as a whole. Groups are exchanged
    if they lie alike: in each list with one segment each, of whatever length, or with segments of
    equal lengths; where a list has files of several kinds, these must be equal too. Such exchanges form
    groups in the sense of algebra: if it was chance which of these groups stands where, the real deal
    is one draw among the random ones, so that p values from them are exact, whatever the images of a
    group have in common. Where no group is known, each image is exchanged with any other.

    Args:
        lists: Rows of the images of each list, in the order of its files.
        groups: Number of each image's known group, of shape (images,).
        kinds: Kind of each image's file, of shape (images,).
        permutations: Number of random deals.
        rng: Source of the deals.

    Returns:
        For each list int32 of shape (1 + permutations, files): the place in the list from which the image
        at each place comes. The first row is the real deal.
    """
    if not lists:
        return []
    rows = np.concatenate(lists)
    borders = np.cumsum([len(files) for files in lists])
    where = np.repeat(np.arange(len(lists)), [len(files) for files in lists])
    starts = np.flatnonzero(np.append(True, (np.diff(where) != 0) | (np.diff(groups[rows]) != 0)))
    lengths = np.diff(np.append(starts, len(rows)))
    alike = _groups_that_lie_alike(where, groups[rows], kinds[rows], starts)
    deals = np.empty((1 + permutations, len(rows)), np.int32)
    deals[0] = places = np.arange(len(rows))
    for deal in deals[1:]:
        segment = np.arange(len(starts))
        for segments in alike:
            segment[segments] = segments[rng.permutation(len(segments))]
        moved = lengths[segment]
        deal[:] = np.repeat(starts[segment] - np.cumsum(moved) + moved, moved) + places
    begins = np.append(0, borders[:-1])
    return [deal - begin for deal, begin in zip(np.split(deals, borders[:-1], axis=1), begins, strict=True)]


def _groups_that_lie_alike(
    where: np.ndarray, groups: np.ndarray, kinds: np.ndarray, starts: np.ndarray
) -> list[np.ndarray]:
    """The segments of each set of groups that can be exchanged, of shape (groups, segments of each)."""
    ends = np.append(starts[1:], len(where))
    is_mixed = [len(np.unique(kinds[where == place])) > 1 for place in range(where[-1] + 1)]
    segments = defaultdict(list)
    for segment, start in enumerate(starts):
        segments[groups[start]].append(segment)
    alike = defaultdict(list)
    for own in segments.values():
        lists = where[starts[own]]
        form = tuple(
            (place, tuple(kinds[starts[segment] : ends[segment]]))
            if is_mixed[place]
            else (place, 0 if np.sum(lists == place) == 1 else ends[segment] - starts[segment])
            for place, segment in zip(lists, own, strict=True)
        )
        alike[form].append(own)
    return [np.array(own) for own in alike.values() if len(own) > 1]
