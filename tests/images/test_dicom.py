import contextlib
import logging

import numpy as np
import pydicom
import pytest
from dicom_files import PERSON, VALUES, dicom
from hypothesis import given
from hypothesis import strategies as st
from pydicom.uid import (
    MPEG2MPML,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLosslessSV1,
)

from s3f_pipeline.errors import ImageError
from s3f_pipeline.images.decode import decode
from s3f_pipeline.images.dicom import silent_pydicom


def grey(data, **options):
    return decode(data, "grey", **options).pixels[..., 0]


def shares(values, black, white):
    return np.rint(np.clip((values.astype(float) - black) / (white - black), 0, 1) * 255)


def test_without_a_window_the_bit_depth_is_the_range():
    decoded = decode(dicom(), "grey")
    assert (decoded.format, decoded.mode) == ("DICOM", "MONOCHROME2 12-bit")
    np.testing.assert_array_equal(decoded.pixels[..., 0], shares(VALUES, 0, 4095))


def test_the_window_of_the_file_is_honoured():
    """PS3.3, C.11.2.1.2.1: centre 2048 and width 1024 run from 1536 to 2559."""
    expected = shares(VALUES, 2048 - 0.5 - 1023 / 2, 2048 - 0.5 + 1023 / 2)
    np.testing.assert_array_equal(grey(dicom(WindowCenter=2048, WindowWidth=1024)), expected)


def test_the_first_of_several_windows_is_taken():
    several = grey(dicom(WindowCenter=[2048, 40], WindowWidth=[1024, 400]))
    np.testing.assert_array_equal(several, grey(dicom(WindowCenter=2048, WindowWidth=1024)))


@pytest.mark.parametrize("function", ["LINEAR_EXACT", "SIGMOID"])
def test_other_window_functions(function):
    found = grey(dicom(WindowCenter=2048, WindowWidth=1024, VOILUTFunction=function))
    if function == "SIGMOID":
        expected = np.rint(255 / (1 + np.exp(-4 * (VALUES.astype(float) - 2048) / 1024)))
    else:
        expected = shares(VALUES, 1536, 2560)
    np.testing.assert_array_equal(found, expected)


def test_a_window_of_the_cohort_wins():
    data = dicom(WindowCenter=2048, WindowWidth=1024)
    np.testing.assert_array_equal(grey(data, window=(0, 1000)), shares(VALUES, 0, 1000))


def test_the_modality_rescale_comes_before_the_window():
    """Hounsfield units: stored value - 1024."""
    data = dicom(RescaleSlope=1, RescaleIntercept=-1024, WindowCenter=40, WindowWidth=400)
    expected = shares(VALUES.astype(float) - 1024, 40 - 0.5 - 399 / 2, 40 - 0.5 + 399 / 2)
    np.testing.assert_array_equal(grey(data), expected)


def test_signed_values():
    values = (VALUES.astype(np.int16) - 2048).astype(np.int16)
    np.testing.assert_array_equal(grey(dicom(values)), shares(values, -2048, 2047))


def test_monochrome1_is_inverted():
    upright, inverted = dicom(), dicom(PhotometricInterpretation="MONOCHROME1")
    assert grey(inverted)[0, 0] == 255
    assert grey(inverted)[-1, -1] == 255 - grey(upright)[-1, -1]


def test_colour_is_kept_or_made_grey():
    values = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    np.testing.assert_array_equal(decode(dicom(values), "rgb").pixels, values)
    assert decode(dicom(values), "grey").pixels.shape == (8, 8, 1)
    assert decode(dicom(), "rgb").pixels.shape == (16, 16, 3)


def test_brightness_and_colour_differences_become_rgb():
    """PS3.3, C.7.6.3.1.2: without differences of colour, YBR_FULL is grey."""
    values = np.full((8, 8, 3), 128, np.uint8)
    values[..., 0] = np.arange(64, dtype=np.uint8).reshape(8, 8)
    found = decode(dicom(values, PhotometricInterpretation="YBR_FULL"), "rgb").pixels
    np.testing.assert_array_equal(found, np.repeat(values[..., :1], 3, axis=-1))


@pytest.mark.parametrize("entry", ["8 bits", "8 bits in 16", "16 bits"])
def test_palettes(entry):
    """PS3.3, C.7.6.3.1.5: number of entries, first value, bits of an entry."""
    table = np.arange(256, dtype=np.uint8)[::-1]
    stored = {
        "8 bits": table,
        "8 bits in 16": table.astype(np.uint16),
        "16 bits": table.astype(np.uint16) << 8,
    }[entry]
    tags = {"PhotometricInterpretation": "PALETTE COLOR"}
    for color in ("Red", "Green", "Blue"):
        tags[f"{color}PaletteColorLookupTableDescriptor"] = [256, 0, 16 if entry == "16 bits" else 8]
        tags[f"{color}PaletteColorLookupTableData"] = stored.tobytes()
    values = np.arange(256, dtype=np.uint8).reshape(16, 16)
    np.testing.assert_array_equal(decode(dicom(values, **tags), "rgb").pixels[..., 0], 255 - values)


def test_a_falling_modality_rescale_turns_the_image_around():
    found = grey(dicom(RescaleSlope=-1, RescaleIntercept=4095))
    np.testing.assert_array_equal(found, shares(4095 - VALUES.astype(float), 0, 4095))


def test_an_empty_window_is_no_window():
    np.testing.assert_array_equal(grey(dicom(WindowCenter=None, WindowWidth=None)), grey(dicom()))


@pytest.mark.filterwarnings("ignore")
@given(st.binary(min_size=1, max_size=8), st.data())
def test_damaged_files_are_decoded_or_refused(noise, data):
    damaged = bytearray(dicom(VALUES, WindowCenter=2048, WindowWidth=1024, RescaleSlope=2))
    start = data.draw(st.integers(132, len(damaged) - VALUES.nbytes))
    damaged[start : start + len(noise)] = noise
    with contextlib.suppress(ImageError):
        assert decode(bytes(damaged), "grey").pixels.dtype == np.uint8


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (dicom(np.tile(VALUES, (2, 1)), NumberOfFrames=2, Rows=16), "2 frames in one DICOM file"),
        (dicom(PixelData=bytes(10)), "truncated DICOM file: 10 of 512 bytes"),
        (dicom(PhotometricInterpretation="Monochrome2"), "unknown PhotometricInterpretation"),
        (dicom(PixelRepresentation=7), "says PixelRepresentation 7"),
        (dicom(PixelData=None), "without an image|damaged DICOM file"),
        (dicom()[:200], "DICOM"),
        (bytes(128) + b"DICM" + b"nonsense", "DICOM"),
    ],
)
def test_what_cannot_be_shown_says_so(data, reason):
    with pytest.raises(ImageError, match=reason):
        decode(data, "grey")


BROKEN_JPEG = pydicom.encaps.encapsulate([b"\xff\xd8" + bytes(50) + b"\xff\xd9"])


@pytest.mark.parametrize(
    ("syntax", "package"),
    [(JPEGLosslessSV1, "python-gdcm"), (JPEGExtended12Bit, "pylibjpeg pylibjpeg-libjpeg")],
)
def test_a_compression_without_a_decoder_says_what_to_install(syntax, package, monkeypatch):
    """Pillow takes JPEG Extended, but not of 12 bits."""
    decoder = pydicom.pixels.get_decoder(syntax)
    monkeypatch.setattr(decoder, "_available", {"pillow": None} if syntax == JPEGExtended12Bit else {})
    data = dicom(PixelData=BROKEN_JPEG, syntax=syntax)
    with pytest.raises(ImageError, match=rf"JPEG.*cannot be decoded here: pip install {package}, or"):
        decode(data, "grey")


def test_a_file_that_a_decoder_refuses_is_damaged():
    data = dicom(VALUES.astype(np.uint8), PixelData=BROKEN_JPEG, syntax=JPEGBaseline8Bit)
    with pytest.raises(ImageError, match=r"damaged DICOM file: .*pillow.* cannot decode its JPEG Baseline"):
        decode(data, "grey")


def test_a_compression_that_nobody_decodes_says_so():
    with pytest.raises(ImageError, match=r"compressed as MPEG2.*: decompress the files"):
        decode(dicom(PixelData=BROKEN_JPEG, syntax=MPEG2MPML), "grey")


@pytest.mark.parametrize(
    ("tags", "is_narrow"),
    [
        ({}, True),
        ({"WindowCenter": 80, "WindowWidth": 160}, False),
        ({"BitsStored": 8, "HighBit": 7}, False),
    ],
)
def test_an_image_that_fills_little_of_its_bits_without_a_window_is_noticed(tags, is_narrow):
    values = VALUES // np.uint16(16)
    narrow = decode(dicom(values, **tags), "grey").narrow
    assert (narrow is not None) == is_narrow
    assert narrow is None or (0 < narrow[0] < 8 and 247 < narrow[1] < 256)
    assert decode(dicom(VALUES), "grey").narrow is None
    assert decode(dicom(values, **tags), "grey", window=(0, 200)).narrow is None


def test_no_person_is_in_what_is_said(caplog, recwarn):
    """Not even where a date is malformed, about which pydicom warns with the value."""
    with caplog.at_level(logging.DEBUG):
        for broken in (dicom(PixelData=bytes(10)), dicom()[:-200], dicom()[:250]):
            with pytest.raises(ImageError) as caught:
                decode(broken, "grey")
            assert PERSON not in str(caught.value)
            assert caught.value.__cause__ is None
    assert PERSON not in caplog.text
    assert "1964" not in caplog.text
    assert not [w for w in recwarn if PERSON in str(w.message)]


def test_pydicom_is_silent_while_images_are_ingested(caplog):
    """It logs whole tracebacks, and values that it doubts."""
    doubtful = dicom(PixelData=BROKEN_JPEG, syntax=JPEGExtended12Bit, StudyInstanceUID=PERSON)
    caplog.clear()
    with caplog.at_level(logging.DEBUG):
        with silent_pydicom(), pytest.raises(ImageError):
            decode(doubtful, "grey")
        assert caplog.text == ""
        logging.getLogger("pydicom").warning("heard again")
        assert "heard again" in caplog.text
