"""Image files crossed with options: each against the values that were written, or against Pillow."""

import struct
import zlib
from io import BytesIO

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps
from tiff_files import tiff

from s3f_pipeline.errors import ImageError
from s3f_pipeline.images.decode import decode

RNG = np.random.default_rng(0)
RAMP = np.linspace(0, 1, 31 * 24).reshape(24, 31)
COLORS = cv2.GaussianBlur(RNG.random((24, 31, 3)), (0, 0), 2)
COLORS = (COLORS - COLORS.min()) / np.ptp(COLORS)
RANGES = {
    "u1": (0, 255), "u2": (0, 65535), "u4": (0, 2**20), "i1": (-128, 127), "i2": (-1000, 3000),
    "i4": (-70000, 70000), "f4": (-0.5, 1.5), "f8": (0, 1e-3),
}  # fmt: skip
TOP_8_BITS = {"u1": 0, "u2": 8}


def grey_of(colors):
    return colors @ [0.299, 0.587, 0.114]


def written(shares, kind):
    low, high = RANGES[kind]
    values = low + shares * (high - low)
    return (values if kind.startswith("f") else np.rint(values)).astype(kind)


@given(
    kind=st.sampled_from(list(RANGES)),
    photometric=st.sampled_from(["MinIsBlack", "MinIsWhite", "RGB"]),
    order=st.sampled_from("<>"),
    deflate=st.booleans(),
    planar=st.booleans(),
    alpha=st.sampled_from([None, (0,), (1,), (2,)]),
    with_window=st.booleans(),
    color=st.sampled_from(["grey", "rgb"]),
)
@settings(max_examples=250)
def test_tiff_files_are_read_right_or_refused_with_the_true_reason(
    kind, photometric, order, deflate, planar, alpha, with_window, color
):
    is_color = photometric == "RGB"
    values = written(COLORS if is_color else RAMP, kind)
    tags = {}
    samples = values
    if alpha:
        opacity = np.full((*values.shape[:2], 1), 40, values.dtype)
        samples = np.concatenate([values.reshape(*values.shape[:2], -1), opacity], axis=-1)
        tags = {338: alpha}
    low, high = RANGES[kind]
    window = (low + (high - low) / 4, high) if with_window else None
    data = tiff(samples, photometric, order=order, deflate=deflate, planar=planar, tags=tags)
    if kind == "i1" or (is_color and kind not in ("u1", "u2", "f4")):
        reason = "TIFF files of .* bits and sample format .* are not read"
    elif alpha and (planar or (not is_color and kind != "u1")):
        reason = "kind of TIFF file with alpha is not read"
    elif is_color and planar and kind != "u1":
        reason = "more than 8 bits in separate planes"
    elif not with_window and kind not in TOP_8_BITS:
        reason = "give the cohort a window"
    else:
        reason = None
    if reason:
        with pytest.raises(ImageError, match=reason):
            decode(data, color, window)
        return
    if with_window and kind != "u1":
        wanted = 255 * np.clip((values.astype(float) - window[0]) / (window[1] - window[0]), 0, 1)
    else:
        wanted = (values >> TOP_8_BITS[kind]).astype(float)
    if photometric == "MinIsWhite":
        wanted = 255 - wanted
    if is_color and color == "grey":
        wanted = grey_of(np.rint(wanted))
    decoded = decode(data, color, window)
    assert bool(decoded.remarks) == (with_window and kind == "u1")
    pixels = decoded.pixels[..., 0] if wanted.ndim == 2 else decoded.pixels
    assert np.abs(pixels - wanted).max() <= 1


@pytest.mark.parametrize("bits", [1, 10, 12, 14])
@pytest.mark.parametrize("photometric", ["MinIsBlack", "MinIsWhite"])
@pytest.mark.parametrize("with_window", [False, True])
def test_packed_bits_of_tiff_files(bits, photometric, with_window):
    values = np.rint(RAMP[:, :24] * (2**bits - 1)).astype(int)
    packed = np.packbits((values[..., None] >> np.arange(bits)[::-1] & 1).reshape(24, -1), axis=1)
    data = tiff(packed, photometric, tags={256: (24,), 258: (bits,)})
    window = (2 ** (bits - 2), 2 ** (bits - 1)) if with_window and bits > 8 else None
    wanted = values / (2**bits - 1) * 255
    if window:
        wanted = 255 * np.clip((values - window[0]) / (window[1] - window[0]), 0, 1)
    pixels = decode(data, "grey", window).pixels[..., 0]
    assert np.abs(pixels - (255 - wanted if photometric == "MinIsWhite" else wanted)).max() <= 1


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("color", ["grey", "rgb"])
def test_palettes_of_tiff_files(order, color):
    palette = RNG.integers(0, 256, (3, 256)).astype(np.uint16) * 257
    places = np.rint(RAMP * 255).astype(np.uint8)
    colors = (palette >> 8).T[places]
    pixels = decode(tiff(places, "palette", order=order, palette=palette), color).pixels
    wanted = grey_of(colors)[..., None] if color == "grey" else colors
    assert np.abs(pixels - wanted).max() <= 1


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (tiff(written(COLORS, "u1"), "CIELab"), "photometric interpretation 8"),
        (tiff(written(RAMP, "u1"), tags={258: (4,), 256: (62,)}), "TIFF files of 4 bits"),
        (tiff(written(RAMP, "u1"), tags={258: (8, 16), 277: (2,)}), "not of one kind"),
        (
            tiff(written(RAMP, "u1"), deflate=True, tags={257: (2**31,)}),
            "says 2147483648x31 pixels",
        ),
        (tiff(written(RAMP, "u1"), tags={322: (2**30,), 323: (2**30,)}), "pixels, more than"),
        (tiff(written(RAMP, "u1"), tags={256: (0,)}), "its header says 24x0 pixels"),
        (tiff(written(RAMP, "u1"), tags={279: (2**31,)}), "truncated: the pixels of this TIFF file end at"),
        (tiff(written(RAMP, "u1"), next_page=2**31), "damaged directory"),
        (tiff(written(RAMP, "f4") * np.float32("nan")), "window|not a number"),
        (b"II*\0" + bytes(8), "damaged directory"),
    ],
)
@pytest.mark.parametrize("window", [None, (0, 100)])
def test_tiff_files_that_cannot_be_shown(data, reason, window):
    with pytest.raises(ImageError, match=reason):
        decode(data, "grey", window)


def saved(image, kind, **options):
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def chunk(name, content):
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(values, color_type, extra=b"", interlaced=False):
    rows, columns = values.shape[:2]
    lines = b"".join(b"\0" + row.astype(values.dtype.newbyteorder(">")).tobytes() for row in values)
    if interlaced:
        lines = b""
        for top, left, down, right in ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2),
                                       (0, 1, 2, 2), (1, 0, 2, 1)):  # fmt: skip
            part = values[top::down, left::right].astype(values.dtype.newbyteorder(">"))
            lines += b"".join(b"\0" + row.tobytes() for row in part) if part.shape[1] else b""
    header = struct.pack(">IIBBBBB", columns, rows, 8 * values.dtype.itemsize, color_type, 0, 0, interlaced)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(lines))
        + chunk(b"IEND", b"")
    )  # fmt: skip


EXTRAS = {
    "nothing": b"",
    "gamma": chunk(b"gAMA", struct.pack(">I", 100000)),
    "bits": chunk(b"sBIT", b"\5" * 4),
}


@pytest.mark.parametrize("kind", ["u1", "u2"])
@pytest.mark.parametrize("color_type", [0, 2, 4, 6])
@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("extra", ["nothing", "gamma"])
@pytest.mark.parametrize("with_window", [False, True])
@pytest.mark.parametrize("color", ["grey", "rgb"])
def test_png_files(kind, color_type, interlaced, extra, with_window, color):
    """Neither gamma nor opacity changes a value, as OpenCV has it."""
    is_color = color_type in (2, 6)
    values = written(COLORS if is_color else RAMP[..., None], kind)
    opacity = np.full((24, 31, 1), 7, values.dtype)
    samples = np.concatenate([values, opacity], axis=-1) if color_type >= 4 else values
    high = RANGES[kind][1]
    window = (0, high / 2) if with_window else None
    decoded = decode(png(samples, color_type, EXTRAS[extra], interlaced), color, window)
    shown = grey_of(values)[..., None] if is_color and color == "grey" else values
    if with_window and kind == "u2":
        wanted = np.clip(shown / window[1], 0, 1) * 255
    else:
        wanted = shown / (1 if kind == "u1" else 256)
    assert np.abs(decoded.pixels - np.floor(wanted)).max() <= 1
    assert bool(decoded.remarks) == (with_window and kind == "u1")


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("color", ["grey", "rgb"])
def test_orientations(orientation, kind, color):
    image = Image.fromarray(written(COLORS, "u1"))
    exif = Image.Exif()
    exif[274] = orientation
    data = saved(image, kind, exif=exif, **({"lossless": True} if kind == "WEBP" else {}))
    upright = ImageOps.exif_transpose(Image.open(BytesIO(data))).convert("RGB")
    wanted = np.asarray(upright, float)
    wanted = grey_of(wanted)[..., None] if color == "grey" else wanted
    assert np.abs(decode(data, color).pixels - wanted).max() <= (3 if kind == "JPEG" else 1)


@pytest.mark.parametrize(
    ("mode", "kind", "options"),
    [
        ("CMYK", "JPEG", {"quality": 95}),
        ("RGB", "JPEG", {"progressive": True}),
        ("RGB", "JPEG", {"subsampling": 2}),
        ("L", "JPEG", {"optimize": True}),
        ("CMYK", "TIFF", {}),
        ("YCbCr", "TIFF", {}),
        ("RGB", "TIFF", {"compression": "tiff_lzw"}),
        ("L", "TIFF", {"compression": "packbits"}),
        ("1", "TIFF", {"compression": "group4"}),
        ("L", "TIFF", {"compression": "jpeg"}),
        ("1", "PNG", {}),
        ("P", "PNG", {}),
        ("P", "PNG", {"transparency": 3}),
        ("RGB", "WEBP", {"lossless": True}),
        ("L", "WEBP", {"quality": 90}),
        ("L", "BMP", {}),
        ("1", "BMP", {}),
        ("P", "BMP", {}),
        ("RGB", "BMP", {}),
        ("1", "PPM", {}),
        ("L", "PPM", {}),
        ("RGB", "PPM", {}),
    ],
)
@pytest.mark.parametrize("color", ["grey", "rgb"])
def test_other_kinds_are_what_pillow_reads(mode, kind, options, color):
    image = Image.fromarray(cv2.resize(written(COLORS, "u1"), (96, 64), interpolation=cv2.INTER_CUBIC))
    image = image.quantize(64) if mode == "P" else image.convert(mode)
    data = saved(image, kind, **options)
    wanted = np.asarray(Image.open(BytesIO(data)).convert("RGB"), float)
    wanted = grey_of(wanted)[..., None] if color == "grey" else wanted
    assert np.abs(decode(data, color).pixels - wanted).max() <= (4 if kind in ("JPEG", "WEBP") else 2)


@pytest.mark.parametrize("highest", [1, 15, 255, 4095, 65535])
@pytest.mark.parametrize("magic", [5, 6])
@pytest.mark.parametrize("with_window", [False, True])
def test_pnm_files_are_spread_from_black_to_their_highest_value(highest, magic, with_window):
    values = np.rint((COLORS if magic == 6 else RAMP[..., None]) * highest).astype(
        ">u2" if highest > 255 else "u1"
    )
    data = b"P%d # a comment\n31 24\n%d\n" % (magic, highest) + values.tobytes()
    window = (0, highest / 2) if with_window else None
    white = highest / 2 if with_window and highest > 255 else highest
    pixels = decode(data, "rgb" if magic == 6 else "grey", window).pixels
    assert np.abs(pixels - np.clip(values / white, 0, 1) * 255).max() <= 1


TWO = [Image.new("RGB", (8, 8), color) for color in ("black", "red")]
MOVING = saved(TWO[0], "WEBP", save_all=True, append_images=TWO[1:])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"P2 2 2 255\n1 2 3 4", "written in digits"),
        (b"P5 200 200 255\n" + bytes(99), "truncated: 99 of 40000 bytes"),
        (b"P5 99999 99999 255\n" + bytes(99), "truncated|pixels, more than"),
        (b"P5 2 2 70000\n" + bytes(9), "damaged header"),
        (b"P5 x", "damaged header"),
        (b"P5 2 2 4095\n" + bytes([0x20, 0] * 4), "a pixel of 8192, where its header allows 4095"),
        (b"P5 2 2 100\n" + bytes([101] * 4), "a pixel of 101, where its header allows 100"),
        (b"P5 2 2 255 # a comment\n" + bytes(4), "bytes after its pixels"),
        (b"P5 2 2 255\n1234" * 2, "bytes after its pixels: several images"),
        (tiff(np.ones((8, 8), np.uint8), tags={256: (4000,)}), "truncated: 64 of 32000 bytes"),
        (tiff(np.ones((8, 8, 3), np.uint8), "RGB", tags={257: (9,)}), "truncated: 192 of 216 bytes"),
        (tiff(np.ones((8, 8, 3), np.uint8), "RGB", planar=True, tags={257: (9,)}), "192 of 216 bytes"),
        (b"RIFF\xff\0\0\0WEBPVP8 " + bytes(30), "truncated: this WebP file has no end"),
        (saved(Image.new("RGB", (8, 8)), "GIF"), "GIF files are not read"),
        (saved(Image.new("RGB", (8, 8)), "JPEG2000"), "JPEG 2000 files are not read"),
        (MOVING, "moving WebP"),
        (b"\x93NUMPY\1\0" + bytes(90), "NumPy files are not read"),
        (bytes(344) + b"n+1\0" + bytes(90), "NIfTI files are not read"),
    ],
)  # fmt: skip
def test_files_that_cannot_be_shown(data, reason):
    with pytest.raises(ImageError, match=reason):
        decode(data, "grey")
