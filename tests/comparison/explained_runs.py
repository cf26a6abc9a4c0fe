"""Explanations beside finished runs, as the stage would leave them."""

import numpy as np
from explanation_files import explanation_file
from result_files import write_json, write_record

from s3f_pipeline.results.reading import MODELS, PREDICTIONS, REPORTS, folder_of

METHODS = ("grad_cam", "grad_cam_plus_plus")


def write_explanation(run, *, accuracies=(0.6, 0.5, 0.4, 0.7), sampled=None, maps=None, changed=None):
    """Write the explanation of a run: accuracy without each band, and maps of the sampled images."""
    content = explanation_file(run.id)
    test = run.predictions().query("split == 'test'")["image_id"].tolist()
    content["images"]["sampled"] = list(test[:6] if sampled is None else sampled)
    removal = content["frequency"]["removal"]
    bands = [*removal["low_pass"], *removal["high_pass"], *removal["band_stop"]]
    for band, accuracy in zip(bands, accuracies, strict=True):
        band["accuracy"], band["macro_f1"] = accuracy, accuracy / 2
    content |= changed or {}
    folder = folder_of(run.root, REPORTS, run.id) / "explanation"
    found = write_json(folder / "explanation.json", content)
    arrays = folder / "arrays.npz"
    maps = {} if maps is None else {f"sampled_{name}": maps.astype(np.float16) for name in METHODS}
    np.savez_compressed(arrays, allow_pickle=False, **maps)
    record = folder / "explanation.record.json"
    read = {
        "c.p.v.training": folder_of(run.root, MODELS, run.id) / "training.json",
        "c.p.v.predictions": folder_of(run.root, PREDICTIONS, run.id) / "predictions.parquet",
    }
    nouns = {"arrays": "explanation_arrays"}
    write_record(record, "explanation", [found, arrays], "2026-01-01T10:10:00+00:00", read=read, nouns=nouns)
    return folder
