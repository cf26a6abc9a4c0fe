"""What the report says beyond the artefacts it is given: derived figures, and their wording."""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import log
from typing import Any

import pandas as pd

from s3f_pipeline.evaluation.names import metric_name
from s3f_pipeline.identity import HOLDING
from s3f_pipeline.reporting.formats import count, ordinal, score
from s3f_pipeline.results.audit import Audit
from s3f_pipeline.results.metrics import Guarantee, Openings, SplitMetrics
from s3f_pipeline.results.uncertainty import CalibrationFigures
from s3f_pipeline.splits.guarantee import guarantee_total, unknown_text

MOST_LISTED_GROUPS = 50
MOST_LISTED_IMAGES = 4
"""Of a group."""

LEVELS = {
    "patient": "by patient",
    "lesion": "by lesion",
    "study": "by examination",
    "sequence": "by runs of file numbers",
    "near_duplicate": "by near-duplicates only",
    "none": "not kept apart",
}
"""What tables call the levels of a guarantee."""
GUARANTEES = {
    "patient": (
        "No patient has images on two sides of the split, so the figures describe patients that "
        "the network has not seen. It does not show how the network does on images from another "
        "hospital, scanner or population."
    ),
    "lesion": (
        "No lesion has images on two sides of the split, so the figures describe lesions that the "
        "network has not seen. Two lesions of one patient may stand on different sides: the "
        "figures can be better than for new patients."
    ),
    "study": (
        "No examination has images on two sides of the split. A patient who was examined twice may stand on "
        "different sides: the figures can be better than for new patients."
    ),
    "sequence": (
        "Files were cut into runs of consecutive file numbers, which often are of one patient, and each run "
        "stays on one side of the split; neighbours at the border of two runs may be separated. "
        "{no_patients}, so images of one patient may stand on different sides: the figures can be better "
        "than for new patients."
    ),
    "near_duplicate": (
        "No image has a copy on another side of the split that the search for twins finds. "
        "{no_patients}, so different images of one patient may stand on different sides: the figures can be "
        "better than for new patients."
    ),
    "none": (
        "The published split is taken as it is: nothing keeps copies of an image, or images of one "
        "patient, on one side."
    ),
}
MIXED = {
    "patient": "by patient: no two images of one known patient are on two sides",
    "lesion": "by lesion: no lesion of theirs is on two sides, another lesion of the same patient may be",
    "study": "by examination: none of theirs is on two sides, another one of the same patient may be",
    "sequence": "by runs of file numbers: a run stays together, a patient whose files lie in several runs "
    "may be on two sides",
    "near_duplicate": "by near-duplicates only: copies stay together, other images of one patient may be on "
    "two sides",
    "none": "not at all: this split leaks them on purpose, to measure what a leak is worth",
}


KNOWN = (
    "The figures describe new patients as far as patients are known, and can be better than for new patients "
    "elsewhere"
)
UNKNOWN = "No patient is known, so the figures can be better than for new patients"


def guarantee_text(
    counts: Mapping[str, Any], header_ids: Mapping[str, Any] | None, incomparable_ids: str | None
) -> str:
    """Say what a split keeps apart, and what its figures therefore describe.

    Args:
        counts: As ``guarantee_counts`` returns them.
        header_ids: Of ``quality.json``.
        incomparable_ids: Of ``quality.json``.
    """
    total = guarantee_total(counts)
    unused = unused_ids(header_ids)
    caution = f" {incomparable_ids}." if incomparable_ids and "none" not in total else ""
    if len(total) == 1:
        told = GUARANTEES[next(iter(total))].format(no_patients=unused or "The data set names no patients")
        return told + caution
    images = sum(total.values())
    parts = [f"{count(number)} ({number / images:.0%}) {MIXED[level]}" for level, number in total.items()]
    sentences = [f"Of {count(images)} images, {'; '.join(parts)}"]
    if towards := unknown_text(counts):
        sentences.append(towards[0].upper() + towards[1:])
    sentences.append(KNOWN if "patient" in total else UNKNOWN)
    sentences += [unused] if unused else []
    return ". ".join(sentences) + "." + caution


def kept_apart_text(counts: Guarantee) -> str:
    """By what test images are kept apart from training: by patient (60), by near-duplicates only (41).

    Args:
        counts: As ``guarantee_counts`` returns them; the text is empty where they know of no test images.
    """
    levels: Counter[str] = Counter()
    for by_level in counts.get("test", {}).values():
        levels.update(by_level)
    return ", ".join(f"{LEVELS[level]} ({count(images)})" for level, images in levels.most_common())


def readings_text(audit: Audit) -> str:
    """Say whom other readings of a cohort's ids would put on two sides; empty where none would anybody.

    Args:
        audit: Of the cohort.
    """
    others = [row for row in audit.readings if row.reading not in HOLDING and row.subjects_across_test]
    return " ".join(
        f"Who is one patient is inferred: the ids, read {reading_name(row.reading)}, put the patients of "
        f"{count(row.test_images_with_subject_outside_test)} official test images into official training or "
        f"validation, too."
        for row in others
    )


def reading_name(column: str) -> str:
    """What pages call a reading of the ids, a column of the index."""
    return "as used here" if column == "subject" else column.removeprefix("subject_").replace("_", " ")


def unused_ids(header_ids: Mapping[str, Any] | None) -> str | None:
    """Say that patients or examinations are named where nobody looks, ``None`` where that is not so.

    Args:
        header_ids: Of ``quality.json``.
    """
    if header_ids is None or header_ids["used"] or header_ids["message"] is None:
        return None
    named = header_ids["images"] + header_ids["images_with_study_alone"]
    return f"The headers of {count(named)} DICOM files tell whose they are and are not used"


def guarantee_table(counts: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Column titles, and one row per side and class: images by what keeps them apart, the weakest first.

    Args:
        counts: As ``guarantee_counts`` returns them.
    """
    levels = list(guarantee_total(counts))[::-1]
    rows = [
        [side, label, *(count(found.get(level, 0)) for level in levels)]
        for side, classes in counts.items()
        for label, found in classes.items()
    ]
    return ["Side", "Class", *(LEVELS[level].capitalize() for level in levels)], rows


def openings_text(openings: Openings) -> str | None:
    """Say at which look at the test set a figure was got, ``None`` at the very first one.

    Args:
        openings: Of the metrics.
    """
    by_variant, by_any = openings.by_variant, openings.by_any_variant
    if by_variant is None or by_any is None:
        return "test set opened for an unknown number of times"
    if by_any == 1:
        return None
    others = "" if by_any == by_variant else f", for the {ordinal(by_any)} by any network"
    return f"test set opened for the {ordinal(by_variant)} time by this network{others}"


def accuracy_facts(metrics: SplitMetrics, classes: Sequence[str]) -> dict[str, Any]:
    """How far the accuracy can be relied on, and what it is to be held against.

    Args:
        metrics: Of the test images.
        classes: Class names in the order of the confusion matrix.

    Returns:
        ``correct`` (images), ``most_common`` (class) and its ``share``, ``comparison`` of the interval of the
        accuracy with that share in words, and ``weakest`` (class with the lowest recall) with its
        ``weakest_hits``.
    """
    hits = {name: metrics.confusion_matrix[place][place] for place, name in enumerate(classes)}
    supports = {name: metrics.per_class[name].support for name in classes}
    images = {name: support for name, support in supports.items() if support}
    accuracy = metrics.intervals["accuracy"]
    most_common = max(images, key=images.__getitem__)
    share = images[most_common] / metrics.n
    weakest = min(images, key=lambda name: hits[name] / images[name])
    if accuracy.low > share:
        comparison = "clearly better than"
    elif accuracy.high < share:
        comparison = "clearly worse than"
    else:
        comparison = "not clearly different from"
    return {
        "correct": sum(hits.values()),
        "most_common": most_common,
        "share": share,
        "comparison": comparison,
        "weakest": weakest,
        "weakest_hits": hits[weakest],
    }


def no_skill_scores(metrics: SplitMetrics) -> dict[str, float]:
    """What the metrics are for always naming the most common class.

    Loss and Brier score are those of equal probabilities for all classes, AUC and average precision those of
    guessing.
    """
    supports = [scores.support for scores in metrics.per_class.values()]
    share = max(supports) / metrics.n
    f1 = 2 * share / (1 + share)
    return {
        "accuracy": share,
        "balanced_accuracy": 1 / sum(support > 0 for support in supports),
        "macro_f1": f1 / len(supports),
        "weighted_f1": share * f1,
        "kappa": 0.0,
        "mcc": 0.0,
        "auc_macro": 0.5,
        "auc_weighted": 0.5,
        "average_precision_macro": 1 / len(supports),
        "loss": log(len(supports)),
        "brier": 1 - 1 / len(supports),
    }


def calibration_errors(raw: CalibrationFigures) -> list[str]:
    """The errors of probabilities whose interval lies above what chance alone makes, in words.

    Args:
        raw: Of the test images, as predicted.
    """
    errors = (
        ("ece", "expected_ece_by_group", "the error of the named class's probability (ECE)"),
        (
            "classwise_ece",
            "expected_classwise_ece",
            "the error of all classes' probabilities (classwise ECE)",
        ),
    )
    told = []
    for name, expected, words in errors:
        interval, by_chance = raw.intervals.get(name), getattr(raw, expected)
        if interval and interval.low > by_chance:
            told.append(
                f"{words} is {score(getattr(raw, name))} (95 % interval {score(interval.low)} to "
                f"{score(interval.high)}), by chance alone {score(by_chance)}"
            )
    return told


def leaking_groups(audit: Audit) -> tuple[list[dict[str, Any]], int]:
    """The groups to list that reach across the official splits, and how many more there are.

    Returns:
        Of each ``group``: its ``kind``, how often each of its ``labels`` and ``official_splits`` occurs,
        whether it is ``contradictory``, some of its ``image_ids`` and how many ``more`` there are.
    """
    listed = [group for group in audit.listed_groups if group.across_splits]
    shown = [
        {
            "group": group.group,
            "kind": group.kind,
            "labels": Counter(group.labels),
            "official_splits": Counter(group.official_splits),
            "contradictory": group.contradictory,
            "image_ids": group.image_ids[:MOST_LISTED_IMAGES],
            "more": max(0, len(group.image_ids) - MOST_LISTED_IMAGES),
        }
        for group in listed[:MOST_LISTED_GROUPS]
    ]
    return shown, audit.across_official_splits.groups - len(shown)


def history_table(history: pd.DataFrame, selection_split: str) -> tuple[list[str], list[list[str]]]:
    """Column titles and cells of the training history, all as text."""
    formats = {"epoch": count, "learning_rate": "{:g}".format, "seconds": "{:.1f}".format}
    names = [str(column) for column in history.columns]
    titles = [metric_name(name.replace("selection_", f"{selection_split}_")) for name in names]
    columns = [history[name].map(formats.get(name, score)) for name in names]
    return titles, [list(row) for row in zip(*columns, strict=True)]
