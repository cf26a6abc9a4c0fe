"""DICOM images: modality rescale, window, and photometric interpretation.

Only the tags that pixels need are parsed, and the ids that tell whose image it is, so that no name or date
of a person can be passed on.
"""

from collections.abc import Sequence
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


def decode_dicom(data: bytes, window: Window | None) -> tuple[np.ndarray, str, HeaderIds]:
    """Decode a DICOM image to 8 bits as a radiologist would see it.

    Grey values go through the modality rescale or lookup table, then the window: ``window`` where it is
    given, else the first window of the file (linear, exact linear or sigmoid; DICOM PS3.3, C.11.2.1.2) or
    its VOI lookup table, else all values that the bit depth allows. MONOCHROME1, where low values are
    white, is inverted. Colour is converted to RGB.

    Args:
        data: The bytes of the file.
        window: Values, after the modality rescale, that become black and white.

    Returns:
        uint8 of shape (H, W, 1) or (H, W, 3); the mode, such as ``MONOCHROME2 12-bit``; and the ids of the
        header.

    Raises:
        ImageError: If there is no image, more than one frame, or no decoder for its compression.
    """
    import pydicom

    try:
        dataset = pydicom.dcmread(BytesIO(data), specific_tags=[*TAGS, *ID_TAGS])
        pixels, mode = _to_8_bits(dataset, _stored_pixels(dataset), window)
        return pixels, mode, read_ids(dataset)
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
        syntax = dataset.file_meta.TransferSyntaxUID
        if not syntax.is_compressed:
            raise
        raise ImageError(
            f"DICOM compressed as {syntax.name}, which cannot be decoded here: pip install python-gdcm, or "
            f"decompress the files (gdcmconv --raw)"
        ) from None


def _to_8_bits(dataset: Any, pixels: np.ndarray, window: Window | None) -> tuple[np.ndarray, str]:
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
        return pixels, mode
    shares = _grey_shares(dataset, pixels, window)
    if photometric == "MONOCHROME1":
        shares = 1 - shares
    return np.rint(shares * 255).astype(np.uint8)[..., None], mode


def _grey_shares(dataset: Any, pixels: np.ndarray, window: Window | None) -> np.ndarray:
    """Grey values as shares of the way from black to white, float64 in [0, 1]."""
    from pydicom.pixels import apply_modality_lut, apply_voi_lut

    values = np.asarray(apply_modality_lut(pixels, dataset), np.float64)
    if window is not None:
        return _linear(values, *window)
    center, width = _first(dataset.get("WindowCenter")), _first(dataset.get("WindowWidth"))
    if center is not None and width is not None:
        match str(dataset.get("VOILUTFunction", "LINEAR")):
            case "SIGMOID":
                return 1 / (1 + np.exp(-4 * (values - center) / width))
            case "LINEAR_EXACT":
                return _linear(values, center - width / 2, center + width / 2)
            case _:
                return _linear(values, center - 0.5 - (width - 1) / 2, center - 0.5 + (width - 1) / 2)
    if "VOILUTSequence" in dataset:
        bits = int(dataset.VOILUTSequence[0].LUTDescriptor[2])
        return _linear(
            np.asarray(apply_voi_lut(values.astype(np.int64), dataset), np.float64), 0, 2**bits - 1
        )
    is_signed = bool(dataset.PixelRepresentation)
    levels = 2 ** int(dataset.BitsStored)
    lowest = -levels // 2 if is_signed else 0
    ends = np.array([lowest, lowest + levels - 1], pixels.dtype)
    possible = np.asarray(apply_modality_lut(ends, dataset), np.float64)
    return _linear(values, possible.min(), possible.max())


def _first(value: Any) -> float | None:
    """The first of one or several numbers; a tag may be missing, or there and empty."""
    values = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    return None if not values or values[0] in (None, "") else float(values[0])


def _linear(values: np.ndarray, black: float, white: float) -> np.ndarray:
    if white <= black:
        return (values > black).astype(np.float64)
    return np.clip((values - black) / (white - black), 0, 1)
