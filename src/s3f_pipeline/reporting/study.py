"""What a checklist asks of a study, answered from the artefacts of a run and the card of its cohort."""

from collections.abc import Mapping, Sequence
from typing import Any

from s3f_pipeline.reporting import facts
from s3f_pipeline.reporting.answers import (
    AUDIT,
    CARD,
    METRICS,
    QUALITY,
    SOFTWARE,
    SPLITS,
    TRAINING,
    Answer,
    Found,
)
from s3f_pipeline.reporting.formats import count, listing, many, percent
from s3f_pipeline.reporting.report_data import ReportData
from s3f_pipeline.reporting.study_network import network_answers
from s3f_pipeline.reporting.study_results import evaluation_answers, result_answers
from s3f_pipeline.reporting.summary import NO_DEVICE

OF_DATA_SET = ("ethics", "funding")
"""Facts of the card that a checklist asks of the study, too."""
LEAKING = ("published", "leaking")
"""Protocols under which groups may stand on two sides."""


def study_answers(report: ReportData) -> dict[str, Answer]:
    """Answer what artefacts and configuration know; every figure is that of its artefact.

    Args:
        report: All that the report shows.

    Returns:
        Answers by name; what nobody has recorded is left out.
    """
    cohort = report.experiment["cohort"]
    card = {
        name: Answer(
            f"Of the data set: {text}" if name in OF_DATA_SET else text, CARD.format(cohort=cohort, fact=name)
        )
        for name, text in report.cohort["card"].items()
        if text
    }
    parts = (
        _design, _data, _quality, _partitions, network_answers, evaluation_answers, result_answers, _use,
        _availability,
    )  # fmt: skip
    answers = {name: Answer(text, source) for part in parts for name, text, source in part(report) if text}
    return card | answers


def _design(report: ReportData) -> Found:
    network, configured = report.experiment["network_title"], f"configuration, {report.cohort['name']}"
    classes = "; ".join(report.title(name) for name in report.cohort["classes"])
    drawn = report.experiment["synthetic"]
    yield "technology", f"Deep learning: the network {network} classifies images.", configured
    yield (
        "aim",
        f"To find out how well the network {network} tells classes apart in {_images(report)}. Classes: "
        f"{classes}. The software tests no hypothesis.",
        configured,
    )
    yield (
        "outcome",
        f"The class of an image, as the data set labels it, at the time of the image: no prognosis. Classes: "
        f"{classes}. {report.cohort['title']}.",
        configured,
    )
    yield (
        "design",
        "Neither: a program drew the images."
        if drawn
        else "Retrospective: the images existed before the network.",
        configured,
    )
    yield (
        "goal",
        "Evaluation of a network that was trained elsewhere."
        if report.training.imported
        else "Development of a network, and its evaluation on other images of the same data set.",
        configured,
    )
    yield "trial", "Not applicable: no trial, as existing images are analysed.", SOFTWARE
    yield "summary", "The summary at the head of the report has the main figures.", "summary.md"


def _images(report: ReportData) -> str:
    kind = "phantoms in the layout" if report.experiment["synthetic"] else "images"
    return f"{kind} of {report.cohort['title']}"


def _data(report: ReportData) -> Found:
    cohort = report.cohort
    configured = f"configuration, cohorts.{cohort['name']}"
    if report.experiment["synthetic"]:
        yield "source", f"Synthetic: a program drew {_images(report)}. No image of it was used.", configured
    else:
        origin = f"{cohort['source']}. Licence: {cohort['licence']}. {cohort['citation']}"
        yield "source", f"{cohort['title']}. {origin}", configured
    reasons = report.split_summary.excluded.reasons.items()
    yield (
        "excluded",
        f"Excluded from all sides: {'; '.join(f'{count(images)} images ({why})' for why, images in reasons)}."
        if reasons
        else "No image that could be read is excluded.",
        SPLITS,
    )
    yield "parts", "Images go in whole: no part of them is chosen by hand.", SOFTWARE
    if told := (report.quality["header_ids"] or {}).get("message"):
        yield "headers", f"{told}.", QUALITY
    rows, sides = report.demographics["rows"], report.demographics["splits"]
    yield "characteristics", "; ".join(_by_side(row, sides) for row in rows), SPLITS


def _by_side(row: Mapping[str, Any], sides: Sequence[str]) -> str:
    values = zip(sides, row["values"], strict=True)
    return f"{row['name']}: {', '.join(f'{side} {value}' for side, value in values)}"


def _quality(report: ReportData) -> Found:
    quality, audit = report.quality, report.audit
    rejected, found = len(quality["rejected"]), many(quality["found"], "file")
    read = (
        f"Of {found}, {count(rejected)} could not be read and are left out"
        if rejected
        else f"All {found} could be read"
    )
    yield "missing", f"{read}. Every image has a label; no value is filled in.", QUALITY
    yield (
        "flow",
        f"{read}. Images excluded from all sides: {count(report.split_summary.excluded.images)}.",
        f"{QUALITY}, {SPLITS}",
    )
    yield (
        "quality_checks",
        f"Files are decoded and checked. {many(audit.groups.images_with_twin, 'image')} have an exact or "
        f"near copy; {count(audit.contradictory_labels.images)} have a copy with another label.",
        f"{QUALITY}, {AUDIT}",
    )
    yield "alike", "All images are prepared and checked alike, whoever they are of.", SOFTWARE
    yield (
        "test_labels",
        "Test images carry the labels of the data set, as training images do: the software changes none.",
        SOFTWARE,
    )


def _partitions(report: ReportData) -> Found:
    sides = report.split_summary.sides
    used, subject = sum(side.images for side in sides.values()), report.cohort["subject"]
    yield (
        "partitions",
        "; ".join(
            f"{name}: {many(side.images, 'image')} ({percent(side.images / used)}) in "
            f"{many(side.groups, 'group')}, {many(side.subjects, 'known ' + subject)}"
            for name, side in sides.items()
        )
        + ".",
        SPLITS,
    )
    yield "assignment", _assignment(report), f"configuration, {SPLITS}"
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
        + " (images).",
        SPLITS,
    )
    yield (
        "sample_size",
        f"Of all {count(used)} images that could be used, {count(report.metrics.n)} in "
        f"{many(report.metrics.groups, 'group')} are test images. No sample size was calculated beforehand.",
        SPLITS,
    )


def _assignment(report: ReportData) -> str:
    titled, protocol = report.experiment["protocol_title"], report.experiment["protocol"]
    if protocol == "published":
        told = f"Protocol {titled}: the published split as it is."
    elif protocol in LEAKING:
        told = f"Protocol {titled}: groups are torn apart on purpose, to measure what a leak is worth."
    else:
        told = (
            f"Protocol {titled}: groups of images that belong together (of one patient or lesion as far as "
            f"known, and copies) are kept on one side. Official sides are kept where the configuration does "
            f"not cut them anew; what is cut is drawn at random, stratified by class."
        )
    if report.experiment["selection_split"] != "validation" or report.training.imported:
        return told
    return f"{told} The validation images tune: they chose the epoch and every threshold."


def _use(report: ReportData) -> Found:
    yield "standing", NO_DEVICE, SOFTWARE
    yield "predictors", "All pixels of the image; none was chosen beforehand.", SOFTWARE
    yield "assessors", "Not applicable: pixels are not a matter of opinion.", SOFTWARE
    yield (
        "poor_input",
        "Prediction refuses files that cannot be decoded, and flags images unlike those of training where "
        "validation images were enough to set the limit.",
        "the bundle, preprocessing.json",
    )
    yield "handling", "A prediction takes an image file: nothing has to be marked or measured.", SOFTWARE
    yield "fairness", "No method was used that would make figures of groups of people more alike.", SOFTWARE
    columns = list(report.measured.subgroups)
    yield "subgroups", f"Figures by {listing(columns)} stand in the report." if columns else "", METRICS
    shown = (
        f"Figures by {listing(columns)} stand in the report: the authors say whether these are clusters."
        if columns
        else "Differences between hospitals, devices or countries are not examined."
    )
    yield (
        "clusters",
        f"Intervals count patients or lesions, as far as known, and not images. {shown}",
        METRICS,
    )


def _availability(report: ReportData) -> Found:
    provenance, cohort = report.provenance, report.cohort
    dirty = " with uncommitted changes" if provenance["git_dirty"] else ""
    yield (
        "code",
        f"Git commit {provenance['git_commit']}{dirty}, MIT licence; command: {provenance['command']}. The "
        f"network lies in the bundle of the run.",
        TRAINING,
    )
    where = (
        "The command draws the phantoms again."
        if report.experiment["synthetic"]
        else f"{cohort['source']}. Licence: {cohort['licence']}."
    )
    yield "data_sharing", f"{where} Data hash {provenance['data_hash']}.", f"configuration, {TRAINING}"
