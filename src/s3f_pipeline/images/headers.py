"""What the header of an image file tells before anything is decoded: format, size, bit depth, wholeness.

OpenCV decodes a JPEG, PNG or WebP file that has been cut off without an error and fills in the rest, so that
wholeness is looked at here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from s3f_pipeline.errors import ImageError
from s3f_pipeline.images.formats import READ, format_of
from s3f_pipeline.images.tiff import read_tiff

JPEG_END = b"\xff\xd9"
JPEG_SIZES = (*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0))
"""Markers of the segments that hold precision, size and number of components (ITU T.81, table B.1)."""
JPEG_LOSSLESS = (0xC3, 0xC7, 0xCB, 0xCF)
JPEG_LS_SIZE = 0xF7
JPEG_SCAN = 0xDA
JPEG_CHANNELS = {1: "grey", 3: "rgb", 4: "cmyk"}
PNG_CHANNELS = {0: "grey", 2: "rgb", 3: "palette", 4: "grey and alpha", 6: "rgb and alpha"}
"""By colour type (PNG specification, section 11.2.1)."""
PNG_HEADER = 33
"""Bytes up to the end of the first chunk."""
PNM = re.compile(
    rb"P([1-6])(?:\s|#[^\n\r]*[\n\r])+(\d+)(?:\s|#[^\n\r]*[\n\r])+(\d+)(?:(?:\s|#[^\n\r]*[\n\r])+(\d+))?\s"
)
"""Kind, width, height and highest value, which black-and-white files (P1, P4) do not have."""
PNM_LONGEST = 4096
"""Bytes in which the header of a PNM file is looked for."""


@dataclass(frozen=True)
class Header:
    """What is known of an image file before it is decoded.

    Attributes:
        format: One of ``s3f_pipeline.images.formats.READ``.
        mode: Channels and bit depth, such as ``grey 8-bit``; ``unknown`` where they are not looked at.
        bits: Bit depth of a channel.
        rows: Height in pixels; 0 where it is not looked at (DICOM and MATLAB files).
        columns: Width in pixels; likewise.
    """

    format: str
    mode: str
    bits: int
    rows: int = 0
    columns: int = 0


def read_header(data: bytes) -> Header:
    """Read the header of an image file.

    Raises:
        ImageError: If it has none of the formats that are read, is cut off, or holds several images.
    """
    name = format_of(data)
    if name is None:
        raise ImageError("not an image: no JPEG, PNG, BMP, TIFF or DICOM file, nor WebP or PNM")
    if name not in READ:
        raise ImageError(f"{name} files are not read: save the image as PNG, or as 16-bit TIFF")
    readers = {"JPEG": _jpeg, "PNG": _png, "BMP": _bmp, "TIFF": _tiff, "WebP": _webp, "PNM": _pnm}
    return readers[name](data) if name in readers else Header(name, "unknown", 0)


def jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Read the segments of a JPEG or JPEG-LS stream up to its first scan.

    Yields:
        Marker and content of each; that of the scan is the last one, if there is any.
    """
    position = 2
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF:  # padding
            position += 1
            continue
        end = position + 2 + int.from_bytes(data[position + 2 : position + 4], "big")
        yield marker, data[position + 4 : end]
        if marker == JPEG_SCAN:
            return
        position = end


def jpeg_size(data: bytes) -> tuple[int, int, int, int, int] | None:
    """Read the frame header of a JPEG or JPEG-LS stream.

    Returns:
        Its marker, bits, rows, columns and channels; ``None`` if there is none before the first scan.
    """
    found = None
    for marker, content in jpeg_segments(data):
        if marker in (*JPEG_SIZES, JPEG_LS_SIZE) and len(content) >= 6:
            rows, columns = int.from_bytes(content[1:3], "big"), int.from_bytes(content[3:5], "big")
            found = (marker, content[0], rows, columns, content[5])
        if marker == JPEG_SCAN:
            return found
    return None


def _jpeg(data: bytes) -> Header:
    size = jpeg_size(data)
    if size is None or data.rfind(JPEG_END) < 0:
        raise ImageError("truncated: this JPEG file has no end")
    marker, bits, rows, columns, channels = size
    if marker in JPEG_LOSSLESS or marker == JPEG_LS_SIZE:
        raise ImageError("lossless JPEG and JPEG-LS files are not read: save the image as PNG")
    if bits != 8:
        raise ImageError(f"JPEG files of {bits} bits are not read: save the image as PNG, or as 16-bit TIFF")
    return Header("JPEG", f"{JPEG_CHANNELS.get(channels, 'unknown')} {bits}-bit", bits, rows, columns)


def _png(data: bytes) -> Header:
    if len(data) < PNG_HEADER or data.rfind(b"IEND") < 0:
        raise ImageError("truncated: this PNG file has no end")
    if b"acTL" in data[: data.find(b"IDAT")]:
        raise ImageError("a moving PNG image: save one image per file")
    columns, rows = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    bits, color = max(data[24], 8), data[25]
    return Header("PNG", f"{PNG_CHANNELS.get(color, 'unknown')} {bits}-bit", bits, rows, columns)


def _bmp(data: bytes) -> Header:
    if len(data) < 30:
        raise ImageError("truncated: this BMP file has no pixels")
    is_old = int.from_bytes(data[14:18], "little") == 12
    width, height = (data[18:20], data[20:22]) if is_old else (data[18:22], data[22:26])
    bits = int.from_bytes(data[24:26] if is_old else data[28:30], "little")
    rows = abs(int.from_bytes(height, "little", signed=not is_old))  # negative: the first row is the top
    mode = f"{'palette' if bits <= 8 else 'rgb'} 8-bit"
    return Header("BMP", mode, 8, rows, int.from_bytes(width, "little"))


def _tiff(data: bytes) -> Header:
    tiff = read_tiff(data)
    return Header(
        "TIFF", f"{tiff.channels} {max(tiff.bits, 8)}-bit", max(tiff.bits, 8), tiff.rows, tiff.columns
    )


def _webp(data: bytes) -> Header:
    """Read a WebP file (RFC 9649): one image, or the canvas of an extended file."""
    if len(data) < 8 + int.from_bytes(data[4:8], "little") or len(data) < 30:
        raise ImageError("truncated: this WebP file has no end")
    kind = data[12:16]
    if kind == b"VP8X":
        if data[20] & 0b10:
            raise ImageError("a moving WebP image: save one image per file")
        columns = 1 + int.from_bytes(data[24:27], "little")
        rows = 1 + int.from_bytes(data[27:30], "little")
        alpha = bool(data[20] & 0b10000)
    elif kind == b"VP8L":
        packed = int.from_bytes(data[21:25], "little")
        columns, rows, alpha = 1 + (packed & 0x3FFF), 1 + (packed >> 14 & 0x3FFF), bool(packed >> 28 & 1)
    else:
        columns = int.from_bytes(data[26:28], "little") & 0x3FFF
        rows, alpha = int.from_bytes(data[28:30], "little") & 0x3FFF, False
    return Header("WebP", "rgb and alpha 8-bit" if alpha else "rgb 8-bit", 8, rows, columns)


def pnm_layout(data: bytes) -> tuple[int, int, int, int, int]:
    """Read the header of a PNM file.

    Returns:
        Its kind (4: bits, 5: grey, 6: RGB), rows, columns, highest value, and where the pixels begin.

    Raises:
        ImageError: If it is damaged, written in digits, or cut off.
    """
    found = PNM.match(data[:PNM_LONGEST])
    if found is None:
        raise ImageError("a PNM file with a damaged header")
    kind, columns, rows = int(found[1]), int(found[2]), int(found[3])
    if kind < 4:
        raise ImageError(
            f"PNM files that are written in digits (P{kind}) are not read: save the image as PNG"
        )
    if kind == 4:
        begin = data.index(found[3], found.start(3)) + len(found[3]) + 1
        return kind, rows, columns, 1, begin
    highest = int(found[4] or 0)
    if not 1 <= highest <= 65535:
        raise ImageError("a PNM file with a damaged header")
    return kind, rows, columns, highest, found.end()


def _pnm(data: bytes) -> Header:
    kind, rows, columns, highest, begin = pnm_layout(data)
    sample, channels = 2 if highest > 255 else 1, 3 if kind == 6 else 1
    expected = rows * ((columns + 7) // 8) if kind == 4 else rows * columns * channels * sample
    if len(data) - begin < expected:
        raise ImageError(f"truncated: {len(data) - begin} of {expected} bytes of its pixels are there")
    if data[begin + expected :].strip():
        raise ImageError("a PNM file with bytes after its pixels: several images, or a damaged header")
    bits = 8 * sample
    return Header("PNM", f"{'rgb' if kind == 6 else 'grey'} {bits}-bit", bits, rows, columns)
