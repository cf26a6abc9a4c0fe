"""DICOM images: modality rescale, window, and photometric interpretation.

Only the tags that pixels need are parsed, and the ids that tell whose image it is, so that no name or date
of a person can be passed on.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np

from s3f_pipeline.errors import ImageError
from s3f_pipeline.images.header_ids import ID_TAGS, HeaderIds, read_ids

Window = tuple[float, float]
"""Values that become black and white."""
TAGS = (
    "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "NumberOfFrames", "Rows",
    "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PixelData", "RescaleSlope",
    "RescaleIntercept", "RescaleType", "ModalityLUTSequence", "WindowCenter", "WindowWidth",
    "VOILUTFunction", "VOILUTSequence", "RedPaletteColorLookupTableDescriptor",
    "GreenPaletteColorLookupTableDescriptor", "BluePaletteColorLookupTableDescriptor",
    "RedPaletteColorLookupTableData", "GreenPaletteColorLookupTableData", "BluePaletteColorLookupTableData",
)  # fmt: skip


NARROW = 16
"""Grey levels below which an image that was spread over its whole bit depth shows next to nothing."""


@dataclass(frozen=True)
class DicomImage:
    """A decoded DICOM image.

    Attributes:
        pixels: uint8 of shape (H, W, 1) or (H, W, 3).
        mode: Such as ``MONOCHROME2 12-bit``.
        ids: Of the header.
        narrow: Lowest and highest value, after the modality rescale, of an image without a window that fills
            fewer than ``NARROW`` of 256 grey levels; else ``None``.
    """

    pixels: np.ndarray
    mode: str
    ids: HeaderIds
    narrow: Window | None = None


@dataclass(frozen=True)
class _Grey:
    """Grey values as shares of the way from black to white, float64 in [0, 1]."""

    shares: np.ndarray
    narrow: Window | None = None


@contextmanager
def silent_pydicom() -> Iterator[None]:
    """Keep out of every log what pydicom says, which may quote a header, while the block runs."""
    logger, nowhere = logging.getLogger("pydicom"), logging.NullHandler()
    propagates = logger.propagate
    logger.addHandler(nowhere)
    logger.propagate = False
    try:
        yield
    finally:
        logger.propagate = propagates
        logger.removeHandler(nowhere)


def decode_dicom(data: bytes, window: Window | None) -> DicomImage:
    """Decode a DICOM image to 8 bits as a radiologist would see it.

    Grey values go through the modality rescale or lookup table, then the window: ``window`` where it is
    given, else the first window of the file (linear, exact linear or sigmoid; DICOM PS3.3, C.11.2.1.2) or
    its VOI lookup table, else all values that the bit depth allows. MONOCHROME1, where low values are
    white, is inverted. Colour is converted to RGB.

    Args:
        data: The bytes of the file.
        window: Values, after the modality rescale, that become black and white.

    Raises:
        ImageError: If there is no image, more than one frame, or no decoder for its compression.
    """
    import pydicom

    try:
        dataset = pydicom.dcmread(BytesIO(data), specific_tags=[*TAGS, *ID_TAGS])
        return _to_8_bits(dataset, _stored_pixels(dataset), window)
    except ImageError:
        raise
    except Exception as error:  # a damaged file can lead to any, and the text may quote values
        raise ImageError(f"damaged DICOM file ({type(error).__name__})") from None


def _stored_pixels(dataset: Any) -> np.ndarray:
    frames = int(dataset.get("NumberOfFrames", 1) or 1)
    if frames > 1:
        raise ImageError(f"{frames} frames in one DICOM file: write one file per image")
    if "PixelData" not in dataset:
        raise ImageError("a DICOM file without an image")
    try:
        return np.asarray(dataset.pixel_array)
    except Exception:
        if reason := _why_not(dataset):
            raise ImageError(reason) from None
        raise


def _why_not(dataset: Any) -> str | None:
    """Why pixels that are there cannot be decoded, as far as it is known."""
    from pydicom.pixels import get_decoder
    from pydicom.pixels.utils import get_expected_length
    from pydicom.uid import JPEGExtended12Bit

    syntax = dataset.file_meta.TransferSyntaxUID
    if not syntax.is_compressed:
        found, expected = len(dataset.PixelData), get_expected_length(dataset)
        is_cut = found < expected
        return (
            f"truncated DICOM file: {found} of {expected} bytes of its pixels are there" if is_cut else None
        )
    try:
        able = set(get_decoder(syntax).available_plugins)
    except NotImplementedError:
        return f"DICOM compressed as {syntax.name}: decompress the files"
    package = "python-gdcm"
    if syntax == JPEGExtended12Bit and dataset.BitsStored > 8:
        able -= {"gdcm", "pillow"}
        package = "pylibjpeg pylibjpeg-libjpeg"
    if able:
        return f"damaged DICOM file: {' and '.join(sorted(able))} cannot decode its {syntax.name} data"
    return (
        f"DICOM compressed as {syntax.name}, which cannot be decoded here: pip install {package}, or "
        f"decompress the files"
    )


def _to_8_bits(dataset: Any, pixels: np.ndarray, window: Window | None) -> DicomImage:
    from pydicom.pixels import apply_color_lut

    photometric = str(dataset.PhotometricInterpretation)
    mode = f"{photometric} {dataset.BitsStored}-bit"
    if photometric == "PALETTE COLOR":
        colors = apply_color_lut(pixels, dataset)
        entries = int(dataset.RedPaletteColorLookupTableDescriptor[2])  # bits; 8 may be stored in 16
        is_deep = entries > 8 and colors.dtype != np.uint8
        pixels = (colors >> 8 if is_deep else colors).astype(np.uint8)
    if pixels.ndim == 3:
        if pixels.dtype != np.uint8:
            raise ImageError(f"DICOM colour of more than 8 bits ({mode})")
        return DicomImage(pixels, mode, read_ids(dataset))
    grey = _grey(dataset, pixels, window)
    shares = 1 - grey.shares if photometric == "MONOCHROME1" else grey.shares
    pixels = np.rint(shares * 255).astype(np.uint8)[..., None]
    return DicomImage(pixels, mode, read_ids(dataset), grey.narrow)


def _grey(dataset: Any, pixels: np.ndarray, window: Window | None) -> _Grey:
    from pydicom.pixels import apply_modality_lut, apply_voi_lut

    values = np.asarray(apply_modality_lut(pixels, dataset), np.float64)
    if window is not None:
        return _Grey(_linear(values, *window))
    center, width = _first(dataset.get("WindowCenter")), _first(dataset.get("WindowWidth"))
    if center is not None and width is not None:
        match str(dataset.get("VOILUTFunction", "LINEAR")):
            case "SIGMOID":
                return _Grey(1 / (1 + np.exp(-4 * (values - center) / width)))
            case "LINEAR_EXACT":
                return _Grey(_linear(values, center - width / 2, center + width / 2))
            case _:
                middle, half = center - 0.5, (width - 1) / 2
                return _Grey(_linear(values, middle - half, middle + half))
    if "VOILUTSequence" in dataset:
        bits = int(dataset.VOILUTSequence[0].LUTDescriptor[2])
        looked_up = np.asarray(apply_voi_lut(values.astype(np.int64), dataset), np.float64)
        return _Grey(_linear(looked_up, 0, 2**bits - 1))
    levels = 2 ** int(dataset.BitsStored)
    first = -levels // 2 if dataset.PixelRepresentation else 0
    ends = np.array([first, first + levels - 1], pixels.dtype)
    possible = np.asarray(apply_modality_lut(ends, dataset), np.float64)
    lowest, highest = float(values.min()), float(values.max())
    is_narrow = levels > 256 and 256 * (highest - lowest) < NARROW * np.ptp(possible)
    return _Grey(_linear(values, possible.min(), possible.max()), (lowest, highest) if is_narrow else None)


def _first(value: Any) -> float | None:
    """The first of one or several numbers; a tag may be missing, or there and empty."""
    values = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    return None if not values or values[0] in (None, "") else float(values[0])


def _linear(values: np.ndarray, black: float, white: float) -> np.ndarray:
    if white <= black:
        return (values > black).astype(np.float64)
    return np.clip((values - black) / (white - black), 0, 1)
