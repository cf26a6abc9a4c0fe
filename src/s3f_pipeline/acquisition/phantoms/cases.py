"""Which images a cohort of phantoms has, and which of them are copies or views of others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np

from s3f_pipeline.acquisition.phantoms.scenes.choice import Scene
from s3f_pipeline.config.schema import PhantomsConfig

TWIN_SHARE = 0.02
"""Share of the last split of a class that are copies of images of the first split."""
COPY_QUALITY = 80


@dataclass(frozen=True)
class Case:
    """One image of a cohort.

    Attributes:
        number: Of the image in the cohort, from 0.
        label: Its class.
        split: Its official split, ``all`` in a cohort without.
        subject: Number of the patient or lesion.
        drawing: Number of the image whose drawing it shows; its own, unless it is a copy or a view.
        drawn_as: Class of that image.
        kind: A ``drawing`` of its own, a re-encoded ``copy``, or another ``view`` of the subject.
    """

    number: int
    label: str
    split: str
    subject: int
    drawing: int
    drawn_as: str
    kind: Literal["drawing", "copy", "view"] = "drawing"


def counts_of(config: PhantomsConfig, *, validation: bool = False) -> dict[str, int]:
    """Images of each class by official split; the validation set is a tenth of the training set."""
    counts: dict[str, int] = dict(config.images_per_class.items())
    return counts | {"validation": max(1, counts["train"] // 10)} if validation else counts


def sum_of(config: PhantomsConfig) -> dict[str, int]:
    """Images of each class of a cohort without official splits."""
    return {"all": sum(config.images_per_class.values())}


def plan_cases(classes: Sequence[str], counts: Mapping[str, int], *, views: bool = False) -> list[Case]:
    """Plan a cohort: its images, and what a leakage audit shall find among them.

    The last images of every class in the split ``test`` (or ``all``) are copies of its first images in
    ``train`` (or ``all``). Without official splits one image of the second class copies one of the first.

    Args:
        classes: Class names.
        counts: Images of each class by split.
        views: Give every third subject a further image, and each class one subject with images in
            both ``train`` and ``test``.

    Returns:
        The images, by split and class.
    """
    cases: list[Case] = []
    for split, count in counts.items():
        for label in classes:
            for position in range(count):
                number = len(cases)
                own = Case(number, label, split, number, number, label)
                if views and position % 3 == 2:
                    own = _like(cases[-1], own, "view")
                cases.append(own)
    first, last = ("train", "test") if "test" in counts else ("all", "all")
    copies = max(1, round(TWIN_SHARE * counts[last]))
    for label in classes:
        sources, targets = _of(cases, first, label), _of(cases, last, label)
        for source, target in zip(sources[:copies], targets[-copies:], strict=False):
            cases[target.number] = _like(source, target, "copy")
        if views and first != last and len(targets) > copies:
            target = targets[-copies - 1]
            cases[target.number] = _like(sources[-1], target, "view")
    if first == last and counts[last] > 2 * copies:
        source, target = (_of(cases, last, label)[-copies - 1] for label in classes[:2])
        cases[target.number] = _like(source, target, "copy")
    return cases


def draw_case(case: Case, scene: Scene, seed: int) -> np.ndarray:
    """Draw the image of a case; the same case and seed give the same image."""
    image = scene(case.drawn_as, np.random.default_rng([seed, case.drawing]))
    if case.kind == "copy":
        return _encoded_again(image)
    if case.kind == "view":
        return _seen_again(image, np.random.default_rng([seed, case.drawing, case.number]))
    return image


def _like(source: Case, target: Case, kind: Literal["copy", "view"]) -> Case:
    return replace(
        target, subject=source.subject, drawing=source.drawing, drawn_as=source.drawn_as, kind=kind
    )


def _of(cases: list[Case], split: str, label: str) -> list[Case]:
    return [case for case in cases if case.split == split and case.label == label]


def _encoded_again(image: np.ndarray) -> np.ndarray:
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, COPY_QUALITY])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_UNCHANGED))


def _seen_again(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Turn, zoom and light an image differently."""
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), rng.normal(0, 8), rng.uniform(1.02, 1.2))
    turned = cv2.warpAffine(image, turn, (width, height), borderMode=cv2.BORDER_REFLECT)
    return np.clip(turned * rng.uniform(0.85, 1.1), 0, 255).astype(np.uint8)
