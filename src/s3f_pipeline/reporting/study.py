"""What a checklist asks of a study, answered from the artefacts of a run and the card of its cohort."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from s3f_pipeline.evaluation.names import metric_name
from s3f_pipeline.reporting import explanation, facts
from s3f_pipeline.reporting.formats import count, interval, listing, many, percent, score, shape
from s3f_pipeline.reporting.report_data import ReportData
from s3f_pipeline.reporting.summary import MOST_CONFUSIONS, confusions
from s3f_pipeline.reporting.trust import reasons_against

METRICS, TRAINING, QUALITY = "metrics.json", "training.json", "quality.json"
SPLITS, AUDIT, EXPLANATION = "splits.parquet", "leakage_audit.json", "explanation.json"
NAMED = ("accuracy", "balanced_accuracy", "macro_f1", "kappa", "auc_macro", "brier", "ece")
CARD = "configuration, cohorts.{cohort}.card.{fact}"


@dataclass(frozen=True)
class Answer:
    """An answer, and the artefact or the part of the configuration that it comes from."""

    text: str
    source: str


def study_answers(report: ReportData) -> dict[str, Answer]:
    """Answer what artefacts and configuration know; every figure is that of its artefact.

    Args:
        report: All that the report shows.

    Returns:
        Answers by name; what nobody has recorded is left out.
    """
    cohort = report.experiment["cohort"]
    card = {
        name: Answer(text, CARD.format(cohort=cohort, fact=name))
        for name, text in report.cohort["card"].items()
        if text
    }
    parts = (_design, _data, _partitions, _model, _evaluation, _results, _others)
    answers = {name: Answer(text, source) for part in parts for name, text, source in part(report) if text}
    return card | answers


Found = Iterator[tuple[str, str, str]]


def _design(report: ReportData) -> Found:
    network, configured = report.experiment["network_title"], f"configuration, {report.cohort['name']}"
    classes = listing([report.title(name) for name in report.cohort["classes"]])
    yield "technology", f"Deep learning: the network {network} classifies images.", configured
    yield "task", f"Images are told apart into {classes}: {report.cohort['title']}.", configured
    yield "design", "Retrospective: images of an existing data set.", configured
    yield (
        "goal",
        "Development of a network, and its evaluation on other images of the same data set.",
        configured,
    )
    yield "summary", "The summary at the head of the report has it.", "summary.md"


def _data(report: ReportData) -> Found:
    cohort, quality, audit = report.cohort, report.quality, report.audit
    yield (
        "source",
        f"{cohort['title']}. {cohort['source']}. Licence: {cohort['licence']}. {cohort['citation']}",
        f"configuration, cohorts.{cohort['name']}",
    )
    rejected = len(quality["rejected"])
    yield (
        "flow",
        f"{many(quality['found'], 'file')} found, {count(quality['read'])} read, {count(rejected)} could not "
        f"be read and are left out, {many(report.split_summary.excluded.images, 'image')} excluded from all "
        f"sides.",
        f"{QUALITY}, {SPLITS}",
    )
    reasons = report.split_summary.excluded.reasons.items()
    yield (
        "excluded",
        "; ".join(f"{count(images)}: {reason}" for reason, images in reasons) or "No image is excluded.",
        SPLITS,
    )
    yield (
        "missing",
        f"{count(rejected)} of {many(quality['found'], 'file')} could not be read and are left out; no value "
        f"is filled in.",
        QUALITY,
    )
    yield (
        "quality_checks",
        f"Files are decoded and checked. {many(audit.groups.images_with_twin, 'image')} have an exact or "
        f"near copy; {count(audit.contradictory_labels.images)} have a copy with another label.",
        f"{QUALITY}, {AUDIT}",
    )
    if told := (quality["header_ids"] or {}).get("message"):
        yield "headers", f"{told}.", QUALITY
    rows = report.demographics["rows"]
    sides = report.demographics["splits"]
    yield "characteristics", "; ".join(_by_side(row, sides) for row in rows), SPLITS


def _by_side(row: Mapping[str, Any], sides: Sequence[str]) -> str:
    values = zip(sides, row["values"], strict=True)
    return f"{row['name']}: {', '.join(f'{side} {value}' for side, value in values)}"


def _partitions(report: ReportData) -> Found:
    sides = report.split_summary.sides
    subject = report.cohort["subject"]
    yield (
        "partitions",
        "; ".join(
            f"{name}: {many(side.images, 'image')} in {many(side.groups, 'group')}, "
            f"{many(side.subjects, 'known ' + subject)}"
            for name, side in sides.items()
        )
        + ".",
        SPLITS,
    )
    yield (
        "assignment",
        f"Protocol {report.experiment['protocol_title']}: whole groups of images that belong together are "
        f"assigned to a side, stratified by class."
        if report.experiment["protocol"] != "published"
        else f"Protocol {report.experiment['protocol_title']}: the published split as it is.",
        f"configuration, {SPLITS}",
    )
    guarantee = facts.guarantee_text(
        report.experiment["guarantee"], report.quality["header_ids"], report.quality["incomparable_ids"]
    )
    yield "disjoint", guarantee, METRICS
    yield (
        "events",
        "; ".join(
            f"{name}: "
            + ", ".join(f"{report.title(label)} {count(images)}" for label, images in side.classes.items())
            for name, side in sides.items()
        )
        + ".",
        SPLITS,
    )
    used = sum(side.images for side in sides.values())
    yield (
        "sample_size",
        f"All {count(used)} images that could be used were used; no sample size was calculated beforehand.",
        SPLITS,
    )


def _model(report: ReportData) -> Found:
    training = report.training
    yield (
        "model",
        f"{report.experiment['network_title']}: {many(len(training.network), 'layer')}, "
        f"{many(training.parameters, 'parameter')}, input {shape(training.input_shape)}; all layers stand in "
        f"the report.",
        TRAINING,
    )
    yield (
        "inputs",
        f"The pixels of one image, resized to {shape(training.input_shape)} (height, width, channels) and "
        f"scaled to [0, 1].",
        TRAINING,
    )
    yield "software", ", ".join(f"{name} {of}" for name, of in training.versions.items()) + ".", TRAINING
    yield from _imported(report) if training.imported else _trained(report)
    yield "ensembling", "No ensemble: one network.", TRAINING


def _imported(report: ReportData) -> Found:
    for field in ("initialisation", "training", "imbalance"):
        yield field, "The network was trained elsewhere: how is not in its file.", TRAINING
    yield "selection", "By the publication, on the official test images.", TRAINING


def _trained(report: ReportData) -> Found:
    training, settings = report.training, report.training.config.get("training", {})
    options = report.training.config.get("options") or {}
    pretrained = options.get("weights") not in (None, "none")
    yield (
        "initialisation",
        f"Weights pretrained on {options['weights']}, the head drawn at random with seed {training.seed}."
        if pretrained
        else f"Weights drawn at random with seed {training.seed}.",
        TRAINING,
    )
    told = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in sorted(settings.items()))
    yield "training", f"{many(training.epochs_run, 'epoch')} ({training.stopped}). {told}.", TRAINING
    yield (
        "selection",
        f"Epoch {training.selected_epoch}, the best by {training.selection_metric.replace('_', ' ')} on the "
        f"{training.selection_split} images.",
        TRAINING,
    )
    weights = ", ".join(f"{report.title(name)} {value:.4f}" for name, value in training.class_weights.items())
    yield "imbalance", f"Weights of the classes in the loss: {weights}.", TRAINING


def _evaluation(report: ReportData) -> Found:
    measured = report.measured
    yield (
        "measures",
        "Accuracy, balanced accuracy, F1, Cohen's kappa, Matthews correlation, areas under ROC and "
        "precision-recall curves, log loss, Brier score, calibration errors, conformal sets; with figures: "
        "confusion matrix, ROC curves, reliability diagram.",
        METRICS,
    )
    yield "uncertainty", "95 % intervals over groups of images that belong together, by bootstrap.", METRICS
    yield (
        "robustness",
        explanation.needed_text(report.explanation.frequency.removal.needed),
        EXPLANATION,
    )
    maps = [sentence for _, sentence in explanation.words(report.explanation)["maps"].values()]
    told = " ".join(maps) or report.explanation.not_applicable["place"]
    yield "explainability", told, EXPLANATION
    test = report.metrics
    told = f"{many(test.n, 'test image')} of the same data set in {many(test.groups, 'group')}."
    yield "internal", told, METRICS
    yield "external", "No image of another data set was tested.", METRICS
    point, temperature = measured.operating_point, measured.calibration.temperature
    output = "A probability of each class; the class with the highest one is named."
    if point and point.threshold is not None:
        output += (
            f" A threshold of {point.threshold:.3f} for the positive class was chosen on validation images."
        )
    yield "output", output, METRICS
    yield (
        "updating",
        f"Probabilities are recalibrated with the temperature {temperature:.3f}, fitted on validation images."
        if temperature is not None
        else "Nothing is recalibrated, as there are no validation images.",
        METRICS,
    )
    columns = list(measured.subgroups)
    yield "subgroups", f"Figures by {listing(columns)} stand in the report." if columns else "", METRICS


def _results(report: ReportData) -> Found:
    metrics, raw = report.metrics, report.measured.calibration.raw
    told = [
        f"{metric_name(name)} {score(getattr(metrics, name))} ({interval(metrics.intervals.get(name))})"
        for name in NAMED
    ]
    yield "performance", f"{'; '.join(told)}.", METRICS
    recalls = [
        f"{report.title(name)}: sensitivity {score(of.recall)} ({interval(of.intervals.get('recall'))}), "
        f"specificity {score(of.specificity)} ({interval(of.intervals.get('specificity'))})"
        for name, of in metrics.per_class.items()
    ]
    yield "by_class", f"{'; '.join(recalls)}.", METRICS
    yield (
        "calibration",
        f"Calibration error {score(raw.ece)} ({interval(raw.intervals.get('ece'))}); by chance alone "
        f"{score(raw.expected_ece_by_group)}.",
        METRICS,
    )
    common = confusions(metrics, report.cohort["classes"])[:MOST_CONFUSIONS]
    yield (
        "failures",
        "; ".join(f"{report.title(e.label)} called {report.title(e.predicted)}: {many(e.images, 'image')}"
                  for e in common) + ". The surest errors stand in the report as pictures."
        if common
        else f"No error on {many(metrics.n, 'test image')}.",
        METRICS,
    )  # fmt: skip
    best = facts.accuracy_facts(metrics, report.cohort["classes"])
    yield (
        "interpretation",
        f"The accuracy is {best['comparison']} always naming the most common class, "
        f"{report.title(best['most_common'])} ({percent(best['share'])} of the test images).",
        METRICS,
    )
    yield "doubts", " ".join(reasons_against(report)), f"{METRICS}, {AUDIT}, {EXPLANATION}"


def _others(report: ReportData) -> Found:
    provenance = report.provenance
    dirty = " with uncommitted changes" if provenance["git_dirty"] else ""
    yield (
        "code",
        f"Git commit {provenance['git_commit']}{dirty}; command: {provenance['command']}. The network lies "
        f"in the bundle of the run.",
        TRAINING,
    )
    yield (
        "data_sharing",
        f"{report.cohort['source']}. Licence: {report.cohort['licence']}. Data hash "
        f"{provenance['data_hash']}.",
        f"configuration, {TRAINING}",
    )
