"""Compressed pixels inside DICOM files: what they will unpack to, before they are unpacked."""

from typing import Any

from s3f_pipeline.errors import ImageError
from s3f_pipeline.images.headers import jpeg_size

JPEG_START = b"\xff\xd8"
JPEG_2000_START = b"\xff\x4f\xff\x51"
STARTS = (JPEG_START, JPEG_2000_START)
RLE_HEADER = 64
RLE_MOST_SEGMENTS = 15


def check_codestream(pixels: bytes, syntax: Any, dataset: Any) -> None:
    """Check the compressed data of one frame against the header of the file, which may lie.

    Args:
        pixels: Value of PixelData, encapsulated.
        syntax: Transfer syntax.
        dataset: With Rows, Columns, BitsAllocated and SamplesPerPixel.

    Raises:
        ImageError: If the data has several frames, other rows and columns, or unpacks to more bytes than
            these need.
    """
    from pydicom.encaps import generate_fragments, get_frame, parse_basic_offsets
    from pydicom.uid import RLELossless

    begun = sum(fragment.startswith(STARTS) for fragment in generate_fragments(pixels))
    frames = max(len(parse_basic_offsets(pixels)), begun)
    if frames > 1:
        raise ImageError(f"{frames} frames in one DICOM file, although its header says one")
    frame = get_frame(pixels, 0, number_of_frames=1)
    expected = (int(dataset.Rows), int(dataset.Columns))
    if syntax == RLELossless:
        segments = int(dataset.SamplesPerPixel) * (-(-int(dataset.BitsAllocated) // 8))
        _check_rle(frame, expected[0] * expected[1], segments)
        return
    found = _size(frame)
    if found is not None and found != expected:
        raise ImageError(
            f"its DICOM header says {expected[0]}x{expected[1]} pixels, its compressed data "
            f"{found[0]}x{found[1]}"
        )


def _size(stream: bytes) -> tuple[int, int] | None:
    """Rows and columns of a JPEG, JPEG-LS or JPEG 2000 stream."""
    if stream.startswith(JPEG_START):
        size = jpeg_size(stream)
        return None if size is None else size[2:4]
    begin = stream.find(JPEG_2000_START)
    if begin < 0 or len(stream) < begin + 24:
        return None
    right, bottom, left, top = (
        int.from_bytes(stream[begin + at : begin + at + 4], "big") for at in (8, 12, 16, 20)
    )
    return bottom - top, right - left


def _check_rle(frame: bytes, pixels: int, segments: int) -> None:
    """Check the runs of RLE data (PS3.5, annex G), which pydicom unpacks to whatever they say."""
    count = int.from_bytes(frame[:4], "little")
    if count != segments or count > RLE_MOST_SEGMENTS:
        raise ImageError(f"damaged DICOM file: {count} RLE segments, where its header needs {segments}")
    starts = [int.from_bytes(frame[4 * n : 4 * n + 4], "little") for n in range(1, count + 1)]
    for start, end in zip(starts, [*starts[1:], len(frame)], strict=True):
        length = _unpacked_length(frame[start:end], pixels)
        if start < RLE_HEADER or not pixels <= length <= pixels + 1:
            raise ImageError("damaged DICOM file: its RLE data does not unpack to its rows and columns")


def _unpacked_length(segment: bytes, most: int) -> int:
    """Count what the runs of a segment unpack to, as far as two more than ``most``."""
    position, length = 0, 0
    while position + 1 < len(segment) and length <= most + 1:
        control = segment[position]
        if control < 128:
            length += min(control + 1, len(segment) - position - 1)
            position += control + 2
        elif control > 128:
            length += 257 - control
            position += 2
        else:
            position += 1
    return length
