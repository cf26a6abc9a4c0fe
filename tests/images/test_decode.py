import contextlib
import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3f_pipeline.errors import ImageError
from s3f_pipeline.images.decode import decode, fit, to_grey

PICTURE = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (37, 53, 3), dtype=np.uint8), (0, 0), 2)


@pytest.fixture(params=[".jpg", ".png", ".bmp", ".tif", ".webp", ".ppm"])
def file(request, tmp_path):
    path = tmp_path / f"image{request.param}"
    cv2.imwrite(str(path), PICTURE)
    return path


def test_grey_is_bit_identical_to_opencv(file):
    expected = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
    np.testing.assert_array_equal(decode(file.read_bytes(), "grey").pixels[..., 0], expected)


def test_rgb_is_bit_identical_to_opencv(file):
    expected = cv2.imread(str(file), cv2.IMREAD_COLOR)[..., ::-1]
    np.testing.assert_array_equal(decode(file.read_bytes(), "rgb").pixels, expected)


@pytest.mark.parametrize("size", [(64, 64), (16, 20), (37, 53)])
def test_stretching_is_bit_identical_to_area_interpolation(file, size):
    pixels = decode(file.read_bytes(), "rgb").pixels
    expected = cv2.resize(pixels, (size[1], size[0]), interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(fit(pixels, *size), expected)


def test_padding_keeps_the_aspect_ratio():
    white = np.full((20, 40, 1), 255, np.uint8)
    padded = fit(white, 30, 30, "pad")[..., 0]
    assert padded.shape == (30, 30)
    rows, columns = np.nonzero(padded)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (7, 21, 0, 29)


def test_a_grey_image_keeps_its_channel_axis(file):
    assert fit(decode(file.read_bytes(), "grey").pixels, 8, 9).shape == (8, 9, 1)


def test_to_grey(file):
    assert to_grey(decode(file.read_bytes(), "grey").pixels).shape == (37, 53)
    assert to_grey(decode(file.read_bytes(), "rgb").pixels).shape == (37, 53)


def encoded(pixels, ending, *options):
    return cv2.imencode(ending, pixels, options)[1].tobytes()


def oriented(jpeg, orientation):
    """Insert an EXIF segment that says how the camera was held."""
    tiff = b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    body = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def test_the_exif_orientation_is_applied():
    jpeg = encoded(PICTURE, ".jpg")
    turned = decode(oriented(jpeg, 6), "grey").pixels[..., 0]
    assert turned.shape == (53, 37)
    np.testing.assert_array_equal(turned, np.rot90(decode(jpeg, "grey").pixels[..., 0], -1))


def test_alpha_is_dropped():
    transparent = np.dstack([PICTURE, np.zeros(PICTURE.shape[:2], np.uint8)])
    decoded = decode(encoded(transparent, ".png"), "rgb")
    np.testing.assert_array_equal(decoded.pixels, PICTURE[..., ::-1])
    assert decoded.mode == "rgb and alpha 8-bit"


DEEP = np.arange(0, 4096, 4, dtype=np.uint16).reshape(32, 32)


@pytest.mark.parametrize("ending", [".png", ".tif"])
def test_16_bits_without_a_window_are_those_of_opencv(ending):
    data = encoded(DEEP, ending)
    decoded = decode(data, "grey")
    expected = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    np.testing.assert_array_equal(decoded.pixels[..., 0], expected)
    assert decoded.mode == "grey 16-bit"


@pytest.mark.parametrize(("bits", "is_narrow"), [(12, True), (14, False), (16, False)])
@pytest.mark.parametrize("ending", [".png", ".tif"])
def test_images_of_16_bits_that_use_few_of_them_are_noticed(ending, bits, is_narrow):
    values = (DEEP << (bits - 12)).astype(np.uint16)
    values[0, 0] = 65535  # one bright spot does not hide it
    narrow = decode(encoded(values, ending), "grey").narrow
    assert (narrow is not None) == is_narrow
    if narrow:
        assert 0 < narrow[0] < 100
        assert 4000 < narrow[1] < 4096
        assert decode(encoded(values, ending), "grey", window=narrow).narrow is None


def test_a_window_maps_16_bits():
    decoded = decode(encoded(DEEP, ".png"), "grey", window=(1000, 3000))
    shares = np.clip((DEEP.astype(float) - 1000) / 2000, 0, 1)
    np.testing.assert_array_equal(decoded.pixels[..., 0], np.rint(shares * 255))


def test_float_images_need_a_window():
    data = encoded(DEEP.astype(np.float32) / 4095, ".tif")
    with pytest.raises(ImageError, match="give the cohort a window"):
        decode(data, "grey")
    assert decode(data, "grey", window=(0, 1)).pixels.max() >= 254


def test_pixels_that_are_not_a_number_are_refused():
    values = np.full((8, 8), np.nan, np.float32)
    with pytest.raises(ImageError, match="not a number"):
        decode(encoded(values, ".tif"), "grey", window=(0, 1))


def test_several_pages_are_refused():
    pages = cv2.imencodemulti(".tif", [PICTURE, PICTURE])[1].tobytes()
    with pytest.raises(ImageError, match="2 pages in one TIFF file"):
        decode(pages, "grey")


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95, 0.995])
@pytest.mark.parametrize(
    ("ending", "options"),
    [
        (".jpg", ()),
        (".jpg", (cv2.IMWRITE_JPEG_PROGRESSIVE, 1)),
        (".png", ()),
        (".bmp", ()),
        (".tif", ()),
        (".webp", ()),
        (".ppm", ()),
    ],
)
def test_files_that_are_cut_off_are_refused(ending, options, share):
    whole = encoded(cv2.resize(PICTURE, (300, 200)), ending, *options)
    decode(whole, "grey")
    with pytest.raises(ImageError):
        decode(whole[: int(share * len(whole))], "grey")


def test_bytes_after_the_end_of_a_jpeg_do_no_harm():
    whole = encoded(PICTURE, ".jpg")
    padded = decode(whole + bytes(100), "grey").pixels
    np.testing.assert_array_equal(padded, decode(whole, "grey").pixels)


def test_a_tiff_of_an_absurd_size_is_refused():
    tiff = bytearray(encoded(DEEP, ".tif"))
    directory = int.from_bytes(tiff[4:8], "little")
    for number in range(int.from_bytes(tiff[directory : directory + 2], "little")):
        entry = directory + 2 + 12 * number
        if int.from_bytes(tiff[entry : entry + 2], "little") in (256, 257):  # width and height
            tiff[entry + 2 : entry + 12] = struct.pack("<HII", 4, 1, 2**31)
    with pytest.raises(ImageError, match=r"its header says 2147483648x2147483648 pixels, more than"):
        decode(bytes(tiff), "grey")


def test_an_absurd_size_is_refused():
    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 0, 0, 0, 0)
    chunk = b"IHDR" + header
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    with pytest.raises(ImageError):
        decode(png + b"IEND", "grey")


@pytest.mark.parametrize(("ending", "name"), [(".jp2", "JPEG 2000"), (".gif", "GIF")])
def test_other_formats_are_refused_by_name(ending, name):
    with pytest.raises(ImageError, match=f"{name} files are not read: save the image as PNG"):
        decode(encoded(PICTURE, ending), "grey")


@given(st.sampled_from([".jpg", ".png", ".bmp", ".tif", ".webp", ".ppm"]), st.data())
def test_damaged_files_are_decoded_or_refused(ending, data):
    damaged = bytearray(encoded(PICTURE, ending))
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ImageError):
        assert decode(bytes(damaged), "rgb").pixels.dtype == np.uint8


@pytest.mark.parametrize(
    ("data", "reason"), [(b"", "empty file"), (b"hello", "not an image"), (b"\xff\xd8\xff", "truncated")]
)
def test_what_is_no_image_says_so(data, reason):
    with pytest.raises(ImageError, match=reason):
        decode(data, "grey")
