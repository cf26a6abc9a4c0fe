"""Who is who by all that is known of it: table or file names, link tables, DICOM headers.

Each reading holds images together, whatever the others say: an id is never set aside because another one is
known. Where readings contradict each other, that is told.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import combinations, compress, permutations
from typing import Any

import pandas as pd

from s3f_pipeline.cohorts.subjects import Subject
from s3f_pipeline.identity import BY_HEADER, BY_LINK, STUDY, SUBJECT

NAMES = {
    SUBJECT: "ids in the table or the file names",
    BY_LINK: "ids in the link table",
    BY_HEADER: "patients in the DICOM headers",
    STUDY: "examinations in the DICOM headers",
}
"""What people are told of the readings."""
MOST_NAMED = 5


def join_identities(
    index: pd.DataFrame, readings: Mapping[str, pd.Series], *, subject: Subject
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Put all that is known of who is who into the index.

    Args:
        index: With ``path`` and ``subject``, as table or file names tell it.
        readings: What else is known, each in the order of ``index``, null where it says nothing:
            ``subject_by_link`` (patient or lesion, as ``subject``), ``subject_by_header`` (patient) and
            ``study`` (examination).
        subject: What an id of the column ``subject`` stands for.

    Returns:
        The index and the contradictions.

        In the index ``subject`` is filled in by the link table, then, if it stands for patients, by
        headers. A reading becomes a column unless all that it says follows from ``subject``.

        A contradiction is an id of a patient, lesion or examination that has several patients by another
        reading, or an id of a lesion that has several lesions: ``whole`` and ``parts`` (names of the two
        readings), the number of ``ids`` and ``images``, and paths as ``examples``.
    """
    columns = {SUBJECT: index[SUBJECT]}
    for name in (BY_LINK, BY_HEADER) if subject == "patient" else (BY_LINK,):
        if name in readings:
            columns[SUBJECT] = columns[SUBJECT].fillna(readings[name])
    for name, ids in readings.items():
        says_more = name == BY_HEADER and subject == "lesion" and ids.notna().any()
        if says_more or not _follows(ids, columns[SUBJECT]):
            columns[name] = ids
    return index.assign(**columns), list(_contradictions(index, readings, subject))


def contradiction_warning(contradiction: Mapping[str, Any]) -> str:
    """Say in one sentence which readings contradict each other.

    Args:
        contradiction: As ``join_identities`` returns it.
    """
    return (
        f"{contradiction['ids']} {contradiction['whole']} have several {contradiction['parts']} "
        f"({contradiction['images']} images, which stay together, such as "
        f"{', '.join(contradiction['examples'])})"
    )


def incomparable_ids(subject: pd.Series, readings: Mapping[str, pd.Series], *, of: Subject) -> str | None:
    """Say which images have ids that cannot be compared, as they are known by different readings alone.

    Args:
        subject: As table or file names tell it.
        readings: As for ``join_identities``; examinations do not count.
        of: What an id of ``subject`` stands for.

    Returns:
        A sentence without its full stop; ``None`` if any two images with ids have one of the same kind.
    """
    named = {name: ids.notna() for name, ids in {SUBJECT: subject, **readings}.items() if name != STUDY}
    rows = zip(*named.values(), strict=True)
    kinds = Counter(frozenset(compress(named, row)) for row in rows)
    del kinds[frozenset()]
    pairs = combinations(kinds, 2)
    apart = {kind for one, other in pairs if one.isdisjoint(other) for kind in (one, other)}
    if not apart:
        return None
    told = ", ".join(
        f"{kinds[kind]} have none but {' and '.join(NAMES[name] for name in NAMES if name in kind)}"
        for kind in sorted(apart, key=lambda kind: [name not in kind for name in NAMES])
    )
    return (
        f"Of the images with ids, {told}: such ids cannot be compared, and one {of} may be among both and on "
        f"two sides"
    )


def other_ids(subject: pd.Series, readings: Mapping[str, pd.Series]) -> str | None:
    """What people are told of the ids that are known without headers, ``None`` where there are none.

    Args:
        subject: As table or file names tell it.
        readings: As for ``join_identities``, without those of headers.
    """
    named = [name for name, ids in {SUBJECT: subject, **readings}.items() if ids.notna().any()]
    return " and the ".join(NAMES[name] for name in named) or None


def _follows(ids: pd.Series, subject: pd.Series) -> bool:
    """Whether images of one id are images of one subject."""
    subjects = subject[ids.notna()].groupby(ids).nunique(dropna=False)
    return bool(subject[ids.notna()].notna().all() and subjects.le(1).all())


def _contradictions(
    index: pd.DataFrame, readings: Mapping[str, pd.Series], subject: Subject
) -> Iterator[dict[str, Any]]:
    levels = {SUBJECT: subject, BY_LINK: subject, BY_HEADER: "patient", STUDY: "study"}
    named = {SUBJECT: index[SUBJECT], **readings}
    for whole, parts in permutations(named, 2):
        if levels[parts] != "patient" and (levels[whole], levels[parts]) != ("lesion", "lesion"):
            continue
        several = named[parts].groupby(named[whole]).transform("nunique").gt(1).fillna(False)
        images = several & named[parts].notna()
        if images.any():
            yield {
                "whole": NAMES[whole],
                "parts": NAMES[parts],
                "ids": int(named[whole][images].nunique()),
                "images": int(images.sum()),
                "examples": index["path"][images].head(MOST_NAMED).tolist(),
            }
