"""What a header promises is checked before memory is taken for it."""

import struct
import tracemalloc
import zipfile
import zlib
from io import BytesIO

import cv2
import h5py
import numpy as np
import pytest
from dicom_files import VALUES, dicom
from pydicom.encaps import encapsulate
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEG2000Lossless, JPEGBaseline8Bit, RLELossless
from test_crossing_files import chunk
from tiff_files import tiff

import s3f_pipeline.images.reading as room
from s3f_pipeline.errors import ImageError
from s3f_pipeline.images.decode import decode
from s3f_pipeline.images.ingest import Reader
from s3f_pipeline.images.sources import image_sources

pytestmark = pytest.mark.filterwarnings("ignore")
GREY = VALUES.astype(np.uint8)
MOST = 1_000_000
PNG_HEADER = struct.pack(">IIBBBBB", 60000, 60000, 8, 0, 0, 0, 0)
JPEG = cv2.imencode(".jpg", GREY)[1].tobytes()
FRAME = JPEG.index(b"\xff\xc0")


def lying_jpeg():
    return JPEG[: FRAME + 5] + struct.pack(">HH", 60000, 60000) + JPEG[FRAME + 9 :]


def lying_mat():
    file = BytesIO()
    with h5py.File(file, "w", userblock_size=512) as content:
        content.create_dataset("cjdata/image", (60000, 60000), "f8", chunks=(64, 64), compression="gzip")
    data = bytearray(file.getvalue())
    data[:10] = b"MATLAB 7.3"
    return bytes(data)


def deflated_bomb():
    data = dicom(VALUES, syntax=DeflatedExplicitVRLittleEndian)
    begin = 144 + int.from_bytes(data[140:144], "little")
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return data[:begin] + packer.compress(bytes(100 << 20)) + packer.flush()


def webp(rows, columns):
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4)
    body += (columns - 1).to_bytes(3, "little") + (rows - 1).to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", len(body)) + body


LARGE = {
    "PNG": b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", PNG_HEADER) + chunk(b"IEND", b""),
    "JPEG": lying_jpeg(),
    "TIFF": tiff(GREY, deflate=True, tags={256: (60000,), 257: (60000,), 278: (60000,)}),
    "TIFF tiles": tiff(GREY, tags={322: (60000,), 323: (60000,)}),
    "BMP": b"BM" + bytes(12) + struct.pack("<IiiHH", 40, 60000, -60000, 1, 24) + bytes(99),
    "WebP": webp(16000, 16000),
    "MATLAB": lying_mat(),
    "DICOM": dicom(VALUES, Rows=60000, Columns=60000),
    "DICOM frames": dicom(VALUES, NumberOfFrames=10**6),
    "RLE": dicom(VALUES, Rows=60000, Columns=60000, PixelData=encapsulate([bytes(99)]), syntax=RLELossless),
    "deflated": deflated_bomb(),
}


@pytest.mark.parametrize("name", LARGE)
@pytest.mark.parametrize("window", [None, (0, 100)])
def test_a_file_that_promises_too_many_pixels_is_refused_before_it_is_decoded(name, window):
    tracemalloc.start()
    try:
        with pytest.raises(ImageError, match=r"max_megapixels allows"):
            decode(LARGE[name], "grey", window, MOST)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 70 << 20


def test_the_limit_can_be_set():
    data = cv2.imencode(".png", np.zeros((100, 101), np.uint8))[1].tobytes()
    decode(data, "grey", None, 10_100)
    with pytest.raises(
        ImageError, match=r"says 100x101 pixels, more than ingestion.max_megapixels allows \(0.010099\)"
    ):
        decode(data, "grey", None, 10_099)


@pytest.mark.parametrize(
    ("syntax", "frame", "reason"),
    [
        (JPEGBaseline8Bit, lying_jpeg(), "says 16x16 pixels, its compressed data 60000x60000"),
        (
            JPEG2000Lossless,
            b"\xff\x4f\xff\x51\0\x2f\0\0" + struct.pack(">IIII", 60000, 60000, 0, 0) + bytes(40),
            "says 16x16 pixels, its compressed data 60000x60000",
        ),
        (
            RLELossless,
            struct.pack("<16I", 1, 64, *[0] * 14) + b"\x81\0" * 10**5,
            "does not unpack to its rows",
        ),
        (
            RLELossless,
            struct.pack("<16I", 9, 64, *[0] * 14) + b"\x81\0" * 2,
            "9 RLE segments, where .* needs 1",
        ),
    ],
)
def test_compressed_pixels_that_are_more_than_the_header_says(syntax, frame, reason):
    data = dicom(GREY, PixelData=encapsulate([frame]), syntax=syntax)
    with pytest.raises(ImageError, match=reason):
        decode(data, "grey")


@pytest.mark.parametrize("has_bot", [True, False])
def test_frames_that_the_header_does_not_tell_of(has_bot):
    data = dicom(GREY, PixelData=encapsulate([JPEG, JPEG], has_bot=has_bot), syntax=JPEGBaseline8Bit)
    with pytest.raises(ImageError, match="2 frames in one DICOM file, although its header says one"):
        decode(data, "grey")
    whole = dicom(
        GREY,
        PixelData=encapsulate([JPEG], fragments_per_frame=2, has_bot=has_bot),
        syntax=JPEGBaseline8Bit,
    )
    assert decode(whole, "grey").pixels.shape == (*GREY.shape, 1)


@pytest.mark.parametrize("color", ["grey", "rgb"])
def test_a_lack_of_memory_stops_the_run_and_blames_no_file(monkeypatch, tmp_path, color):
    def lack(*_):
        raise MemoryError

    (tmp_path / "a.png").write_bytes(b"x")
    monkeypatch.setattr(room, "decode", lack)
    with pytest.raises(ImageError, match=r"Not enough memory to decode .*a\.png\. Close other programs"):
        Reader(color, (8, 8), "stretch", None, bytes(32))(tmp_path / "a.png")


def test_a_lack_of_memory_inside_a_dicom_file_is_no_damage(monkeypatch):
    import pydicom

    def lack(*_, **__):
        raise MemoryError

    monkeypatch.setattr(pydicom, "dcmread", lack)
    with pytest.raises(MemoryError):
        decode(dicom(VALUES), "grey")


def archive(path, header):
    """An array whose header says anything."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as content:
        text = header.encode().ljust(118) + b"\n"
        content.writestr(
            "train_images.npy", b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text + bytes(99)
        )


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("{'descr': '|u1', 'fortran_order': False, 'shape': (9, 60000, 60000)}", "60000x60000 pixels, more"),
        ("{'descr': '|u1', 'fortran_order': False, 'shape': (9, -1, 4)}", "says -1x4 pixels"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (9, 4, 4)}", "type float64, expected is uint8"),
        ("{'descr': '|u1', 'fortran_order': True, 'shape': (9, 4, 4)}", "is stored in Fortran order"),
        ("{'descr': '|O', 'fortran_order': False, 'shape': (9, 4, 4)}", "type object, expected is uint8"),
        ("{'descr': '|u1', 'fortran_order': False, 'shape': (9, 40, 40)}", "is damaged"),
        ("{'descr': '|u1', 'fortran_order': False}", "is damaged"),
        ("[" * 90, "is damaged"),
    ],
)
def test_archives_whose_header_lies(tmp_path, header, reason):
    archive(tmp_path / "a.npz", header)
    with pytest.raises(ImageError, match=reason):
        list(image_sources(tmp_path, ["a.npz/train_images/0"]))
