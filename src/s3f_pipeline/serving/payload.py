"""From what a stranger has sent to the inputs of a network, or a short reason why not.

An item is ``{"image": <PNG, JPEG or DICOM file in base64>}``, which goes through ingestion's own code, or
``{"array": <numbers in [0, 1], as nested lists of the shape of the input>}``. In Python a file may be bytes,
and an array NumPy's. Nothing is decoded before its size is known to be allowed, and no reason repeats what
was sent.
"""

import base64
import binascii
from collections.abc import Sequence
from typing import Any, Never, cast

import numpy as np

from s3f_pipeline.bundle.preprocessing import InputFormat
from s3f_pipeline.errors import ImageError, PayloadError
from s3f_pipeline.images.decode import Aspect, Color, decode, fit
from s3f_pipeline.images.formats import format_of

MOST_BYTES = 20 * 10**6
"""Of all files of a request as they are sent, in base64, and of the whole request where it is JSON."""
MOST_PIXELS = 64 * 10**6
"""Of an image by its header, above which it is not decoded."""
MOST_IMAGES = 64
FORMATS = ("PNG", "JPEG", "DICOM")
LONGEST_REASON = 200
IMAGE, ARRAY = "image", "array"
ITEM = f'{{"{IMAGE}": "<base64 of a PNG, JPEG or DICOM file>"}} or {{"{ARRAY}": <nested lists of numbers>}}'


def read_inputs(items: Any, takes: InputFormat) -> np.ndarray:
    """Check and read the items of a request.

    Args:
        items: What should be a list of items.
        takes: What the network takes.

    Returns:
        float32 in [0, 1] of shape (n, H, W, C).

    Raises:
        PayloadError: If an item is not what it must be; in at most ``LONGEST_REASON`` characters.
    """
    if not isinstance(items, list) or not items:
        raise PayloadError(f"inputs must be a list of items: {ITEM}")
    if len(items) > MOST_IMAGES:
        raise PayloadError(f"{len(items)} images in one request; at most {MOST_IMAGES} are allowed")
    if sum(map(_sent_bytes, items)) > MOST_BYTES:
        raise PayloadError(f"the files of this request are larger than {MOST_BYTES // 10**6} MB together")
    batch = np.empty((len(items), *takes.shape), np.float32)
    for number, item in enumerate(items):
        try:
            batch[number] = _read(item, takes)
        except (PayloadError, ImageError) as error:
            raise PayloadError(f"inputs[{number}]: {error.message}"[:LONGEST_REASON]) from None
        except MemoryError:
            raise PayloadError(f"inputs[{number}]: there is not enough memory to decode it") from None
    return batch


def _sent_bytes(item: Any) -> int:
    sent = item.get(IMAGE) if isinstance(item, dict) else None
    return len(sent) if isinstance(sent, str | bytes) else 0


def _read(item: Any, takes: InputFormat) -> np.ndarray:
    match item:
        case {"image": sent} if len(item) == 1:
            return _pixels(_file(sent), takes)
        case {"array": numbers} if len(item) == 1:
            return _checked(_array(numbers, takes.shape))
    raise PayloadError(f"an item must be {ITEM}")


def _file(sent: Any) -> bytes:
    if isinstance(sent, bytes):
        return sent
    if not isinstance(sent, str):
        raise PayloadError(f"{IMAGE} must be text: a file in base64")
    try:
        return base64.b64decode(sent, validate=True)
    except (binascii.Error, ValueError):  # also of characters that are not ASCII
        raise PayloadError(f"{IMAGE} is no base64: letters, digits, +, / and = at the end") from None


def _pixels(data: bytes, takes: InputFormat) -> np.ndarray:
    """The pixels of training, from 0 to 1."""
    if not data:
        raise PayloadError("the image is empty")
    if format_of(data) not in FORMATS:
        raise PayloadError(f"the file is none of {', '.join(FORMATS)}")
    decoded = decode(data, cast(Color, takes.color), takes.window, MOST_PIXELS)
    pixels = fit(decoded.pixels, *takes.image_size, cast(Aspect, takes.aspect)).astype(np.float32)
    pixels /= 255.0
    return pixels


def _array(numbers: Any, shape: tuple[int, int, int]) -> np.ndarray:
    """An array of a shape, (H, W) for (H, W, 1) too; looked at before memory is taken for it."""
    if isinstance(numbers, np.ndarray):
        if numbers.dtype.kind not in "fiu" or numbers.shape not in _shapes(shape):
            _refuse_array(shape)
        return numbers.reshape(shape).astype(np.float32)
    height, width, channels = shape
    if not _is_list(numbers, height) or not all(_is_list(row, width) for row in numbers):
        _refuse_array(shape)
    values: Sequence[Any] = [pixel for row in numbers for pixel in row]
    if channels > 1 or isinstance(values[0], list):
        if not all(_is_list(pixel, channels) for pixel in values):
            _refuse_array(shape)
        values = [value for pixel in values for value in pixel]
    if not set(map(type, values)) <= {int, float}:
        _refuse_array(shape)
    try:
        return np.array(values, np.float32).reshape(shape)
    except OverflowError:  # a whole number that is too large for a float
        raise PayloadError(f"{ARRAY} has numbers outside [0, 1]") from None


def _checked(array: np.ndarray) -> np.ndarray:
    if not np.isfinite(array).all():
        raise PayloadError(f"{ARRAY} has numbers that are not finite")
    if array.min() < 0 or array.max() > 1:
        raise PayloadError(f"{ARRAY} has numbers outside [0, 1]; divide pixels of 8 bits by 255")
    return array


def _shapes(shape: tuple[int, int, int]) -> tuple[tuple[int, ...], ...]:
    return (shape, shape[:2]) if shape[2] == 1 else (shape,)


def _is_list(value: Any, length: int) -> bool:
    return isinstance(value, list) and len(value) == length


def _refuse_array(shape: tuple[int, int, int]) -> Never:
    raise PayloadError(f"{ARRAY} must hold numbers, of shape {'x'.join(map(str, shape))}")
