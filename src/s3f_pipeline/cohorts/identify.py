"""Who is who in a cohort, by all that file names, tables, links and DICOM headers tell."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from s3f_pipeline.cohorts.header_subjects import describe_headers, header_warnings, read_headers
from s3f_pipeline.cohorts.identities import (
    contradiction_warning,
    incomparable_ids,
    join_identities,
    other_ids,
)
from s3f_pipeline.cohorts.links import add_links, read_links, report_links
from s3f_pipeline.cohorts.subjects import Subject
from s3f_pipeline.identity import BY_HEADER, BY_LINK, STUDY

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Identified:
    """An index that tells who is who.

    Attributes:
        index: With what ``join_identities`` puts into it.
        links: What came from a table of links, ``None`` without one.
        facts: ``header_ids``, ``contradictions`` and ``incomparable_ids`` of ``quality.json``.
        warnings: Sentences that a person should read.
    """

    index: pd.DataFrame
    links: Mapping[str, Any] | None
    facts: dict[str, Any]
    warnings: list[str]


def identify(
    index: pd.DataFrame,
    pseudonyms: pd.DataFrame,
    *,
    subject: Subject,
    table_of_links: Path | None,
    linked_to: str | None,
    folder: Path,
    use_headers: bool,
) -> Identified:
    """Join all that is known of who is who.

    Args:
        index: With ``subject`` as table or file names tell it, and ``format``.
        pseudonyms: As ``ingest`` returns them.
        subject: What an id of the column ``subject`` stands for.
        table_of_links: As ``find_table`` finds it, ``None`` where the cohort has none.
        linked_to: The cohort that the table knows the images from, which becomes their ``source``.
        folder: The raw folder.
        use_headers: Whether the ids of DICOM headers are used, and not only counted.
    """
    links = None
    readings: dict[str, pd.Series] = {}
    if table_of_links:
        linked = add_links(index, read_links(table_of_links))
        links = report_links(linked, table_of_links, folder)
        source = linked.subject.where(linked.subject.isna(), linked_to)
        index = linked.index.assign(source=source)
        readings[BY_LINK] = linked.subject
        logger.info(
            "%d of %d images have a subject by the table %s", linked.linked, len(index), table_of_links.name
        )
    headers = read_headers(pseudonyms)
    header_ids = describe_headers(
        index["format"] == "DICOM",
        headers[BY_HEADER],
        headers[STUDY],
        used=use_headers,
        beside=other_ids(index["subject"], readings),
    )
    if header_ids and header_ids["message"]:
        logger.log(logging.INFO if use_headers else logging.WARNING, "%s", header_ids["message"])
    if use_headers:
        readings |= headers
    incomparable = incomparable_ids(index["subject"], readings, of=subject)
    index, contradictions = join_identities(index, readings, subject=subject)
    facts = {
        "header_ids": header_ids,
        "contradictions": contradictions,
        "incomparable_ids": incomparable,
    }
    warnings = [
        *([incomparable] if incomparable else []),
        *map(contradiction_warning, contradictions),
        *(header_warnings(header_ids) if header_ids else []),
    ]
    return Identified(index, links, facts, warnings)
