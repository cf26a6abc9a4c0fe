"""From a file's bytes to pixels of 8 bits, exactly as OpenCV reads them where they have 8 bits."""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from s3f_pipeline.errors import ImageError
from s3f_pipeline.images.area import resize_by_area
from s3f_pipeline.images.dicom import decode_dicom
from s3f_pipeline.images.header_ids import HeaderIds
from s3f_pipeline.images.headers import Header, pnm_layout, read_header
from s3f_pipeline.images.levels import (
    DEFAULT_MAX_PIXELS,
    Window,
    check_size,
    few_levels,
    through_window,
)
from s3f_pipeline.images.mat import decode_mat
from s3f_pipeline.images.opencv import decode_by_opencv
from s3f_pipeline.images.tiff import MIN_IS_WHITE, deep_values, read_tiff

Color = Literal["grey", "rgb"]
Aspect = Literal["stretch", "pad"]
FLAGS: dict[Color, int] = {"grey": cv2.IMREAD_GRAYSCALE, "rgb": cv2.IMREAD_COLOR_RGB}
WINDOW_UNUSED = "they have 8 bits or are colour pictures, to which the cohort's window does not apply"
ONE_GREY = "the window leaves one grey of them"


@dataclass(frozen=True)
class Decoded:
    """A decoded image.

    Attributes:
        pixels: uint8 of shape (H, W, 1) or (H, W, 3).
        format: Of the file, such as ``JPEG``.
        mode: Channels and bit depth in the file, such as ``grey 8-bit``.
        narrow: Ends of a window that would show more of an image of more than 8 bits, which has few grey
            levels without one; else ``None``.
        ids: Of the header of a DICOM file, else ``None``.
        remarks: What of the file or the configuration could not be followed, in words that fit any number of
            images.
    """

    pixels: np.ndarray
    format: str
    mode: str
    narrow: Window | None = None
    ids: HeaderIds | None = None
    remarks: tuple[str, ...] = ()


def decode(
    data: bytes, color: Color, window: Window | None = None, max_pixels: int = DEFAULT_MAX_PIXELS
) -> Decoded:
    """Decode an image file.

    Images of 8 bits equal ``cv2.imread`` with the flag of ``color``: the EXIF orientation is applied, alpha
    is dropped. Images of 16 bits do so too, which takes their upper 8 bits, unless ``window`` is given.
    DICOM: see ``decode_dicom``; MATLAB files: see ``decode_mat``.

    Args:
        data: The bytes of the file.
        color: ``grey`` or ``rgb``.
        window: Values of images of more than 8 bits, DICOM and MATLAB images that become black and white.
        max_pixels: Above which nothing is decoded.

    Raises:
        ImageError: If the bytes are none, no image that can be decoded, cut off, too large, or several
            images.
        MemoryError: If there is not enough memory.
    """
    if not data:
        raise ImageError("empty file")
    header = read_header(data)
    if header.format == "DICOM":
        image = decode_dicom(data, window, max_pixels)
        pixels = _to_color(image.pixels, color)
        is_unused = window is not None and image.pixels.shape[-1] == 3
        remarks = (*image.remarks, *([WINDOW_UNUSED] if is_unused else []))
        return Decoded(pixels, header.format, image.mode, image.narrow, image.ids, remarks)
    if header.format == "MAT":
        pixels, mode = decode_mat(data, window, max_pixels)
        return Decoded(_to_color(pixels, color), header.format, mode)
    check_size(header.rows, header.columns, most=max_pixels)
    deep = _deep(data, header, color)
    if deep is None:
        unused = () if window is None else (WINDOW_UNUSED,)
        return Decoded(decode_by_opencv(data, FLAGS[color]), header.format, header.mode, remarks=unused)
    pixels, narrow, remarks = _to_8_bits(deep, header, window)
    return Decoded(_to_color(pixels, color), header.format, header.mode, narrow, remarks=remarks)


@dataclass(frozen=True)
class _Deep:
    """Values of an image that OpenCV does not show in 8 bits as they should be seen.

    Attributes:
        values: Of the type of the file, (H, W, 1) or (H, W, 3).
        white: The value of white where there is no window; ``None`` where nobody can know.
        inverted: Whether low values are white.
        seen: What OpenCV makes of an image of 16 bits, uint8 of the same shape; else ``None``.
    """

    values: np.ndarray
    white: int | None
    inverted: bool = False
    seen: np.ndarray | None = None


def _deep(data: bytes, header: Header, color: Color) -> _Deep | None:
    """Read values; ``None`` where OpenCV's pixels of 8 bits are right."""
    if header.format == "PNM":
        pnm = _Deep(*_pnm_values(data))
        return None if pnm.white == 255 else pnm
    if header.format == "TIFF":
        tiff = read_tiff(data)
        if tiff.is_8_bit and not tiff.is_multiplied:
            return None
        values = deep_values(data, tiff)
        white = {np.dtype(np.uint8): 255, np.dtype(np.uint16): 2**tiff.bits - 1}.get(values.dtype)
        return _Deep(values, white, tiff.photometric == MIN_IS_WHITE)
    if header.bits == 8:
        return None
    return _Deep(
        decode_by_opencv(data, FLAGS[color] | cv2.IMREAD_ANYDEPTH),
        65535,
        seen=decode_by_opencv(data, FLAGS[color]),
    )


def _to_8_bits(
    deep: _Deep, header: Header, window: Window | None
) -> tuple[np.ndarray, Window | None, tuple[str, ...]]:
    """Map values to grey levels; with the window that would show more, and remarks."""
    values, white = deep.values, deep.white
    narrow: Window | None = None
    remarks: tuple[str, ...] = ()
    if window is not None and values.dtype != np.uint8:
        pixels = through_window(values, window)
        if pixels.min() == pixels.max() and values.min() != values.max():
            remarks = (ONE_GREY,)
    elif white is None:
        raise ImageError(
            f"{header.mode} values: give the cohort a window of values that become black and white"
        )
    else:
        pixels = deep.seen if deep.seen is not None else _scaled(values, white)
        narrow = few_levels(values, pixels) if values.dtype != np.uint8 else None
        remarks = () if window is None else (WINDOW_UNUSED,)
    return (255 - pixels if deep.inverted else pixels), narrow, remarks


def _scaled(values: np.ndarray, white: int) -> np.ndarray:
    """Take the upper 8 bits, as OpenCV does, or else spread the values from 0 to ``white``."""
    bits = (white + 1).bit_length() - 1
    if white + 1 == 1 << bits and bits >= 8:
        return (values >> (bits - 8)).astype(np.uint8)
    return through_window(values, (0, white))


def _pnm_values(data: bytes) -> tuple[np.ndarray, int]:
    """Read the values of a PNM file, (H, W, 1) or (H, W, 3), and the highest that it may have."""
    kind, rows, columns, highest, begin = pnm_layout(data)
    if kind == 4:
        width = (columns + 7) // 8
        packed = np.frombuffer(data, np.uint8, rows * width, begin).reshape(rows, width)
        return 1 - np.unpackbits(packed, axis=1, count=columns)[..., None], 1
    kind_of_value = np.dtype(">u2" if highest > 255 else np.uint8)
    channels = 3 if kind == 6 else 1
    values = np.frombuffer(data, kind_of_value, rows * columns * channels, begin)
    if values.max() > highest:
        raise ImageError(f"a PNM file with a pixel of {values.max()}, where its header allows {highest}")
    return values.astype(kind_of_value.newbyteorder("=")).reshape(rows, columns, channels), highest


def fit(pixels: np.ndarray, height: int, width: int, aspect: Aspect = "stretch") -> np.ndarray:
    """Resize with area interpolation, as the published code does.

    Args:
        pixels: uint8 of shape (H, W, C).
        height: Of the result.
        width: Of the result.
        aspect: ``stretch`` equals ``cv2.resize(…, INTER_AREA)``; ``pad`` keeps the aspect ratio and puts the
            image in the middle of a black one.

    Returns:
        uint8 of shape (height, width, C).
    """
    if aspect == "stretch":
        return resize_by_area(pixels, height, width)
    scale = min(height / pixels.shape[0], width / pixels.shape[1])
    rows, columns = (max(1, round(scale * length)) for length in pixels.shape[:2])
    padded = np.zeros((height, width, pixels.shape[2]), np.uint8)
    top, left = (height - rows) // 2, (width - columns) // 2
    padded[top : top + rows, left : left + columns] = resize_by_area(pixels, rows, columns)
    return padded


def to_grey(pixels: np.ndarray) -> np.ndarray:
    """Return uint8 of shape (H, W) from (H, W, 1) or (H, W, 3)."""
    return pixels[..., 0] if pixels.shape[-1] == 1 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)


def _to_color(pixels: np.ndarray, color: Color) -> np.ndarray:
    if color == "grey":
        return to_grey(pixels)[..., None]
    return pixels if pixels.shape[-1] == 3 else cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB)
