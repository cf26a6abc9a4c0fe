"""TIFF files: what the first directory says, and which of OpenCV's ways of reading gives the true values.

OpenCV inverts ``MinIsWhite`` in some ways of reading and not in others, multiplies colours by alpha in one,
and has the bytes of colours of 16 bits in another order (all measured; a test compares each with arrays that
were written).
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO

import cv2
import numpy as np

from s3f_pipeline.errors import ImageError
from s3f_pipeline.images.opencv import decode_by_opencv

WIDTH, LENGTH, BITS, COMPRESSION, PHOTOMETRIC = 256, 257, 258, 259, 262
STRIP_OFFSETS, SAMPLES, STRIP_COUNTS, PLANAR = 273, 277, 279, 284
TILE_WIDTH, TILE_LENGTH, TILE_OFFSETS, TILE_COUNTS = 322, 323, 324, 325
EXTRA_SAMPLES, SAMPLE_FORMAT = 338, 339
CODES = {1: "B", 3: "H", 4: "I", 16: "Q"}
"""Types of whole numbers."""
SIZES = {
    1: 1,
    2: 1,
    3: 2,
    4: 4,
    5: 8,
    6: 1,
    7: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
    13: 4,
    16: 8,
    17: 8,
    18: 8,
}
"""Bytes of a value of each type."""
KINDS = {0: "grey", 1: "grey", 2: "rgb", 3: "palette", 5: "cmyk", 6: "ybr"}
"""Channels by photometric interpretation, of those that are read."""
MIN_IS_WHITE, RGB = 0, 2
UNCOMPRESSED = 1
UNSIGNED, SIGNED, FLOAT = 1, 2, 3
WHOLE_BITS = {UNSIGNED: (1, 8, 10, 12, 14, 16, 32), SIGNED: (16, 32), FLOAT: (32, 64)}
"""Bit depths that OpenCV reads, by sample format."""
COLOR_BITS = {UNSIGNED: (8, 16), SIGNED: (), FLOAT: (32,)}
"""The same of colours."""
MOST_PAGES = 1000
MOST_VALUES = 1 << 24


@dataclass(frozen=True)
class Tiff:
    """The first directory of a TIFF file.

    Attributes:
        rows: Height in pixels.
        columns: Width in pixels.
        bits: Of a sample.
        sample_format: ``UNSIGNED``, ``SIGNED`` or ``FLOAT``.
        photometric: Photometric interpretation, a key of ``KINDS``.
        samples: Of a pixel, alpha included.
        has_alpha: Whether a further sample is opacity.
        is_multiplied: Whether OpenCV multiplies colours by it.
        is_planar: Whether each channel is stored by itself.
    """

    rows: int
    columns: int
    bits: int
    sample_format: int
    photometric: int
    samples: int
    has_alpha: bool
    is_multiplied: bool
    is_planar: bool

    @property
    def channels(self) -> str:
        """Channels in words."""
        return KINDS[self.photometric] + (" and alpha" if self.has_alpha else "")

    @property
    def is_8_bit(self) -> bool:
        """Whether OpenCV's pixels of 8 bits are the values of the file."""
        return self.bits in (1, 8) and self.sample_format == UNSIGNED


def read_tiff(data: bytes) -> Tiff:
    """Read the first directory.

    Raises:
        ImageError: If it is damaged, the pixels are cut off or of a kind that is not read, or there are
            several pages.
    """
    try:
        tags, pages = _first_directory(data)
        return _checked(tags, pages, len(data))
    except (struct.error, IndexError, ValueError) as error:
        raise ImageError("truncated, or a TIFF file with a damaged directory") from error


def deep_values(data: bytes, tiff: Tiff) -> np.ndarray:
    """Read the values of a file that OpenCV does not show in 8 bits as they are, without alpha.

    Returns:
        (H, W, 1), or (H, W, 3) in the order red, green, blue.

    Raises:
        ImageError: If OpenCV cannot decode it.
    """
    if tiff.is_multiplied:
        return _by_pillow(data)
    values = decode_by_opencv(data, cv2.IMREAD_UNCHANGED)
    if tiff.photometric == RGB:
        return np.ascontiguousarray(values[..., 2::-1])
    is_packed = tiff.bits in (10, 12, 14)
    return values[..., :1] >> (16 - tiff.bits) if is_packed else values[..., :1]


def _by_pillow(data: bytes) -> np.ndarray:
    """Read colours that are not multiplied by their opacity."""
    from PIL import Image, ImageOps

    try:
        with Image.open(BytesIO(data)) as image:
            return np.asarray(ImageOps.exif_transpose(image))[..., :3]
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ImageError("not an image, or damaged: Pillow cannot decode it") from error


def _first_directory(data: bytes) -> tuple[dict[int, tuple[int, ...]], int]:
    """Read whole numbers of the first directory by tag, and count the directories."""
    order = "<" if data.startswith(b"II") else ">"
    is_big = struct.unpack_from(f"{order}H", data, 2)[0] == 43
    pointer, count_code, entry = ("Q", "Q", 20) if is_big else ("I", "H", 12)
    offset = struct.unpack_from(f"{order}{pointer}", data, 8 if is_big else 4)[0]
    seen: set[int] = set()
    tags: dict[int, tuple[int, ...]] = {}
    while offset and offset not in seen and len(seen) < MOST_PAGES:
        count = struct.unpack_from(f"{order}{count_code}", data, offset)[0]
        begin = offset + struct.calcsize(count_code)
        if not seen:
            tags = _tags(data, order, begin, count, is_big)
        seen.add(offset)
        offset = struct.unpack_from(f"{order}{pointer}", data, begin + count * entry)[0]
    if not tags:
        raise ValueError("no directory")
    return tags, len(seen)


def _tags(data: bytes, order: str, begin: int, count: int, is_big: bool) -> dict[int, tuple[int, ...]]:
    entry, inline, number_code = (20, 8, "Q") if is_big else (12, 4, "I")
    tags = {}
    for position in range(begin, begin + count * entry, entry):
        tag, kind, values = struct.unpack_from(f"{order}HH{number_code}", data, position)
        if kind not in CODES or not 0 < values <= MOST_VALUES:
            continue
        where = position + entry - inline
        if values * SIZES[kind] > inline:
            where = struct.unpack_from(f"{order}{number_code}", data, where)[0]
        tags[tag] = struct.unpack_from(f"{order}{values}{CODES[kind]}", data, where)
    return tags


def _checked(tags: Mapping[int, tuple[int, ...]], pages: int, length: int) -> Tiff:
    if pages > 1:
        shown = f"{MOST_PAGES} or more" if pages >= MOST_PAGES else pages
        raise ImageError(f"{shown} pages in one TIFF file: split it into one file per image")
    if WIDTH not in tags or LENGTH not in tags or not (STRIP_OFFSETS in tags or TILE_OFFSETS in tags):
        raise ImageError("truncated, or a TIFF file with a damaged directory")
    samples, photometric = tags.get(SAMPLES, (1,))[0], tags.get(PHOTOMETRIC, (-1,))[0]
    bits, formats = set(tags.get(BITS, (1,))), set(tags.get(SAMPLE_FORMAT, (UNSIGNED,)))
    if photometric not in KINDS:
        raise ImageError(
            f"TIFF files of photometric interpretation {photometric} are not read: save it as PNG"
        )
    needed = {"grey": 1, "palette": 1, "rgb": 3, "ybr": 3, "cmyk": 4}[KINDS[photometric]]
    extra = samples - needed
    if len(bits) > 1 or len(formats) > 1 or extra not in (0, 1):
        raise ImageError(
            f"a TIFF file whose {samples} samples of a pixel are not of one kind: save it as PNG"
        )
    depth, sample_format = bits.pop(), formats.pop()
    depths = WHOLE_BITS if needed == 1 else COLOR_BITS
    if depth not in depths.get(sample_format, ()) or (
        KINDS[photometric] not in ("grey", "rgb") and depth != 8
    ):
        raise ImageError(
            f"TIFF files of {depth} bits and sample format {sample_format} ({KINDS[photometric]}) are not "
            f"read: save it as PNG, or as 16-bit TIFF"
        )
    is_planar = samples > 1 and tags.get(PLANAR, (1,))[0] == 2
    if extra and (is_planar or (needed == 1 and depth != 8)):
        raise ImageError("this kind of TIFF file with alpha is not read: save it as PNG")
    if is_planar and depth != 8:
        raise ImageError("TIFF files of more than 8 bits in separate planes are not read: save it as PNG")
    for offsets, counts in ((STRIP_OFFSETS, STRIP_COUNTS), (TILE_OFFSETS, TILE_COUNTS)):
        ends = [sum(pair) for pair in zip(tags.get(offsets, ()), tags.get(counts, ()), strict=False)]
        if max(ends, default=0) > length:
            raise ImageError(f"truncated: the pixels of this TIFF file end at {max(ends)} of {length} bytes")
    rows, columns = tags[LENGTH][0], tags[WIDTH][0]
    if tags.get(COMPRESSION, (UNCOMPRESSED,))[0] == UNCOMPRESSED and KINDS[photometric] != "ybr":
        planes, width = (samples, columns) if is_planar else (1, samples * columns)
        found, expected = sum(tags.get(STRIP_COUNTS, ())), planes * rows * ((width * depth + 7) // 8)
        if 0 < found < expected:  # OpenCV would fill in black
            raise ImageError(f"truncated: {found} of {expected} bytes of its pixels are there")
    tile_rows, tile_columns = tags.get(TILE_LENGTH, (0,))[0], tags.get(TILE_WIDTH, (0,))[0]
    return Tiff(
        rows=max(rows, tile_rows if rows else 0),
        columns=max(columns, tile_columns if columns else 0),
        bits=depth,
        sample_format=sample_format,
        photometric=photometric,
        samples=samples,
        has_alpha=extra == 1,
        is_multiplied=extra == 1 and photometric == RGB and depth == 8 and tags.get(EXTRA_SAMPLES) == (2,),
        is_planar=is_planar,
    )
