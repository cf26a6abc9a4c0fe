"""The leakage audit as one HTML page that refers to nothing outside itself."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import pandas as pd

from s3f_pipeline.reporting.facts import GUARANTEES
from s3f_pipeline.reporting.page import render_page

MOST_PAIRS = 48
JPEG_QUALITY = 85


@dataclass(frozen=True)
class AuditData:
    """All that the audit page shows.

    Attributes:
        cohort: ``name``, ``title``, ``licence``, ``citation``.
        synthetic: Whether the images are phantoms.
        guarantee: What a patient-safe split keeps on one side.
        audit: Content of ``leakage_audit.json``.
        index: One row per image, in the order of the thumbnails.
        thumbnails: uint8 of shape (N, T, T).
        twins: As ``find_twins`` lists them.
        split_summary: Of the patient-safe split, as ``split_summary`` makes it.
        demographics: Of the patient-safe split, as ``demographics`` makes them.
    """

    cohort: Mapping[str, Any]
    synthetic: bool
    guarantee: str
    audit: Mapping[str, Any]
    index: pd.DataFrame
    thumbnails: np.ndarray
    twins: pd.DataFrame
    split_summary: Mapping[str, Any]
    demographics: Mapping[str, Any]


def render_audit(data: AuditData) -> str:
    """Render the audit as one HTML page without scripts and without external references.

    At most ``MOST_PAIRS`` pairs of twins are shown: first those with different labels, then those across
    the official test set, then the least similar ones, which are the first to be doubted.
    """
    chosen = choose_pairs(data.index, data.twins)
    return render_page(
        "audit.html",
        **vars(data),
        guarantee_text=GUARANTEES[data.guarantee],
        readings=[
            {**reading, "name": _reading_name(reading["reading"])} for reading in data.audit["readings"]
        ],
        pairs=_show(chosen, data.index, data.thumbnails),
        unshown=len(data.twins) - len(chosen),
    )


def choose_pairs(index: pd.DataFrame, twins: pd.DataFrame) -> pd.DataFrame:
    """Choose the pairs that a reader should see.

    Args:
        index: With ``image_id``, ``label``, ``official_split``.
        twins: As ``find_twins`` lists them.

    Returns:
        Rows of ``twins`` with the columns ``contradictory`` and ``across`` (the official test set), the most
        notable ones first.
    """
    facts = index.set_index("image_id")
    labels, splits = facts["label"], facts["official_split"].eq("test").fillna(False)
    first, second = twins["first"], twins["second"]
    marked = twins.assign(
        contradictory=labels.loc[first].to_numpy() != labels.loc[second].to_numpy(),
        across=splits.loc[first].to_numpy() != splits.loc[second].to_numpy(),
    )
    order = ["contradictory", "across", "similarity", "first", "second"]
    return marked.sort_values(order, ascending=[False, False, True, True, True]).head(MOST_PAIRS)


def _show(pairs: pd.DataFrame, index: pd.DataFrame, thumbnails: np.ndarray) -> list[dict[str, Any]]:
    rows = pd.Series(np.arange(len(index)), index=index["image_id"])

    def image(image_id: str) -> dict[str, Any]:
        row = rows[image_id]
        split = index["official_split"].iloc[row]
        return {
            "id": image_id,
            "label": index["label"].iloc[row],
            "split": None if pd.isna(split) else split,
            "uri": _jpeg_uri(thumbnails[row]),
        }

    return [
        {"images": [image(pair["first"]), image(pair["second"])], **{str(k): v for k, v in pair.items()}}
        for pair in pairs.to_dict("records")
    ]


def _reading_name(column: str) -> str:
    return "as used here" if column == "group" else column.removeprefix("group_").replace("_", " ")


def _jpeg_uri(thumbnail: np.ndarray) -> str:
    encoded = cv2.imencode(".jpg", np.asarray(thumbnail), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1]
    return f"data:image/jpeg;base64,{b64encode(encoded.tobytes()).decode('ascii')}"
