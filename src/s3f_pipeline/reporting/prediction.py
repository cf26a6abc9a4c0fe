"""The page of a prediction: a single HTML file."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s3f_pipeline.evaluation.predictions import calibrated_column, probability_column
from s3f_pipeline.images.decode import fit
from s3f_pipeline.reporting.explanation_pictures import overlay, strip
from s3f_pipeline.reporting.page import render_page

FIGURES = ("accuracy", "balanced_accuracy", "macro_f1", "weighted_f1", "auc_macro", "loss", "brier")
OPERATING = ("sensitivity", "specificity", "ppv", "npv")
MOST_UNREADABLE = 100
SHOWN_SIDE = 128
"""Pixels of the longer side of an image."""
Picture = tuple[NDArray[np.uint8], NDArray[np.floating] | None]
"""An image, (H, W, C), and the Grad-CAM of its predicted class, (h, w) in [0, 1]."""


def render_prediction(summary: Mapping[str, Any], table: pd.DataFrame, shown: Mapping[int, Picture]) -> str:
    """Render what was predicted, with the images that most deserve a look.

    Args:
        summary: As ``prediction.run`` makes it.
        table: One row per image.
        shown: Images and their Grad-CAM, by row of the table.

    Returns:
        The HTML page.
    """
    classes = summary["classes"]
    return render_page(
        "prediction.html",
        cohort={"class_titles": summary["class_titles"]},
        summary=summary,
        evaluation=summary["evaluation"],
        synthetic=any(bundle["synthetic"] for bundle in summary["bundles"]),
        shown=[
            {"picture": _picture(*picture), **_described(table.iloc[row], classes)}
            for row, picture in shown.items()
        ],
        figures=FIGURES,
        operating=OPERATING,
        unreadable=summary["unreadable"][:MOST_UNREADABLE],
        created=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )


def _picture(image: NDArray[np.uint8], cells: NDArray[np.floating] | None) -> bytes:
    """An image as a small PNG file, and beside it where its map is high."""
    scale = SHOWN_SIDE / max(image.shape[:2])
    height, width = (max(1, round(scale * side)) for side in image.shape[:2])
    small = fit(image, height, width)
    return strip([small] if cells is None else [small, overlay(small, cells)])


def _described(row: pd.Series, classes: list[str]) -> dict[str, Any]:
    """What stands beside an image."""
    probability, calibrated = (
        float(row[column(row["predicted"])]) for column in (probability_column, calibrated_column)
    )
    sets = {name: row[f"set_{name}"] for name in classes}
    return {
        "image": row["image"],
        "label": row.get("label"),
        "predicted": row["predicted"],
        "probability": probability,
        "calibrated": None if pd.isna(calibrated) else calibrated,
        "set": None if any(map(pd.isna, sets.values())) else [name for name in sets if sets[name]],
        "ood": bool(row["ood"]) if pd.notna(row["ood"]) else None,
        "twin": bool(row["twin"]) if pd.notna(row["twin"]) else None,
    }
