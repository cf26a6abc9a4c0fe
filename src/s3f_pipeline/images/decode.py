"""From a file's bytes to pixels of 8 bits, exactly as OpenCV reads them where they have 8 bits."""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from s3f_pipeline.errors import ImageError
from s3f_pipeline.images.area import resize_by_area
from s3f_pipeline.images.dicom import Window, decode_dicom
from s3f_pipeline.images.header_ids import HeaderIds
from s3f_pipeline.images.headers import read_header
from s3f_pipeline.images.mat import decode_mat

Color = Literal["grey", "rgb"]
Aspect = Literal["stretch", "pad"]
FLAGS: dict[Color, int] = {"grey": cv2.IMREAD_GRAYSCALE, "rgb": cv2.IMREAD_COLOR_RGB}


@dataclass(frozen=True)
class Decoded:
    """A decoded image.

    Attributes:
        pixels: uint8 of shape (H, W, 1) or (H, W, 3).
        format: Of the file, such as ``JPEG``.
        mode: Channels and bit depth in the file, such as ``grey 8-bit``.
        highest: Highest value in a file of more than 8 bits that was read without a window, else ``None``.
        narrow: Lowest and highest value of a DICOM image that has no window and few grey levels without one.
        ids: Of the header of a DICOM file, else ``None``.
    """

    pixels: np.ndarray
    format: str
    mode: str
    highest: int | None = None
    narrow: Window | None = None
    ids: HeaderIds | None = None


def decode(data: bytes, color: Color, window: Window | None = None) -> Decoded:
    """Decode an image file.

    Images of 8 bits equal ``cv2.imread`` with the flag of ``color``: the EXIF orientation is applied, alpha
    is dropped. Images of 16 bits do so too, which takes their upper 8 bits, unless ``window`` is given.
    DICOM: see ``decode_dicom``; MATLAB files: see ``decode_mat``.

    Args:
        data: The bytes of the file.
        color: ``grey`` or ``rgb``.
        window: Values of 16-bit, DICOM and MATLAB images that become black and white.

    Raises:
        ImageError: If the bytes are none, no image that can be decoded, cut off, or several images.
    """
    if not data:
        raise ImageError("empty file")
    header = read_header(data)
    if header.format == "DICOM":
        image = decode_dicom(data, window)
        pixels = _to_color(image.pixels, color)
        return Decoded(pixels, header.format, image.mode, narrow=image.narrow, ids=image.ids)
    if header.format == "MAT":
        pixels, mode = decode_mat(data, window)
        return Decoded(_to_color(pixels, color), header.format, mode)
    if header.bits == 8:
        return Decoded(_decode(data, FLAGS[color]), header.format, header.mode)
    values = _decode(data, FLAGS[color] | cv2.IMREAD_ANYDEPTH)
    if window is not None:
        if np.isnan(values).any():
            raise ImageError("it has pixels that are not a number (NaN)")
        black, white = window
        shares = np.clip((values.astype(np.float64) - black) / (white - black), 0, 1)
        return Decoded(np.rint(shares * 255).astype(np.uint8), header.format, header.mode)
    if values.dtype not in (np.uint8, np.uint16):
        raise ImageError(
            f"{header.mode} values: give the cohort a window of values that become black and white"
        )
    return Decoded(_decode(data, FLAGS[color]), header.format, header.mode, int(values.max()))


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


def _decode(data: bytes, flags: int) -> np.ndarray:
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        raise ImageError(f"OpenCV refuses it: {error.err}") from error
    if pixels is None:
        raise ImageError("not an image, or damaged: OpenCV cannot decode it")
    return pixels.reshape(*pixels.shape[:2], -1)


def _to_color(pixels: np.ndarray, color: Color) -> np.ndarray:
    if color == "grey":
        return to_grey(pixels)[..., None]
    return pixels if pixels.shape[-1] == 3 else cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB)
