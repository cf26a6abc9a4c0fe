"""What a checklist asks of a network: what it is, how it was trained, and with which software."""

from collections.abc import Mapping
from typing import Any

from s3f_pipeline.evaluation.names import metric_name
from s3f_pipeline.recipe import UNCHANGED
from s3f_pipeline.reporting.answers import SOFTWARE, TRAINING, Found
from s3f_pipeline.reporting.formats import listing, many, shape
from s3f_pipeline.reporting.report_data import ReportData

TOLD_ELSEWHERE = (
    "augmentation", "class_weights", "selection_metric", "precision", "distribution", "deterministic",
)  # fmt: skip
"""Settings that other answers tell, or what came of them."""


def network_answers(report: ReportData) -> Found:
    """What the network is and takes, the software, and the training.

    Args:
        report: All that the report shows.
    """
    training = report.training
    note = report.experiment["network_note"]
    yield (
        "model",
        f"{report.experiment['network_title']}: {many(len(training.network), 'layer')}, "
        f"{many(training.parameters, 'parameter')}, input {shape(training.input_shape)}; all layers stand in "
        f"the report.{f' {note}' if note else ''}",
        TRAINING,
    )
    grey = training.input_shape[-1] == 1
    yield (
        "inputs",
        f"The pixels of one image, in {'grey' if grey else 'colour'}, resized by area averaging to "
        f"{shape(training.input_shape)} (height, width, channels) and scaled to [0, 1].",
        TRAINING,
    )
    versions = ", ".join(f"{name} {of}" for name, of in training.versions.items())
    yield (
        "software",
        f"{versions}. Backend {training.backend}, on {training.device}, in {training.precision}.",
        TRAINING,
    )
    yield from _imported() if training.imported else _trained(report)
    yield "ensembling", "Not applicable: one network, no ensemble.", SOFTWARE


def _imported() -> Found:
    for field in ("initialisation", "training", "augmentation", "imbalance"):
        yield field, "The network was trained elsewhere: how is not in its file.", TRAINING
    yield "selection", "Elsewhere: on which images is not in its file.", TRAINING


def _trained(report: ReportData) -> Found:
    training, settings = report.training, report.training.config.get("training", {})
    weights = (report.training.config.get("options") or {}).get("weights")
    yield (
        "initialisation",
        f"Weights pretrained on {weights}, the head drawn at random with seed {training.seed}."
        if weights not in (None, "none")
        else f"Every layer draws its weights at random, by its own initialiser, with seed {training.seed}.",
        TRAINING,
    )
    yield "training", f"{_optimisation(report, settings)} {_settings(settings)}", TRAINING
    yield "augmentation", _augmentation(settings.get("augmentation", {})), TRAINING
    yield (
        "selection",
        f"Epoch {training.selected_epoch}, the best by {metric_name(training.selection_metric)} on the "
        f"{training.selection_split} images.",
        TRAINING,
    )
    yield "imbalance", _imbalance(report), TRAINING


def _optimisation(report: ReportData, settings: Mapping[str, Any]) -> str:
    optimiser = "AdamW" if settings.get("weight_decay") else "Adam"
    loss = "binary cross-entropy" if report.cohort["positive_class"] else "cross-entropy"
    ran = many(report.training.epochs_run, "epoch")
    return f"{optimiser} minimised the {loss} in {ran} ({report.training.stopped})."


def _settings(settings: Mapping[str, Any]) -> str:
    told = (
        f"{name.replace('_', ' ')} {'none' if value is None else value}"
        for name, value in sorted(settings.items())
        if name not in TOLD_ELSEWHERE
    )
    return f"Settings: {', '.join(told)}."


def _augmentation(settings: Mapping[str, Any]) -> str:
    changed = [
        f"{name.replace('_', ' ')} {value}"
        for name, value in sorted(settings.items())
        if value != getattr(UNCHANGED, name)
    ]
    return f"Training images are varied at random: {listing(changed)}." if changed else "No augmentation."


def _imbalance(report: ReportData) -> str:
    weights = report.training.class_weights
    if len(set(weights.values())) == 1:
        return "No method was used: all images weigh the same in the loss."
    told = ", ".join(f"{report.title(name)} {value:.4f}" for name, value in weights.items())
    return f"The loss weighs images by class, so that rare classes count as much as frequent ones: {told}."
