"""How a DICOM header turns stored numbers into grey (PS3.3, C.7.6.16.2.9, C.7.6.16.2.10, C.11.1, C.11.2).

Modality rescale or table, then a window or a table of values of interest, then polarity; each wherever it
stands in the header, and each checked: headers are emptied by anonymisers and written by people.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from s3f_pipeline.errors import ImageError
from s3f_pipeline.images.levels import Window, linear

GREY_TAGS = (
    "RescaleSlope", "RescaleIntercept", "RescaleType", "ModalityLUTSequence", "WindowCenter", "WindowWidth",
    "VOILUTFunction", "VOILUTSequence", "PresentationLUTShape", "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
)  # fmt: skip
LEAST_WIDTH = 1
"""Of a window of the function LINEAR."""
FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")
NO_WINDOW = "the window in their header is unusable (a width of 0, or no number), so it was not applied"
HALF_RESCALE = "their header has a rescale slope without intercept or the reverse; 1 and 0 were taken"
NO_FUNCTION = "their header has an unknown function of its window, which was taken as linear"
CONTRADICTION = (
    "their header contradicts itself on whether low values are black or white; the photometric "
    "interpretation was followed"
)


@dataclass(frozen=True)
class Table:
    """A lookup table.

    Attributes:
        first: Value that becomes the first entry.
        entries: float64 (N,).
        bits: Nominal depth of the entries.
    """

    first: float
    entries: np.ndarray
    bits: int

    @property
    def fills_its_depth(self) -> bool:
        """Whether its highest entry is bright, as it is unless the header states a wrong depth."""
        return bool(self.entries.max() >= 2**self.bits / 2)

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Look values up; those beyond the table get its ends."""
        places = np.clip(np.floor(values - self.first), 0, len(self.entries) - 1)
        return np.asarray(self.entries[places.astype(np.int64)])


@dataclass(frozen=True)
class VoiWindow:
    """A window of the header: its center, width and function."""

    center: float
    width: float
    function: str

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Map values to shares of the way from black to white."""
        if self.function == "SIGMOID":
            with np.errstate(over="ignore"):
                return np.asarray(1 / (1 + np.exp(-4 * (values - self.center) / self.width)))
        if self.function == "LINEAR_EXACT":
            return linear(values, self.center - self.width / 2, self.center + self.width / 2)
        middle, half = self.center - 0.5, (self.width - 1) / 2
        return linear(values, middle - half, middle + half)


@dataclass(frozen=True)
class GreyScale:
    """The way from stored numbers to grey that a header describes.

    Attributes:
        modality: Table of the modality, or ``None``.
        slope: Of the rescale; without a table.
        intercept: Likewise.
        window: The first usable one, or ``None``.
        voi: Table of values of interest, used where there is no window; or ``None``.
        stored: Lowest and highest number that the bit depth allows.
        inverted: Whether low values are white.
        remarks: What of the header could not be followed.
    """

    modality: Table | None
    slope: float
    intercept: float
    window: VoiWindow | None
    voi: Table | None
    stored: tuple[int, int]
    inverted: bool
    remarks: list[str] = field(default_factory=list)

    def values(self, stored: np.ndarray) -> np.ndarray:
        """Apply what the modality does, such as giving Hounsfield units; float64."""
        numbers = stored.astype(np.float64)
        return self.modality(numbers) if self.modality else numbers * self.slope + self.intercept

    def shares(self, stored: np.ndarray, window: Window | None) -> np.ndarray:
        """Map stored numbers to shares of the way from black to white.

        Args:
            stored: Of any shape.
            window: Takes the place of that of the header.
        """
        values = self.values(stored)
        if window is not None:
            shares = linear(values, *window)
        elif self.window is not None:
            shares = self.window(values)
        elif self.voi is not None:
            shares = linear(self.voi(values), 0, 2**self.voi.bits - 1)
        elif self.modality is not None:
            shares = linear(values, self.modality.entries.min(), self.modality.entries.max())
        else:
            ends = self.values(np.array(self.stored))
            shares = linear(values, float(ends.min()), float(ends.max()))
        return 1 - shares if self.inverted else shares


def read_grey_scale(dataset: Any) -> GreyScale:
    """Read how a header turns stored numbers into grey.

    Functional groups of the frame win over shared ones, and these over the header itself.

    Args:
        dataset: ``pydicom.Dataset`` of one frame, with ``GREY_TAGS``.

    Raises:
        ImageError: If the rescale is unusable, or a lookup table damaged.
    """
    remarks: list[str] = []
    bits = int(dataset.BitsStored)
    least = -(2 ** (bits - 1)) if dataset.get("PixelRepresentation") else 0
    modality = _table(dataset, "ModalityLUTSequence", least)
    slope, intercept = (1.0, 0.0) if modality else _rescale(dataset, remarks)
    inverted = dataset.PhotometricInterpretation == "MONOCHROME1"
    shape = str(dataset.get("PresentationLUTShape") or "")
    if (shape, inverted) in (("INVERSE", False), ("IDENTITY", True)):
        remarks.append(CONTRADICTION)
    lowest = 0.0 if modality else min(least * slope, (least + 2**bits - 1) * slope) + intercept
    return GreyScale(
        modality,
        slope,
        intercept,
        _window(dataset, remarks),
        _table(dataset, "VOILUTSequence", lowest),
        (least, least + 2**bits - 1),
        inverted,
        remarks,
    )


def _places(dataset: Any, macro: str) -> Iterator[Any]:
    """Where a header may say something, what counts first coming first."""
    for group in ("PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence"):
        for frame in list(dataset.get(group) or [])[:1]:
            yield from list(frame.get(macro) or [])[:1]
    yield dataset


def _rescale(dataset: Any, remarks: list[str]) -> tuple[float, float]:
    for place in _places(dataset, "PixelValueTransformationSequence"):
        slopes, intercepts = _numbers(place, "RescaleSlope"), _numbers(place, "RescaleIntercept")
        if not slopes and not intercepts:
            continue
        if not (slopes and intercepts):
            remarks.append(HALF_RESCALE)
        slope, intercept = (slopes or [1.0])[0], (intercepts or [0.0])[0]
        if not (math.isfinite(slope) and math.isfinite(intercept)) or slope == 0:
            raise ImageError(
                "its header has a rescale slope of 0, or a rescale that is no number: correct the header, or "
                "empty these two tags"
            )
        return slope, intercept
    return 1.0, 0.0


def _window(dataset: Any, remarks: list[str]) -> VoiWindow | None:
    for place in _places(dataset, "FrameVOILUTSequence"):
        centers, widths = _numbers(place, "WindowCenter"), _numbers(place, "WindowWidth")
        if not centers and not widths:
            continue
        function = str(place.get("VOILUTFunction") or "LINEAR").strip().upper()
        if function not in FUNCTIONS:
            remarks.append(NO_FUNCTION)
            function = "LINEAR"
        for center, width in zip(centers, widths, strict=False):
            enough = width >= LEAST_WIDTH if function == "LINEAR" else width > 0
            if math.isfinite(center) and math.isfinite(width) and enough:
                return VoiWindow(center, width, function)
        remarks.append(NO_WINDOW)
        return None
    return None


def _numbers(place: Any, tag: str) -> list[float]:
    """The numbers of a tag, NaN for what is none; nothing if it is missing or empty."""
    try:
        value = place.get(tag)
    except (ValueError, TypeError, OverflowError):
        return [math.nan]
    if value is None or value == "":
        return []
    values = [value] if isinstance(value, int | float | str) else list(value)
    numbers = []
    for one in values:
        try:
            numbers.append(float(one))
        except (ValueError, TypeError):
            numbers.append(math.nan)
    return numbers


def _table(dataset: Any, tag: str, lowest: float) -> Table | None:
    """Read the first table of a sequence, its entries being of 8 or 16 bits in bytes or in numbers."""
    items = list(dataset.get(tag) or [])
    if not items:
        return None
    order = "<" if _is_little_endian(dataset) else ">"
    described, data = items[0].get("LUTDescriptor"), items[0].get("LUTData")
    if isinstance(described, bytes):
        described = np.frombuffer(described[: len(described) // 2 * 2], f"{order}u2").tolist()
    if described is None or data is None or len(described) < 3:
        raise ImageError("its header has a lookup table without entries")
    count, first, bits = int(described[0]) or 2**16, int(described[1]), int(described[2])
    if not 1 <= bits <= 16:
        raise ImageError(f"its header has a lookup table of {bits} bits")
    if not isinstance(data, bytes):
        data = np.atleast_1d(np.asarray(data)).astype(f"{order}u2").tobytes()
    entries = np.frombuffer(data[: 2 * count], f"{order}u2") if len(data) >= 2 * count else None
    if entries is None and bits <= 8:
        entries = np.frombuffer(data[:count], np.uint8)
    if entries is None or len(entries) < count:
        raise ImageError(f"its header has a lookup table with fewer than its {count} entries")
    if first >= 2**15 and lowest < 0:  # a negative number that was read as one without a sign
        first -= 2**16
    return Table(float(first), entries.astype(np.float64), bits)


def _is_little_endian(dataset: Any) -> bool:
    return dataset.original_encoding[1] is not False
