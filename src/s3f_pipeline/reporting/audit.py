"""The leakage audit as one HTML page that refers to nothing outside itself."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np
import pandas as pd

from s3f_pipeline.reporting.facts import (
    guarantee_table,
    guarantee_text,
    reading_name,
    readings_text,
    unused_ids,
)
from s3f_pipeline.reporting.formats import picture_uri
from s3f_pipeline.reporting.page import render_page
from s3f_pipeline.reporting.straddle import offered_grouping, offered_pattern, tried_orders
from s3f_pipeline.results.audit import Audit
from s3f_pipeline.results.splits import SplitSummary
from s3f_pipeline.splits.guarantee import guarantee_total
from s3f_pipeline.splits.shortcuts import FOLDS

MOST_PAIRS = 24
MOST_LABELS = 24
JPEG_QUALITY = 85

LABELS, IDS = "different labels", "different published ids"
ACROSS_TEST, ACROSS_VALIDATION = "across the test set", "across training and validation"
FLAGS = (LABELS, ACROSS_TEST, ACROSS_VALIDATION, IDS)
OTHERS = "all others"

NOT_KNOWN = {
    "patient": "Who is one patient is known from ids alone, and only as well as they are kept.",
    "lesion": "Lesion ids are published, patient ids are not: two lesions of one patient are not recognised.",
    "study": "Examinations are known, patients are not: two examinations of one patient are not recognised.",
    "none": (
        "{no_patients}: different images of one patient are not recognised, and a test set "
        "without twins in training may still hold patients who are in training."
    ),
}


@dataclass(frozen=True)
class AuditData:
    """All that the audit page shows.

    Attributes:
        cohort: ``name``, ``title``, ``class_titles``, ``licence``, ``citation``.
        synthetic: Whether the images are phantoms.
        header_ids: Of ``quality.json``.
        contradictions: Of ``quality.json``.
        incomparable_ids: Of ``quality.json``.
        guarantee: Of the patient-safe split, as ``guarantee_counts`` returns it.
        audit: Of the cohort.
        straddle: What ``straddle_check`` returned, with ``readings``.
        shortcuts: What ``shortcut_audit`` returned.
        suspicious: What ``doubted_labels`` returned, with ``older_runs``: those on other files or labels.
        grouping: Of the cohort's block, with ``sequence``, or ``None``.
        index: One row per image, in the order of the thumbnails.
        thumbnails: uint8 of shape (N, T, T).
        twins: As ``find_twins`` lists them.
        split_summary: Of the patient-safe split.
        demographics: Of the patient-safe split, as ``demographics`` makes them.
        fold: Of the patient-safe split, ``None`` outside of a cross-validation.
        folds: Number of folds.
        file_warnings: What a person should look at in the files, as ``quality.json`` has it.
    """

    cohort: Mapping[str, Any]
    synthetic: bool
    header_ids: Mapping[str, Any] | None
    contradictions: Sequence[Mapping[str, Any]]
    incomparable_ids: str | None
    guarantee: Mapping[str, Any]
    audit: Audit
    straddle: Mapping[str, Any]
    shortcuts: Sequence[Mapping[str, Any]]
    suspicious: Mapping[str, Any]
    grouping: Any
    index: pd.DataFrame
    thumbnails: np.ndarray
    twins: pd.DataFrame
    split_summary: SplitSummary
    demographics: Mapping[str, Any]
    fold: int | None
    folds: int
    file_warnings: Sequence[str] = ()


def render_audit(data: AuditData) -> str:
    """Render the audit as one HTML page without scripts and without external references.

    Args:
        data: Everything the page shows. Text is escaped, whoever wrote it. The test set that the page
            speaks of is the official one or, where there is none, that of the published protocol.

    Returns:
        The HTML page.

    Raises:
        jinja2.UndefinedError: If something that the page must show is missing.
    """
    labels = data.index.set_index("image_id")["label"]
    splits = _splits(data.index, data.audit)
    thumbnails = dict(zip(data.index["image_id"], data.thumbnails, strict=True))

    levels = guarantee_total(data.guarantee)
    known = next((level for level in ("patient", "lesion", "study") if level in levels), None)

    def image(image_id: str) -> dict[str, Any]:
        uri = picture_uri(_jpeg(thumbnails[image_id]))
        return {"id": image_id, "label": labels[image_id], "split": splits.get(image_id), "uri": uri}

    return render_page(
        "audit.html",
        **vars(data),
        guarantee_text=guarantee_text(data.guarantee, data.header_ids, data.incomparable_ids),
        guarantee_table=guarantee_table(data.guarantee),
        offered_grouping=offered_grouping(data.straddle),
        offered_pattern=offered_pattern(data.straddle),
        tried_orders=tried_orders(data.straddle),
        shortcut_folds=FOLDS,
        not_known=NOT_KNOWN[known or "none"].format(
            no_patients=unused_ids(data.header_ids) or "No patient ids are known"
        ),
        shared=known or "group",
        readings_text=readings_text(data.audit),
        straddle_classes=sorted(
            {label for side in data.straddle["neighbours"].values() for label in side["by_class"]}
        ),
        has_official_splits=bool(data.index["official_split"].notna().any()),
        readings=[{**asdict(row), "name": reading_name(row.reading)} for row in data.audit.readings],
        doubted=[
            {**each, "image": image(each["image_id"])} for each in data.suspicious["listed"][:MOST_LABELS]
        ],
        twin_lists=[
            {
                "title": title,
                "count": len(pairs),
                "pairs": [
                    {**pair, "images": [image(pair["first"]), image(pair["second"])]}
                    for pair in pairs.head(MOST_PAIRS).to_dict("records")
                ],
            }
            for title, pairs in sort_pairs(data.index, data.twins, splits).items()
        ],
    )


def sort_pairs(index: pd.DataFrame, twins: pd.DataFrame, splits: dict[str, str]) -> dict[str, pd.DataFrame]:
    """Sort pairs of twins into lists, by what makes them worth a look.

    Args:
        index: With ``image_id``, ``label``, ``subject``.
        twins: As ``find_twins`` lists them.
        splits: Split by image id; images on no split are left out.

    Returns:
        The rows of ``twins`` by the first of ``FLAGS`` that they carry, each pair once, with all its flags in
        the column ``flags``; pairs with none are listed under ``OTHERS``. Each list starts with the least
        similar pairs, which are the first to be doubted. No list is empty.
    """
    facts = index.set_index("image_id")
    first, second = (facts.loc[twins[end]].reset_index() for end in ("first", "second"))
    ends = zip(twins["first"], twins["second"], strict=True)
    sides = [{splits.get(one), splits.get(other)} for one, other in ends]
    same_id = (first["subject"] == second["subject"]) | first["subject"].isna() | second["subject"].isna()
    marks = {
        LABELS: (first["label"] != second["label"]).tolist(),
        ACROSS_TEST: [side in ({"train", "test"}, {"validation", "test"}) for side in sides],
        ACROSS_VALIDATION: [side == {"train", "validation"} for side in sides],
        IDS: (~same_id.astype(bool)).tolist(),
    }
    flags = [[flag for flag in FLAGS if marks[flag][row]] for row in range(len(twins))]
    marked = twins.assign(flags=pd.Series(flags, twins.index, dtype=object))
    marked = marked.sort_values(["similarity", "first", "second"])
    titles = marked["flags"].map(lambda flags: flags[0] if flags else OTHERS)
    return {title: marked[titles == title] for title in (*FLAGS, OTHERS) if (titles == title).any()}


def _splits(index: pd.DataFrame, audit: Audit) -> dict[str, str]:
    """Split by image id: the official one, or that of the published protocol for the groups listed."""
    if index["official_split"].notna().any():
        return dict(index.dropna(subset="official_split")[["image_id", "official_split"]].to_numpy())
    return {
        image_id: split
        for group in audit.listed_groups
        for image_id, split in zip(group.image_ids, group.published_splits, strict=True)
        if split is not None
    }


def _jpeg(thumbnail: np.ndarray) -> bytes:
    encoded = cv2.imencode(".jpg", np.asarray(thumbnail), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1]
    return bytes(encoded)
