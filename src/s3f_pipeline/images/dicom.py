"""DICOM images: from the bytes of a file to pixels of 8 bits.

Only the tags that pixels need are parsed, and the ids that tell whose image it is, so that no name or date
of a person can be passed on.
"""

import logging
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np

from s3f_pipeline.errors import ImageError
from s3f_pipeline.images.codestreams import check_codestream
from s3f_pipeline.images.grey import GREY_TAGS, GreyScale, read_grey_scale
from s3f_pipeline.images.header_ids import ID_TAGS, HeaderIds, read_ids
from s3f_pipeline.images.levels import (
    DEFAULT_MAX_PIXELS,
    Window,
    check_size,
    few_levels,
    look_up,
    to_levels,
)

PALETTES = tuple(
    f"{prefix}{color}PaletteColorLookupTable{part}"
    for color in ("Red", "Green", "Blue")
    for prefix, part in (("", "Descriptor"), ("", "Data"), ("Segmented", "Data"))
)
TAGS = (
    "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "NumberOfFrames", "Rows",
    "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PixelData", "FloatPixelData",
    "DoubleFloatPixelData", *PALETTES, *GREY_TAGS,
)  # fmt: skip
NEEDED = ("Rows", "Columns", "BitsAllocated", "BitsStored", "SamplesPerPixel", "PhotometricInterpretation")
GREYS = ("MONOCHROME1", "MONOCHROME2")
MARK = b"DICM"
PREAMBLE = 128
DEFLATED = "1.2.840.10008.1.2.1.99"
BYTES_PER_PIXEL = 6
"""Most that is unpacked of a deflated file, per pixel that is allowed, besides ``OTHER_BYTES``."""
OTHER_BYTES = 1 << 24
ONE_GREY = "the window leaves one grey of them"


@dataclass(frozen=True)
class DicomImage:
    """A decoded DICOM image.

    Attributes:
        pixels: uint8 of shape (H, W, 1) or (H, W, 3).
        mode: Such as ``MONOCHROME2 12-bit``.
        ids: Of the header.
        narrow: Ends of a window that would show more, after the modality rescale, of an image without a
            window that has few grey levels; else ``None``.
        remarks: What of the header could not be followed.
    """

    pixels: np.ndarray
    mode: str
    ids: HeaderIds
    narrow: Window | None = None
    remarks: tuple[str, ...] = ()


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


def decode_dicom(data: bytes, window: Window | None, max_pixels: int = DEFAULT_MAX_PIXELS) -> DicomImage:
    """Decode a DICOM image to 8 bits as a radiologist would see it.

    Grey values go through the modality rescale or lookup table, then the window: ``window`` where it is
    given, else the first usable window of the file (linear, exact linear or sigmoid; DICOM PS3.3,
    C.11.2.1.2) or its VOI lookup table, else all values that the bit depth allows. MONOCHROME1, where low
    values are white, is inverted. Colour is converted to RGB.

    Args:
        data: The bytes of the file, with or without a preamble.
        window: Values, after the modality rescale, that become black and white.
        max_pixels: Rows by columns by frames above which nothing is decoded.

    Raises:
        ImageError: If there is no image, more than one frame or too many pixels, a header that does not say
            what the pixels mean, or no decoder for the compression.
        MemoryError: If there is not enough memory.
    """
    import pydicom

    try:
        dataset = pydicom.dcmread(
            BytesIO(_inflated(data, max_pixels)), specific_tags=[*TAGS, *ID_TAGS], force=True
        )
        stored, photometric = _stored_pixels(dataset, max_pixels)
        return _to_8_bits(dataset, stored, photometric, window)
    except (ImageError, MemoryError):
        raise
    except Exception as error:  # a damaged file can lead to any, and the text may quote values
        raise ImageError(f"damaged DICOM file ({type(error).__name__})") from None


def _inflated(data: bytes, max_pixels: int) -> bytes:
    """Unpack a deflated data set, of which pydicom would unpack any amount."""
    from pydicom.uid import ExplicitVRLittleEndian

    begin = PREAMBLE + len(MARK)
    if data[PREAMBLE:begin] != MARK or data[begin : begin + 8] != b"\x02\0\0\0UL\x04\0":
        return data
    end = begin + 12 + int.from_bytes(data[begin + 8 : begin + 12], "little")
    name = DEFLATED.encode()
    if name not in data[begin:end]:
        return data
    most = BYTES_PER_PIXEL * max_pixels + OTHER_BYTES
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        content = inflater.decompress(data[end:], most)
    except zlib.error:
        raise ImageError("damaged DICOM file: its deflated data cannot be unpacked") from None
    if inflater.unconsumed_tail:
        raise ImageError(
            f"a deflated DICOM file of more than {most >> 20} MiB, more than ingestion.max_megapixels allows"
        )
    plain = ExplicitVRLittleEndian.encode().ljust(len(name), b"\0")
    return data[:begin] + data[begin:end].replace(name, plain, 1) + content


def _stored_pixels(dataset: Any, max_pixels: int) -> tuple[np.ndarray, str]:
    """Decode the one frame: numbers as stored, (H, W) or (H, W, 3), and their photometric interpretation."""
    from pydicom.pixels import get_decoder
    from pydicom.pixels.common import PhotometricInterpretation
    from pydicom.pixels.utils import get_expected_length

    if not dataset.get("PixelData"):
        if "FloatPixelData" in dataset or "DoubleFloatPixelData" in dataset:
            raise ImageError("DICOM files of floating-point numbers are not read")
        is_lost = "Rows" in dataset
        raise ImageError(
            "a DICOM file without an image"
            + (", though its header describes one: cut off, or damaged" if is_lost else ", or damaged")
        )
    if missing := [tag for tag in NEEDED if dataset.get(tag) in (None, "")]:
        raise ImageError(f"its DICOM header does not say {' and '.join(missing)}")
    if dataset.PhotometricInterpretation not in set(PhotometricInterpretation):
        raise ImageError("its DICOM header has an unknown PhotometricInterpretation")
    frames = int(dataset.get("NumberOfFrames") or 1)
    check_size(dataset.Rows, dataset.Columns, max(frames, 1), max_pixels)
    if frames > 1:
        raise ImageError(f"{frames} frames in one DICOM file: write one file per image")
    dataset.NumberOfFrames = 1
    shift = _prepare(dataset)
    syntax = _transfer_syntax(dataset)
    if syntax.is_encapsulated:
        check_codestream(dataset.PixelData, syntax, dataset)
    elif len(dataset.PixelData) >= 2 * get_expected_length(dataset):
        raise ImageError("a DICOM file with the pixels of several frames, although its header says one")
    try:
        pixels, meta = get_decoder(syntax).as_array(dataset)
    except MemoryError:
        raise
    except Exception:
        if reason := _why_not(dataset, syntax):
            raise ImageError(reason) from None
        raise
    if shift:
        dataset.BitsStored -= shift
        is_aligned_left = not syntax.is_compressed or pixels.max() >= 2**dataset.BitsStored
        pixels = pixels >> shift if is_aligned_left else pixels
    return pixels, str(meta["photometric_interpretation"])


def _prepare(dataset: Any) -> int:
    """Fill in what a header may leave out, and return by how many bits the pixels are to be shifted down.

    Until then ``BitsStored`` counts these bits too, so that pydicom does not take the upper ones away.
    """
    allocated, stored, samples = dataset.BitsAllocated, dataset.BitsStored, dataset.SamplesPerPixel
    if not 1 <= stored <= allocated or allocated not in (1, 8, 16, 32) or samples not in (1, 3):
        raise ImageError(f"DICOM pixels of {samples} samples with {stored} of {allocated} bits are not read")
    if samples == 3 and dataset.get("PlanarConfiguration") is None:
        dataset.PlanarConfiguration = 0
    if dataset.get("PixelRepresentation") in (None, ""):
        if dataset.PhotometricInterpretation in GREYS and stored > 8:
            raise ImageError("its DICOM header does not say PixelRepresentation")
        dataset.PixelRepresentation = 0
    if dataset.PixelRepresentation not in (0, 1):
        raise ImageError(f"its DICOM header says PixelRepresentation {dataset.PixelRepresentation}")
    high = dataset.get("HighBit")
    high = stored - 1 if high in (None, "") else int(high)
    if not stored - 1 <= high < allocated:
        raise ImageError(f"its DICOM header says HighBit {high} of {stored} in {allocated} bits")
    dataset.BitsStored = high + 1
    return high + 1 - stored


def _transfer_syntax(dataset: Any) -> Any:
    """Find out how pixels are encoded, if need be from how the file itself is.

    Raises:
        ImageError: If nobody can know.
    """
    from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

    named = dataset.file_meta.get("TransferSyntaxUID")
    if named:
        if not UID(named).is_transfer_syntax:
            raise ImageError("its DICOM header names an unknown transfer syntax")
        return UID(named)
    if dataset["PixelData"].is_undefined_length:
        raise ImageError(
            "a DICOM file whose header of the file is lost, with it how its pixels are compressed"
        )
    is_implicit, is_little = dataset.original_encoding
    if is_implicit:
        return ImplicitVRLittleEndian
    return ExplicitVRLittleEndian if is_little else ExplicitVRBigEndian


def _why_not(dataset: Any, syntax: Any) -> str | None:
    """Why pixels that are there cannot be decoded, as far as it is known."""
    from pydicom.pixels import get_decoder
    from pydicom.pixels.utils import get_expected_length
    from pydicom.uid import JPEGExtended12Bit

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


def _to_8_bits(dataset: Any, pixels: np.ndarray, photometric: str, window: Window | None) -> DicomImage:
    mode = f"{dataset.PhotometricInterpretation} {dataset.BitsStored}-bit"
    if photometric in GREYS and pixels.ndim == 2:
        scale = read_grey_scale(dataset)
        levels = look_up(pixels, lambda stored: to_levels(scale.shares(stored, window)))
        narrow, remarks = _lost(scale, pixels, levels, window)
        return DicomImage(levels[..., None], mode, read_ids(dataset), narrow, (*scale.remarks, *remarks))
    if photometric == "PALETTE COLOR" and pixels.ndim == 2:
        return DicomImage(_through_palette(dataset, pixels), mode, read_ids(dataset))
    if photometric != "RGB" or pixels.ndim != 3:
        raise ImageError(
            f"DICOM colour as {dataset.PhotometricInterpretation} is not read: convert it to RGB"
        )
    if dataset.BitsStored != 8:
        more = "more" if dataset.BitsStored > 8 else "fewer"
        raise ImageError(f"DICOM colour of {more} than 8 bits ({mode})")
    return DicomImage(pixels.astype(np.uint8), mode, read_ids(dataset))


def _lost(
    scale: GreyScale, stored: np.ndarray, levels: np.ndarray, window: Window | None
) -> tuple[Window | None, list[str]]:
    """What a window would have shown, and what a window has hidden."""
    if window is not None or scale.window is not None:
        is_one_grey = levels.min() == levels.max() and stored.min() != stored.max()
        return None, [ONE_GREY] if is_one_grey else []
    ends = few_levels(stored, levels)
    if ends is None or (scale.voi is not None and scale.voi.fills_its_depth):
        return None, []
    black, white = sorted(scale.values(np.array(ends)).tolist())
    return ((black, white) if black < white else None), []


def _through_palette(dataset: Any, pixels: np.ndarray) -> np.ndarray:
    """Look colours up; entries of 8 bits may be stored in 16, whatever the descriptor says."""
    from pydicom.pixels import apply_color_lut

    try:
        colors = np.asarray(apply_color_lut(pixels, dataset))
    except (ValueError, AttributeError, TypeError, IndexError, KeyError, struct.error):
        raise ImageError("its DICOM header has no palette for its colours, or a damaged one") from None
    bits = int(dataset.RedPaletteColorLookupTableDescriptor[2])
    is_deep = bits > 8 and colors.dtype != np.uint8 and colors.max() > 255
    return (colors >> (bits - 8) if is_deep else colors).astype(np.uint8)
