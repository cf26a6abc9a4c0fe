"""Nodes of the prediction."""

import shutil
from pathlib import Path
from typing import Any

import pandas as pd

from s3f_pipeline.config.loader import current_loader
from s3f_pipeline.config.names import PREDICT
from s3f_pipeline.config.schema import EvaluationConfig, IngestionConfig, PredictionRequest
from s3f_pipeline.errors import PredictionError
from s3f_pipeline.pipelines.finished import named_bundles

CHUNKS, UNPACKED, FETCHED = "chunks", ".unpacked", ".fetched"
"""Folders beside the results: predictions that are there already, what a zip file holds, MLflow's bundle."""


def predict(
    request: PredictionRequest,
    ingestion: IngestionConfig,
    evaluation: EvaluationConfig,
    bundles_folder: Path,
    folder: Path,
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any], str]:
    """Predict the images that a user names, and evaluate if there are labels.

    Returns:
        The table, once for Parquet and once for CSV; the summary; the page.

    Raises:
        PredictionError: If no model or no image is named, or they are not what they must be.
        BundleError: If a bundle is damaged.
    """
    from s3f_pipeline.prediction.decisions import for_spreadsheets
    from s3f_pipeline.prediction.external import Draws
    from s3f_pipeline.prediction.run import Request, predict_and_tell
    from s3f_pipeline.reporting.prediction import render_prediction

    if request.model is None or request.images is None:
        missing = "model" if request.model is None else "images"
        raise PredictionError(
            f"{missing} is not named. For example: kedro run{current_loader().env_option} "
            f'--pipeline={PREDICT} --params="model=brisc_bilinear,images=<folder, image, table or zip file>"'
        )
    unpacked, fetched = folder / UNPACKED, folder / FETCHED
    for temporary in (unpacked, fetched):
        _clear(temporary)
        temporary.mkdir()
    try:
        bundles = named_bundles(request.model, bundles_folder, fetched)
        told = predict_and_tell(
            Request(Path(request.images).expanduser(), request.label, request.patient, request.model),
            bundles,
            folder / CHUNKS,
            unpacked,
            max_pixels=round(ingestion.max_megapixels * 1e6),
            workers=ingestion.workers,
            draws=Draws(**evaluation.model_dump(include={"replicates", "confidence", "seed"})),
        )
    finally:
        _clear(unpacked)
        _clear(fetched)
    page = render_prediction(told.summary, told.table, told.shown)
    return told.table, for_spreadsheets(told.table), told.summary, page


def _clear(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
