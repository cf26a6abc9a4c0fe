"""What the first bytes of an image file tell: its format, channels and bit depth, and whether it is whole.

OpenCV decodes a JPEG or PNG file that has been cut off without an error and fills in the rest, so that
wholeness is looked at here.
"""

from dataclasses import dataclass
from io import BytesIO

from s3f_pipeline.errors import ImageError
from s3f_pipeline.images.mat import START as MAT_START

JPEG_END = b"\xff\xd9"
JPEG_SIZES = (*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0))
"""Markers of the segments that hold precision, size and number of components (ITU T.81, table B.1)."""
JPEG_SCAN = 0xDA
JPEG_CHANNELS = {1: "grey", 3: "rgb", 4: "cmyk"}
PNG_CHANNELS = {0: "grey", 2: "rgb", 3: "palette", 4: "grey and alpha", 6: "rgb and alpha"}
"""By colour type (PNG specification, section 11.2.1)."""
PNG_HEADER = 33
"""Bytes up to the end of the first chunk."""
TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""By byte order, for files below and above 4 GB."""
BITS_PER_SAMPLE = 258
"""Tag of a TIFF file."""
ENDINGS = {
    "JPEG": ("jpg", "jpeg"),
    "PNG": ("png",),
    "BMP": ("bmp",),
    "TIFF": ("tif", "tiff"),
    "DICOM": ("dcm", ""),
    "MAT": ("mat",),
}
"""File endings of each format, in lower case."""


@dataclass(frozen=True)
class Header:
    """What is known of an image file before it is decoded.

    Attributes:
        format: ``JPEG``, ``PNG``, ``BMP``, ``TIFF``, ``DICOM`` or ``MAT``.
        mode: Channels and bit depth, such as ``grey 8-bit``; ``unknown`` where they are not looked at.
        bits: Bit depth of a channel.
    """

    format: str
    mode: str
    bits: int


def read_header(data: bytes) -> Header:
    """Read the header of an image file.

    Raises:
        ImageError: If it has none of these formats, is cut off, or holds several pages.
    """
    if data.startswith(b"\xff\xd8"):
        return _jpeg(data)
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return _png(data)
    if data[128:132] == b"DICM":
        return Header("DICOM", "unknown", 0)
    if data.startswith(MAT_START):
        return Header("MAT", "unknown", 0)
    if data[:4] in TIFF_STARTS:
        return _tiff(data)
    if data.startswith(b"BM") and len(data) > 30:
        bits = int.from_bytes(data[28:30], "little")
        return Header("BMP", f"{'palette' if bits <= 8 else 'rgb'} 8-bit", 8)
    raise ImageError("not an image: no JPEG, PNG, BMP, TIFF or DICOM file")


def has_wrong_ending(name: str, file_format: str) -> bool:
    """Whether a file's ending is that of another format than its content."""
    stem, _, ending = name.rpartition("/")[2].rpartition(".")
    known = ENDINGS.get(file_format)
    return known is not None and (ending.lower() if stem else "") not in known


def _jpeg(data: bytes) -> Header:
    position, header = 2, None
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker in JPEG_SIZES and position + 10 <= len(data):
            bits, channels = data[position + 4], JPEG_CHANNELS.get(data[position + 9], "unknown")
            header = Header("JPEG", f"{channels} {bits}-bit", bits)
        if marker == JPEG_SCAN:
            break
        is_padding = marker == 0xFF
        position += 1 if is_padding else 2 + int.from_bytes(data[position + 2 : position + 4], "big")
    if header is None or data.rfind(JPEG_END, position) < 0:
        raise ImageError("truncated: this JPEG file has no end")
    return header


def _png(data: bytes) -> Header:
    if len(data) < PNG_HEADER or data.rfind(b"IEND") < 0:
        raise ImageError("truncated: this PNG file has no end")
    bits, color = data[24], data[25]
    return Header("PNG", f"{PNG_CHANNELS.get(color, 'unknown')} {max(bits, 8)}-bit", max(bits, 8))


def _tiff(data: bytes) -> Header:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(BytesIO(data)) as image:
            pages = getattr(image, "n_frames", 1)
            bits = max(getattr(image, "tag_v2", {}).get(BITS_PER_SAMPLE, (8,)))
            channels = {1: "grey", 3: "rgb", 4: "rgb and alpha"}.get(len(image.getbands()), "unknown")
    except Image.DecompressionBombError as error:
        raise ImageError(f"absurdly large: {error}") from error
    except (UnidentifiedImageError, OSError, ValueError, KeyError, TypeError) as error:
        raise ImageError("truncated, or a TIFF file that cannot be read") from error
    if pages > 1:
        raise ImageError(f"{pages} pages in one TIFF file: split it into one file per image")
    return Header("TIFF", f"{channels} {max(bits, 8)}-bit", max(bits, 8))
