import struct
import zlib

import cv2
import numpy as np
import pytest

from s3f_pipeline.errors import ImageError
from s3f_pipeline.images.decode import decode, resize, to_grey


@pytest.fixture(params=[".jpg", ".png"])
def file(request, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (37, 53, 3), dtype=np.uint8)
    path = tmp_path / f"image{request.param}"
    cv2.imwrite(str(path), cv2.GaussianBlur(pixels, (0, 0), 2))
    return path


def test_grey_is_bit_identical_to_opencv(file):
    expected = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
    np.testing.assert_array_equal(decode(file.read_bytes(), "grey")[..., 0], expected)


def test_rgb_is_bit_identical_to_opencv(file):
    expected = cv2.imread(str(file), cv2.IMREAD_COLOR)[..., ::-1]
    np.testing.assert_array_equal(decode(file.read_bytes(), "rgb"), expected)


@pytest.mark.parametrize("size", [(64, 64), (16, 20), (37, 53)])
def test_resize_is_bit_identical_to_area_interpolation(file, size):
    pixels = decode(file.read_bytes(), "rgb")
    expected = cv2.resize(pixels, (size[1], size[0]), interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(resize(pixels, *size), expected)


def test_a_grey_image_keeps_its_channel_axis(file):
    assert resize(decode(file.read_bytes(), "grey"), 8, 9).shape == (8, 9, 1)


def test_to_grey(file):
    assert to_grey(decode(file.read_bytes(), "grey")).shape == (37, 53)
    assert to_grey(decode(file.read_bytes(), "rgb")).shape == (37, 53)


def test_an_absurd_size_is_refused():
    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 0, 0, 0, 0)
    chunk = b"IHDR" + header
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    with pytest.raises(ImageError):
        decode(png, "grey")


@pytest.mark.parametrize(
    ("data", "reason"), [(b"", "empty file"), (b"hello", "not an image"), (b"\xff\xd8\xff", "damaged")]
)
def test_what_is_no_image_says_so(data, reason):
    with pytest.raises(ImageError, match=reason):
        decode(data, "grey")
