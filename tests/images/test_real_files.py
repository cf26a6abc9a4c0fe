"""Unchanged files of clinics and of pydicom's own tests: each read right, or refused with the true reason."""

import zipfile
from importlib.util import find_spec
from io import BytesIO

import numpy as np
import pandas as pd
import pydicom
import pytest
from PIL import Image
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi_lut

from s3f_pipeline.images.header_ids import PADDING
from s3f_pipeline.images.ingest import Reader

pytestmark = [pytest.mark.real_data, pytest.mark.filterwarnings("ignore")]
ARCHIVE = "fullsize_and_dicom"
SALT = bytes(range(32))
GDCM = "cannot be decoded here: pip install python-gdcm"
PYLIBJPEG = "JPEG Extended (Process 2 and 4), which cannot be decoded here: pip install pylibjpeg"
REFUSED = {
    "MR_truncated.dcm": "truncated DICOM file: 8130 of 8192 bytes",
    "emri_small.dcm": "10 frames in one DICOM file",
    "emri_small_RLE.dcm": "10 frames in one DICOM file",
    "emri_small_jpeg_ls_lossless.dcm": "10 frames in one DICOM file",
    "examples_ybr_color.dcm": "30 frames in one DICOM file",
    "SC_rgb_rle_2frame.dcm": "2 frames in one DICOM file",
    "SC_rgb_16bit.dcm": "DICOM colour of more than 8 bits (RGB 16-bit)",
    "no_meta.dcm": "not an image: no JPEG, PNG, BMP, TIFF or DICOM file",
    "reportsi.dcm": "a DICOM file without an image",
    "rtplan.dcm": "a DICOM file without an image",
}
"""Whatever decoders are installed."""
if find_spec("pylibjpeg") is None:
    REFUSED |= dict.fromkeys(("JPGExtended.dcm", "JPEG-lossy.dcm"), PYLIBJPEG)
    if find_spec("gdcm") is None:
        lossless = ("JPEG-LL.dcm", "JPGLosslessP14SV1_1s_1f_8b.dcm", "bad_sequence.dcm")
        REFUSED |= dict.fromkeys((*lossless, "MR_small_jpeg_ls_lossless.dcm"), GDCM)
else:
    REFUSED["JPEG-lossy.dcm"] = "damaged DICOM file"
NARROW = {"CT_small.dcm", "JPEG2000.dcm", "JPEG-LL.dcm"}


@pytest.fixture(scope="module")
def folder(archives, tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    with zipfile.ZipFile(archives / f"{ARCHIVE}.zip") as archive:
        archive.extractall(folder)
    return folder / ARCHIVE


def read(path, color, image_size):
    return Reader(color, image_size, "stretch", None, SALT)(path)


def independent(data: bytes) -> np.ndarray:
    """Grey levels 0 to 255, (H, W) or (H, W, 3), by what pydicom itself makes of a file."""
    dataset = pydicom.dcmread(BytesIO(data))
    pixels = dataset.pixel_array
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        bits = dataset.RedPaletteColorLookupTableDescriptor[2]
        return apply_color_lut(pixels, dataset) / (2**bits - 1) * 255
    if pixels.ndim == 3:
        return pixels.astype(float)
    slope, intercept = float(dataset.get("RescaleSlope", 1)), float(dataset.get("RescaleIntercept", 0))
    levels = 2**dataset.BitsStored
    black = -levels / 2 if dataset.PixelRepresentation else 0.0
    white = black + levels - 1
    if "VOILUTSequence" in dataset:
        black, white = 0.0, 2 ** dataset.VOILUTSequence[0].LUTDescriptor[2] - 1.0
    else:
        black, white = slope * black + intercept, slope * white + intercept
    values = apply_voi_lut(apply_modality_lut(pixels, dataset), dataset, index=0)
    grey = (values - black) / (white - black) * 255
    return 255 - grey if dataset.PhotometricInterpretation == "MONOCHROME1" else grey


def in_color(pixels: np.ndarray, color: str) -> np.ndarray:
    if color == "rgb":
        return pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=-1)
    return (pixels if pixels.ndim == 2 else pixels @ [0.299, 0.587, 0.114])[..., None]


@pytest.mark.parametrize("color", ["grey", "rgb"])
def test_every_dicom_file_is_read_right_or_refused_with_the_true_reason(folder, color):
    names = pd.read_csv(folder / "dicom.csv")["file"]
    assert len(names) == 37
    for name in names:
        path = folder / "dicom" / name
        if name in REFUSED:
            refusal = read(path, color, (64, 64))
            assert isinstance(refusal, str), name
            assert REFUSED[name] in refusal, name
            continue
        expected = in_color(independent(path.read_bytes()), color)
        row = read(path, color, expected.shape[:2])
        assert not isinstance(row, str), (name, row)
        assert row.facts["format"] == "DICOM", name
        assert np.abs(row.image - np.rint(expected)).max() <= 1, name
        assert (row.narrow is not None) == (name in NARROW), name


def test_the_same_slice_in_other_encodings_has_the_same_pixels_and_patient(folder):
    rows = [
        read(path, "grey", (64, 64))
        for path in sorted((folder / "dicom").glob("MR_small*"))
        if path.name not in REFUSED
    ]
    assert len(rows) >= 6
    for row in rows[1:]:
        np.testing.assert_array_equal(row.image, rows[0].image)
        assert row.pseudonyms == rows[0].pseudonyms


def test_patients_and_examinations_of_headers_are_found(folder):
    for path in sorted((folder / "dicom").iterdir()):
        row = read(path, "grey", (64, 64))
        if isinstance(row, str):
            continue
        dataset = pydicom.dcmread(path)
        has_patient = bool(str(dataset.get("PatientID") or "").strip(PADDING))
        assert (row.pseudonyms.patient is not None) == has_patient, path.name
        assert (row.pseudonyms.study is not None) == bool(dataset.get("StudyInstanceUID")), path.name


@pytest.mark.parametrize("color", ["grey", "rgb"])
def test_every_radiograph_and_mri_is_read_as_another_decoder_reads_it(folder, color):
    files = pd.read_csv(folder / "images.csv")
    assert len(files) == 48
    for file in files.itertuples():
        path = folder / file.file
        row = read(path, color, (file.height, file.width))
        assert (row.facts["height"], row.facts["width"]) == (file.height, file.width)
        with Image.open(path) as image:
            assert image.mode == file.mode
            image.draft("L" if color == "grey" else "RGB", None)
            expected = np.asarray(image.convert("L" if color == "grey" else "RGB"), float)
        difference = np.abs(row.image - np.rint(in_color(expected, color)))
        assert difference.max() <= 1, (file.file, difference.max())
