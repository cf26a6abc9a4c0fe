"""What ingestion found: every file accounted for, and counts to check against the publication."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from s3f_pipeline.images.findings import Findings
from s3f_pipeline.images.formats import has_wrong_ending
from s3f_pipeline.images.masks import mask_warnings

MOST_SIZES = 10
MOST_NAMED = 5
APART = 0.2
"""Difference of the shares that a format has of two classes, from which on it may tell them apart."""
ALL = "all"
"""Stands for the sum over the classes in published counts."""


def quality_report(
    name: str,
    index: pd.DataFrame,
    findings: Findings,
    *,
    max_rejected_share: float,
    published_counts: Mapping[str, Mapping[str, int]],
    passed_over: Mapping[str, int],
    checksums: Mapping[str, Mapping[str, Any]],
    positive_class: str | None,
    links: Mapping[str, Any] | None = None,
    caution: str | None = None,
    notices: Sequence[str] = (),
) -> dict[str, Any]:
    """Count what was read, rejected, passed over and expected.

    Args:
        name: Name of the cohort.
        index: One row per readable image.
        findings: What a person should know of the files.
        max_rejected_share: The share that would have stopped the run.
        published_counts: Images per split and class in the published work; the class ``all`` is the sum of
            a split, the split ``none`` has the images without an official one.
        passed_over: Files that are not images of the cohort, by reason.
        checksums: Of raw files with a published MD5: ``expected``, ``found``, ``matches``.
        positive_class: Of the cohort, or ``None``.
        links: What came from a table of links to another cohort, its ``warning`` included.
        caution: What sets the files apart from the published ones; the first of the warnings.
        notices: What the listing has to say of files that were passed over.

    Returns:
        The content of ``quality.json``; ``warnings`` are the sentences that a person should read.
    """
    counts = pd.crosstab(index["label"], index["official_split"].fillna("none"))
    report: dict[str, Any] = {
        "cohort": name,
        "found": len(index) + len(findings.rejected),
        "read": len(index),
        "rejected": findings.rejected,
        "max_rejected_share": max_rejected_share,
        "passed_over": dict(passed_over),
        "remarks": findings.remarks,
        "likely_masks": findings.masks,
        "blank": findings.blank,
        "classes": _nested(counts),
        "positive_class": positive_class,
        "count_differences": _differences(counts, published_counts),
        **_facts_of_files(index),
        "checksums": dict(checksums),
        "links": None if links is None else dict(links),
    }
    warnings = [
        *([caution] if caution else []),
        *notices,
        *_warnings(report),
        *mask_warnings(dict(zip(index["path"], index["label"], strict=True)), findings.masks),
        *_without_window(findings.narrow),
        *_formats_apart(index),
    ]
    return {**report, "warnings": warnings}


def _nested(counts: pd.DataFrame) -> dict[str, dict[str, int]]:
    return {str(label): {str(split): int(n) for split, n in row.items()} for label, row in counts.iterrows()}


def _differences(
    counts: pd.DataFrame, published_counts: Mapping[str, Mapping[str, int]]
) -> list[dict[str, Any]]:
    differences = []
    for split, by_class in published_counts.items():
        found_in_split = counts[split] if split in counts else pd.Series(dtype=int)
        for label, published in by_class.items():
            found = found_in_split.sum() if label == ALL else found_in_split.get(label, 0)
            if found != published:
                row = {"split": split, "class": label, "found": int(found), "published": published}
                differences.append(row)
    return differences


def _facts_of_files(index: pd.DataFrame) -> dict[str, Any]:
    return {
        "sizes": _most_frequent(index, ["height", "width"]),
        "modes": _most_frequent(index, ["format", "mode"]),
        "wrong_endings": _wrong_endings(index),
        "exact_duplicates": int(index["sha256"].duplicated().sum()),
        "contradictory_duplicates": _contradictory(index),
    }


def _most_frequent(index: pd.DataFrame, columns: list[str]) -> list[dict[str, Any]]:
    counts = index.value_counts(columns).head(MOST_SIZES).rename("count")
    return _records(counts.reset_index())


def _wrong_endings(index: pd.DataFrame) -> list[dict[str, Any]]:
    files = _records(index[["path", "format"]])
    return [file for file in files if has_wrong_ending(file["path"], file["format"])]


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def _contradictory(index: pd.DataFrame) -> list[dict[str, Any]]:
    """Sets of equal files with different labels."""
    labels = index.groupby("sha256")["label"].transform("nunique")
    return [
        {"paths": files["path"].tolist(), "labels": files["label"].tolist()}
        for _, files in index[labels > 1].groupby("sha256")
    ]


def _warnings(report: Mapping[str, Any]) -> list[str]:
    warnings = []
    if rejected := report["rejected"]:
        names = "; ".join(f"{file['path']}: {file['reason']}" for file in rejected[:MOST_NAMED])
        warnings.append(f"Files left out: {len(rejected)} ({names})")
    warnings += [
        f"{row['split']} {row['class']}: {row['found']} images found, {row['published']} in the published "
        f"work"
        for row in report["count_differences"]
    ]
    warnings += [
        f"{name} is not the published file: its MD5 is {checksum['found']}, published is "
        f"{checksum['expected']}"
        for name, checksum in report["checksums"].items()
        if not checksum["matches"]
    ]
    if wrong := report["wrong_endings"]:
        names = ", ".join(f"{file['path']} ({file['format']})" for file in wrong[:MOST_NAMED])
        warnings.append(f"{len(wrong)} files have the ending of another format: {names}")
    if contradictory := report["contradictory_duplicates"]:
        names = "; ".join(", ".join(equal["paths"]) for equal in contradictory[:MOST_NAMED])
        warnings.append(f"{len(contradictory)} times equal files with different labels: {names}")
    warnings += [
        f"{len(paths)} images: {remark} ({_some(paths)})" for remark, paths in report["remarks"].items()
    ]
    if blank := report["blank"]:
        warnings.append(f"{len(blank)} images are of one single grey ({_some(blank)})")
    if report["links"] and report["links"]["warning"]:
        warnings.append(report["links"]["warning"])
    return warnings


def _without_window(narrow: Sequence[tuple[float, float]]) -> list[str]:
    if not narrow:
        return []
    lowest, highest = min(low for low, _ in narrow), max(high for _, high in narrow)
    return [
        f"{len(narrow)} images of more than 8 bits have no window, and their values, mostly from {lowest:g} "
        f"to {highest:g}, fill so little of their bit depth that few grey levels are left of them: set the "
        f"cohort's window, such as window: [{lowest:g}, {highest:g}]"
    ]


def _some(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - MOST_NAMED} more" if len(paths) > MOST_NAMED else ""
    return ", ".join(paths[:MOST_NAMED]) + more


def _formats_apart(index: pd.DataFrame) -> list[str]:
    """Whether classes can be told apart by the format of their files, without looking at the picture."""
    counts = pd.crosstab(index["label"], index["format"])
    shares = counts.div(counts.sum(axis=1), axis=0)
    if shares.empty or (shares.max() - shares.min()).max() <= APART:
        return []
    told = "; ".join(
        f"{label}: {', '.join(f'{count} {name}' for name, count in row.items() if count)}"
        for label, row in counts.iterrows()
    )
    return [
        f"Classes have files of different formats ({told}): their traces, such as those of compression, may "
        f"be what a network learns. Get all images in one format"
    ]
