"""One prediction from beginning to end: list, predict, decide, evaluate, and choose what a page shows."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from s3f_pipeline.bundle.preprocessing import Preprocessing
from s3f_pipeline.prediction.decisions import decide, set_level
from s3f_pipeline.prediction.ensemble import Ensemble
from s3f_pipeline.prediction.external import Draws, drift, evaluate
from s3f_pipeline.prediction.predict import Predicted, predict_images
from s3f_pipeline.prediction.shown import Picture, pictures_to_show
from s3f_pipeline.prediction.sources import ImageList, list_images, told_of_passed_over

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Request:
    """What a user asks for, see ``config.schema.PredictionRequest``."""

    images: Path
    label: str | None
    patient: str | None
    model: str


@dataclass(frozen=True)
class Told:
    """What is written.

    Attributes:
        table: One row per image, as ``decide``; with ``label`` where it is known.
        summary: Counts, models, warnings, drift and evaluation.
        shown: What the page shows, by row of the table.
    """

    table: pd.DataFrame
    summary: dict[str, Any]
    shown: Mapping[int, Picture]


def predict_and_tell(
    request: Request,
    bundles: Sequence[Path],
    chunks: Path,
    unpacked: Path,
    *,
    max_pixels: int,
    workers: int | None,
    draws: Draws,
) -> Told:
    """Predict images and say what came out.

    Args:
        request: Which images, and what is known of them.
        bundles: Folders of bundles that predict together.
        chunks: Folder for predictions that a later run need not make again.
        unpacked: An empty folder for the content of a zip file.
        max_pixels: Of one file, above which it is not decoded.
        workers: Threads that decode; ``None`` for one per CPU core.
        draws: Of the intervals of an evaluation.

    Raises:
        S3FError: As ``Ensemble.open``, ``list_images`` and ``predict_images``.
    """
    ensemble = Ensemble.open(bundles)
    members = [member.preprocessing for member in ensemble.members]
    known = {"label": request.label, "patient": request.patient}
    images = list_images(request.images, ensemble.first.classes, **known, unpacked=unpacked)
    predicted = predict_images(images, ensemble, chunks, max_pixels=max_pixels, workers=workers)
    rows = list(predicted.rows)
    table = decide([images.paths[row] for row in rows], predicted.outputs, members)
    evaluation = None
    if images.labels is not None:
        labels = [images.labels[row] for row in rows]
        groups = None if images.groups is None else [images.groups[row] for row in rows]
        table.insert(1, "label", labels)
        evaluation = evaluate(table, labels, groups, members, draws)
    shown = pictures_to_show(images, rows, table, ensemble, max_pixels)
    summary = {
        **_summary(request, ensemble, images, predicted, table),
        "without_maps": shown.without_maps,
        "patients_known": images.groups is not None,
        "evaluation": evaluation,
    }
    for warning in summary["warnings"]:
        logger.warning("%s", warning)
    return Told(table, summary, shown.pictures)


def _summary(
    request: Request, ensemble: Ensemble, images: ImageList, predicted: Predicted, table: pd.DataFrame
) -> dict[str, Any]:
    members = [member.preprocessing for member in ensemble.members]
    return {
        "model": request.model,
        "images": str(request.images),
        "bundles": [
            {
                "folder": str(member.folder),
                "checksum": member.checksum,
                "name": member.preprocessing.name,
                **{name: getattr(member.preprocessing.trained_on, name) for name in TOLD},
            }
            for member in ensemble.members
        ],
        "classes": list(ensemble.first.classes),
        "class_titles": dict(ensemble.first.class_titles),
        "positive_class": ensemble.first.positive_class,
        "listed": len(images.paths),
        "predicted": len(table),
        "reused": predicted.reused,
        "unreadable": list(predicted.unreadable),
        "passed_over": images.passed_over,
        "by_class": {name: int((table["predicted"] == name).sum()) for name in ensemble.first.classes},
        "out_of_distribution": _count(table["ood"]),
        "twins": _count(table["twin"]),
        "set_level": set_level(members),
        "decisions": asdict(members[0].decisions) if len(members) == 1 else None,
        "flagged_share": members[0].references.flagged_share,
        "drift": drift(predicted.outputs["grey"], members[0]),
        "warnings": _warnings(images, table, predicted, members),
    }


TOLD = ("protocol", "seed", "fold", "splits_hash", "selected_on_test", "synthetic", "licence", "citation")


def _count(flags: pd.Series) -> int | None:
    return None if flags.isna().any() else int(flags.sum())


def _warnings(
    images: ImageList, table: pd.DataFrame, predicted: Predicted, members: Sequence[Preprocessing]
) -> list[str]:
    """What a reader must know before the table is used."""
    told = []
    if images.passed_over:
        told.append(f"Passed over as no images: {told_of_passed_over(images.passed_over)}")
    if predicted.unreadable:
        first = predicted.unreadable[0]
        told.append(
            f"Images that could not be read, and have no prediction: {len(predicted.unreadable)}, such as "
            f"{first['path']}: {first['reason']}"
        )
    known = set().union(*(member.trained_on.modes for member in members))
    unknown = Counter(mode for mode in table["mode"] if mode not in known)
    if unknown:
        modes = ", ".join(f"{count} {mode}" for mode, count in unknown.most_common())
        told.append(
            f"The files are of other colours or depths than those of training ({', '.join(sorted(known))}): "
            f"{modes}. They were converted to {members[0].input.color}."
        )
    if twins := _count(table["twin"]):
        told.append(f"Images that are, or look like, images that the network was trained on: {twins}")
    if flagged := _count(table["ood"]):
        share = flagged / len(table)
        if share > 2 * members[0].references.flagged_share:
            told.append(
                f"{flagged} of {len(table)} images are unlike the training images ({share:.0%}, where "
                f"{members[0].references.flagged_share:.0%} are expected): predictions of such images cannot "
                f"be relied on"
            )
    return told
