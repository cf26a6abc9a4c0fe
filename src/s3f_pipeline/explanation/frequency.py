"""Which frequencies the decision hangs on."""

from collections.abc import Callable
from itertools import takewhile
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s3f_pipeline.backend.functions import Gradient
from s3f_pipeline.evaluation.confusion import overall_figures
from s3f_pipeline.evaluation.estimates import interval
from s3f_pipeline.evaluation.ratios import weighted_sums
from s3f_pipeline.explanation.bands import Band, bands_of, spectra_of, without_band
from s3f_pipeline.explanation.logits import directions
from s3f_pipeline.explanation.means import Grouped
from s3f_pipeline.explanation.passes import Store
from s3f_pipeline.explanation.radial import radial_profile

Predict = Callable[[NDArray[np.float32]], NDArray[np.float64]]
"""From images to the probability of each class."""
FIGURES = ("accuracy", "macro_f1")
KEPT = 0.05
"""Of ``FIGURES``, what may be lost without what is taken out being called needed."""
GRADIENT_BATCH = 4
"""A gradient keeps all feature maps in memory."""


def removal_block(
    store: Store, rows: NDArray[np.int64], predict: Predict, grouped: Grouped
) -> dict[str, Any]:
    """Measure a network on images without a band.

    Args:
        store: Images.
        rows: Which of them.
        predict: Of the network.
        grouped: Labels and groups of these images.

    Returns:
        ``n`` (images), ``unchanged`` (``accuracy``, ``macro_f1`` and ``intervals`` of whole images), and for
        ``low_pass``, ``high_pass`` and ``band_stop`` a list of the same with ``low`` and ``high``: what is
        taken out, in cycles per image; a ``high`` of ``None`` has no end; and ``needed``, see ``_needed``.
    """
    height, width = store.images.shape[1:3]
    bands = bands_of(height, width)
    whole = np.empty(len(rows), np.int64)
    predicted = {(band.low, band.high): np.empty(len(rows), np.int64) for band in bands}
    one_of_each = {(band.low, band.high): band for band in bands}
    for places, batch in store.batches(rows):
        whole[places] = predict(batch).argmax(axis=1)
        spectra = spectra_of(batch)
        for borders, band in one_of_each.items():
            predicted[borders][places] = predict(without_band(spectra, width, band)).argmax(axis=1)
            store.advance(len(batch))
    block: dict[str, Any] = {"n": len(rows), "unchanged": _figures(whole, grouped)}
    for kind in ("low_pass", "high_pass", "band_stop"):
        block[kind] = [
            _borders(band) | _figures(predicted[band.low, band.high], grouped)
            for band in bands
            if band.kind == kind
        ]
    return {**block, "needed": _needed(block)}


def removal_passes(height: int, width: int) -> int:
    """How often each image goes through the network."""
    return 1 + len({(band.low, band.high) for band in bands_of(height, width)})


def saliency_block(
    store: Store, rows: NDArray[np.int64], gradient: Gradient, outputs: int, grouped: Grouped
) -> dict[str, Any]:
    """Say how strongly the logit of the true class moves with each frequency.

    ``|∂ logit / ∂ spectrum| = |DFT(∂ logit / ∂ image)| / (H W)`` of the unnormalised spectrum, mean over
    rings, channels and images.

    Args:
        store: Images.
        rows: Which of them.
        gradient: Of the logits by the images.
        outputs: Units of the head.
        grouped: Labels of these images.

    Returns:
        ``frequencies`` (cycles per image) and ``per_class`` {class that has images: value at each}.
    """
    height, width = store.images.shape[1:3]
    profiles = []
    for places, batch in store.batches(rows, GRADIENT_BATCH):
        asked = directions(grouped.labels[places], outputs)
        spectra = np.abs(np.fft.rfft2(gradient([batch], asked), axes=(1, 2))) / (height * width)
        profiles.append(radial_profile(spectra.mean(axis=3), width))
    found = np.concatenate(profiles)
    return {
        "frequencies": list(range(found.shape[1])),
        "per_class": {
            name: found[grouped.labels == number].mean(axis=0).tolist()
            for number, name in enumerate(grouped.classes)
            if (grouped.labels == number).any()
        },
    }


def _needed(block: dict[str, Any]) -> dict[str, Any]:
    """Say without what a network does nearly as well.

    That is at most 5 points less than on whole images, of accuracy and of macro F1: a network that calls all
    images the same has the accuracy of the most common class.

    Returns:
        ``up_to``: the lowest low-pass border at and above which it does; ``above``: the highest high-pass
        border at and below which it does; ``None`` where there is none. ``octave`` (``low``, ``high``,
        ``accuracy``): the one without which macro F1 is least.
    """
    whole = block["unchanged"]

    def is_kept(found: dict[str, Any]) -> bool:
        return all(found[name] >= whole[name] - KEPT for name in FIGURES)

    low_pass = list(takewhile(is_kept, reversed(block["low_pass"])))
    high_pass = list(takewhile(is_kept, block["high_pass"]))
    up_to = low_pass[-1]["low"] if low_pass else None
    above = high_pass[-1]["high"] if high_pass else None
    worst = min(block["band_stop"], key=lambda each: each["macro_f1"])
    return {
        "up_to": up_to,
        "above": above,
        "octave": {name: worst[name] for name in ("low", "high", "accuracy")},
    }


def _borders(band: Band) -> dict[str, Any]:
    return {"low": band.low, "high": band.high if isfinite(band.high) else None}


def _figures(predicted: NDArray[np.int64], grouped: Grouped) -> dict[str, Any]:
    classes, labels = len(grouped.classes), grouped.labels
    cells = np.zeros((len(labels), classes**2))
    cells[np.arange(len(labels)), labels * classes + predicted] = 1
    sums = weighted_sums(cells, grouped.groups, grouped.weights).reshape(-1, classes, classes)
    found = {name: values for name, values in overall_figures(sums).items() if name in FIGURES}
    intervals = {
        name: interval(name, values, grouped.groups, confidence=grouped.confidence)
        for name, values in found.items()
    }
    return {**{name: float(values[0]) for name, values in found.items()}, "intervals": intervals}
