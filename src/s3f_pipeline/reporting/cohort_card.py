"""The card of a cohort (datasheet): what it is made of, where it is from, and what its split guarantees."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from s3f_pipeline.reporting.facts import LEVELS, guarantee_text, readings_text
from s3f_pipeline.reporting.formats import count, many
from s3f_pipeline.reporting.markdown import table
from s3f_pipeline.results.audit import Audit
from s3f_pipeline.results.splits import SplitSummary
from s3f_pipeline.splits.guarantee import guarantee_total
from s3f_pipeline.text import BY_AUTHORS, PHANTOMS, in_markdown

TITLES = {"not_for": "Not meant for", "deidentification": "De-identification"}
"""Of facts whose keys are no words."""
NO_SPLIT = "none"
"""What the index calls the side of an image where a data set has no split."""


@dataclass(frozen=True)
class CohortCardData:
    """All that the card shows.

    Attributes:
        cohort: ``name``, ``title``, ``subject``, ``classes``, ``class_titles``, ``source``, ``licence``,
            ``citation`` and ``card``: each fact of ``CohortCard`` or ``None``.
        synthetic: Whether the images are phantoms.
        provenance: Of the raw files, as ``acquisition.json`` has it.
        quality: Content of ``quality.json``.
        audit: Of the cohort.
        split_summary: Of the patient-safe split.
        guarantee: Of the patient-safe split, as ``guarantee_counts`` returns it.
        demographics: Of the patient-safe split, as ``demographics`` makes them.
    """

    cohort: Mapping[str, Any]
    synthetic: bool
    provenance: Mapping[str, Any]
    quality: Mapping[str, Any]
    audit: Audit
    split_summary: SplitSummary
    guarantee: Mapping[str, Any]
    demographics: Mapping[str, Any]


def write_cohort_card(data: CohortCardData) -> str:
    """Write the card in Markdown; every figure is that of an artefact of the audit.

    Args:
        data: Everything the card shows. Text is escaped, whoever wrote it.
    """
    cohort = data.cohort
    parts = [
        f"# {in_markdown(cohort['title'])}",
        *([PHANTOMS] if data.synthetic else []),
        "## Where it is from",
        _list(_origin(data)),
        "## Patients, images and labels",
        "There are no patients."
        if data.synthetic
        else _list([(_title(name), text or BY_AUTHORS) for name, text in cohort["card"].items()]),
        "## What it is made of",
        _composition(data),
        "## Groups, twins and contradictory labels",
        _groups(data.audit, has_split=_official_splits(data) != [NO_SPLIT]),
        "## The patient-safe split, and what it guarantees",
        *_split(data),
    ]
    return "\n\n".join(parts) + "\n"


def _origin(data: CohortCardData) -> list[tuple[str, str]]:
    cohort, provenance = data.cohort, data.provenance
    told = [str(provenance[key]) for key in ("source", "date") if provenance.get(key)]
    obtained = ("Obtained", ", ".join(told) or "not recorded")
    if data.synthetic:
        return [("Layout", f"that of {cohort['title']}, of which no image was used"), obtained]
    files = [("Checksum (SHA-256)", provenance["sha256"])] if provenance.get("sha256") else []
    named = [(name.capitalize(), cohort[name]) for name in ("source", "licence", "citation")]
    return [*named, obtained, *files]


def _title(fact: str) -> str:
    return TITLES.get(fact) or fact.replace("_", " ").capitalize()


def _official_splits(data: CohortCardData) -> list[str]:
    return sorted({split for of_class in data.quality["classes"].values() for split in of_class})


def _composition(data: CohortCardData) -> str:
    quality, titles = data.quality, data.cohort["class_titles"]
    splits = _official_splits(data)
    rows = [
        [
            titles.get(label, label),
            *(count(found.get(split, 0)) for split in splits),
            count(sum(found.values())),
        ]
        for label, found in quality["classes"].items()
    ]
    sizes = [
        [f"{size['height']} × {size['width']}", count(size["count"])]
        for size in sorted(quality["sizes"], key=lambda size: -size["count"])
    ]
    if others := quality["read"] - sum(size["count"] for size in quality["sizes"]):
        sizes.append(["other sizes", count(others)])
    files = (
        f"{many(quality['found'], 'file')} found, {count(quality['read'])} read, "
        f"{count(len(quality['rejected']))} rejected. Byte-for-byte copies of another file: "
        f"{count(quality['exact_duplicates'])}."
    )
    named = ["No official split" if split == NO_SPLIT else f"Official split: {split}" for split in splits]
    return "\n\n".join(
        [
            files,
            table(["Class", *named, "Images"], rows),
            table(["Height × width in pixels", "Images"], sizes),
        ]
    )


def _across(audit: Audit) -> list[tuple[str, int]]:
    across = audit.across_official_splits
    return [
        ("Groups on more than one official split", across.groups),
        (
            "Official test images with a copy in training or validation",
            across.test_images_with_twin_outside_test,
        ),
    ]


def _groups(audit: Audit, *, has_split: bool) -> str:
    torn = audit.contradictory_labels
    rows = [
        ("Groups of images that belong together", audit.groups.count),
        ("Images in the largest group", audit.groups.largest),
        ("Images with an exact or near copy", audit.groups.images_with_twin),
        ("Pairs of exact copies", audit.pairs["exact"]),
        ("Pairs of near copies", audit.pairs["near"]),
        ("Images whose copy has another label", torn.images),
        *(_across(audit) if has_split else ()),
    ]
    listed = [
        f"- {', '.join(f'{in_markdown(name)} ({in_markdown(label)})' for name, label in twins.items())}"
        for twins in torn.twin_sets
    ]
    parts = [table(["What", "Number"], [[name, count(number)] for name, number in rows])]
    return "\n\n".join(
        [*parts, *(["Copies with different labels:\n\n" + "\n".join(listed)] if listed else [])]
    )


def _split(data: CohortCardData) -> list[str]:
    subject = data.cohort["subject"]
    sides = [
        [name, count(side.images), count(side.groups), count(side.subjects)]
        for name, side in data.split_summary.sides.items()
    ]
    levels = [[LEVELS[name], count(number)] for name, number in guarantee_total(data.guarantee).items()]
    excluded = [[reason, count(images)] for reason, images in data.split_summary.excluded.reasons.items()]
    header_ids, incomparable = data.quality["header_ids"], data.quality["incomparable_ids"]
    told = f"{guarantee_text(data.guarantee, header_ids, incomparable)} {readings_text(data.audit)}".strip()
    parts = [
        in_markdown(told),
        table(["Side", "Images", "Groups", f"Known {subject}s"], sides),
        table(["Kept apart", "Images"], levels),
    ]
    if excluded:
        parts.append(table(["Excluded because", "Images"], excluded))
    if rows := data.demographics["rows"]:
        shown: list[Sequence[str]] = [[row["name"], *row["values"]] for row in rows]
        parts.append(table(["Who", *data.demographics["splits"]], shown))
    else:
        parts.append("Age, sex and site of the patients are not in the files.")
    return parts


def _list(rows: list[tuple[str, str]]) -> str:
    return "\n".join(f"- {name}: {in_markdown(text)}" for name, text in rows)
