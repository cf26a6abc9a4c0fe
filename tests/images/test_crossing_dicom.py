"""DICOM headers crossed with options, against pydicom's own rescale, window and tables."""

import contextlib
from io import BytesIO

import numpy as np
import pytest
from dicom_files import dicom
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import Dataset, FileDataset
from pydicom.dataset import FileMetaDataset
from pydicom.pixels import apply_modality_lut, apply_rescale, apply_voi, apply_windowing
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from s3f_pipeline.errors import ImageError
from s3f_pipeline.images.decode import decode

pytestmark = pytest.mark.filterwarnings("ignore")
RAMP = np.arange(4096).reshape(64, 64)
SIGNED = RAMP - 2048
WINDOW = (-300.0, 900.0)
RESCALES = {
    "none": {},
    "hounsfield": {"RescaleSlope": 1, "RescaleIntercept": -1024},
    "steep": {"RescaleSlope": "0.25", "RescaleIntercept": "3.5"},
    "falling": {"RescaleSlope": -1, "RescaleIntercept": 1000},
    "emptied": {"RescaleSlope": None, "RescaleIntercept": None},
    "table": {"ModalityLUTSequence": (16, np.linspace(0, 65535, 4096).round())},
}
VOIS = {
    "none": {},
    "linear": {"WindowCenter": 200, "WindowWidth": 700},
    "several": {"WindowCenter": [200, 9], "WindowWidth": [700, 3]},
    "exact": {"WindowCenter": "200.5", "WindowWidth": "70.25", "VOILUTFunction": "LINEAR_EXACT"},
    "sigmoid": {"WindowCenter": 200, "WindowWidth": 700, "VOILUTFunction": "SIGMOID"},
    "one wide": {"WindowCenter": 200, "WindowWidth": 1},
    "emptied": {"WindowCenter": None, "WindowWidth": None},
    "table": {"VOILUTSequence": (12, 4095 * np.linspace(0, 1, 4096) ** 2)},
}
SYNTAXES = {
    "explicit": ExplicitVRLittleEndian,
    "implicit": ImplicitVRLittleEndian,
    "big-endian": ExplicitVRBigEndian,
    "deflated": DeflatedExplicitVRLittleEndian,
    "RLE": RLELossless,
}
PLACES = ("top", "shared", "frame")
ALIGNMENTS = {"12 right": (12, 11), "12 left": (12, 15), "12 middle": (12, 13), "16": (16, 15)}


def with_tags(dataset, tags, first):
    for name, value in tags.items():
        if isinstance(value, tuple):
            bits, entries = value
            item = Dataset()
            item.add_new("LUTDescriptor", "SS" if first < 0 else "US", [len(entries), first, bits])
            item.add_new("LUTData", "US", [int(entry) for entry in entries])
            value = Sequence([item])
        setattr(dataset, name, value)
    return dataset


def clean(signed, photometric, stored, rescale, voi):
    """The header alone, everything in the first place, as pydicom wants it."""
    dataset = Dataset()
    dataset.PhotometricInterpretation, dataset.BitsStored = photometric, stored
    dataset.PixelRepresentation = int(signed)
    if rescale != "emptied":
        with_tags(dataset, RESCALES[rescale], -2048 if signed else 0)
    if voi != "emptied":
        with_tags(dataset, VOIS[voi], 0)
    return dataset


def expected(values, dataset, window):
    """Grey levels, float64, by pydicom; only the range that is shown without a window is ours."""
    if "ModalityLUTSequence" in dataset:
        seen, ends = apply_modality_lut(values, dataset), (0, 65535)
    else:
        seen = apply_rescale(values, dataset)
        least = -(2 ** (dataset.BitsStored - 1)) if dataset.PixelRepresentation else 0
        ends = apply_rescale(np.array([least, least + 2**dataset.BitsStored - 1]), dataset)
    low, high = float(min(ends)), float(max(ends))
    if window is not None:
        shares = np.clip((seen - window[0]) / (window[1] - window[0]), 0, 1)
    elif "WindowCenter" in dataset:
        shares = (apply_windowing(seen, dataset) - ends[0]) / (float(ends[1]) - float(ends[0]))
    elif "VOILUTSequence" in dataset:
        shares = apply_voi(np.floor(seen).astype(int), dataset) / 4095
    else:
        shares = (seen - low) / (high - low)
    return 255 * (1 - shares if dataset.PhotometricInterpretation == "MONOCHROME1" else shares)


def file(values, photometric, alignment, rescale, voi, place, syntax, preamble):
    stored, high = ALIGNMENTS[alignment]
    signed = values.min() < 0
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "1.2.3"
    meta.TransferSyntaxUID = SYNTAXES[syntax]
    encoding = {"is_implicit_VR": syntax == "implicit", "is_little_endian": syntax != "big-endian"}
    dataset = FileDataset("", {}, file_meta=meta, preamble=bytes(128), **encoding)
    dataset.SOPClassUID, dataset.SOPInstanceUID = meta.MediaStorageSOPClassUID, "1.2.3"
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = *values.shape, 1
    dataset.PhotometricInterpretation, dataset.PixelRepresentation = photometric, int(signed)
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, stored, high
    shifted = (values << (high + 1 - stored)).astype(np.int16 if signed else np.uint16)
    for macro, tags in (
        ("PixelValueTransformationSequence", RESCALES[rescale]),
        ("FrameVOILUTSequence", VOIS[voi]),
    ):
        target = dataset
        in_groups = place != "top" and not any("Sequence" in name for name in tags)
        if in_groups and tags:
            target, group = Dataset(), Dataset()
            setattr(group, macro, Sequence([target]))
            name = (
                "SharedFunctionalGroupsSequence" if place == "shared" else "PerFrameFunctionalGroupsSequence"
            )
            if name in dataset:
                setattr(dataset[name][0], macro, Sequence([target]))
            else:
                setattr(dataset, name, Sequence([group]))
        with_tags(target, tags, -2048 if signed and "ModalityLUTSequence" in tags else 0)
    buffer = BytesIO()
    order = ">" if syntax == "big-endian" else "<"
    dataset.PixelData = shifted.astype(shifted.dtype.newbyteorder(order)).tobytes()
    if syntax == "RLE":
        dataset.BitsStored, dataset.HighBit = 16, 15  # the encoder takes right-aligned bits alone
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset.compress(RLELossless, encoding_plugin="pydicom", generate_instance_uid=False)
        dataset.BitsStored, dataset.HighBit = stored, high
    dataset.save_as(buffer, enforce_file_format=True)
    data = buffer.getvalue()
    if preamble or syntax in ("deflated", "RLE"):  # without a header of the file nobody could know these
        return data
    return data[132 + 12 + int.from_bytes(data[140:144], "little") :]


@given(
    signed=st.booleans(),
    photometric=st.sampled_from(["MONOCHROME1", "MONOCHROME2"]),
    alignment=st.sampled_from(list(ALIGNMENTS)),
    rescale=st.sampled_from(list(RESCALES)),
    voi=st.sampled_from(list(VOIS)),
    place=st.sampled_from(PLACES),
    syntax=st.sampled_from(list(SYNTAXES)),
    preamble=st.booleans(),
    window=st.sampled_from([None, WINDOW]),
    color=st.sampled_from(["grey", "rgb"]),
)
@settings(max_examples=200)
def test_every_header_under_every_option_is_what_pydicom_makes_of_it(
    signed, photometric, alignment, rescale, voi, place, syntax, preamble, window, color
):
    values = SIGNED if signed else RAMP
    data = file(values, photometric, alignment, rescale, voi, place, syntax, preamble)
    header = clean(signed, photometric, ALIGNMENTS[alignment][0], rescale, voi)
    decoded = decode(data, color, window)
    wanted = expected(values, header, window)
    assert decoded.pixels.shape == (64, 64, 1 if color == "grey" else 3)
    for channel in np.moveaxis(decoded.pixels, -1, 0):
        assert np.abs(channel - wanted).max() <= 1


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("voi", "remark"),
    [
        ({"WindowCenter": 40, "WindowWidth": 0}, "unusable"),
        ({"WindowCenter": 40, "WindowWidth": "NaN"}, "unusable"),
        ({"WindowCenter": "inf", "WindowWidth": 400}, "unusable"),
        ({"WindowCenter": 40, "WindowWidth": -5}, "unusable"),
        ({"WindowCenter": 40}, "unusable"),
        ({"WindowCenter": 1e9, "WindowWidth": 4}, "one grey"),
        ({"WindowCenter": 2048, "WindowWidth": 4096, "VOILUTFunction": "CUBIC"}, "unknown function"),
    ],
)
def test_an_unusable_window_never_makes_a_black_picture_in_silence(monkeypatch, place, voi, remark):
    monkeypatch.setitem(VOIS, "bad", voi)
    decoded = decode(file(RAMP, "MONOCHROME2", "12 right", "none", "bad", place, "explicit", True), "grey")
    assert [remark in told for told in decoded.remarks] == [True]
    if remark == "unusable":
        assert np.ptp(decoded.pixels) == 255


@pytest.mark.parametrize(
    "rescale",
    [
        {"RescaleSlope": 0, "RescaleIntercept": 0},
        {"RescaleSlope": "NaN", "RescaleIntercept": 0},
        {"RescaleSlope": 1, "RescaleIntercept": "-inf"},
    ],
)
@pytest.mark.parametrize("window", [None, WINDOW])
def test_an_unusable_rescale_is_refused_as_such(monkeypatch, rescale, window):
    monkeypatch.setitem(RESCALES, "bad", rescale)
    data = file(RAMP, "MONOCHROME2", "12 right", "bad", "linear", "top", "explicit", True)
    with pytest.raises(ImageError, match="rescale slope of 0, or a rescale that is no number"):
        decode(data, "grey", window)


@pytest.mark.parametrize("tags", [{"RescaleSlope": 2}, {"RescaleIntercept": -1024}])
def test_half_a_rescale_is_told(monkeypatch, tags):
    monkeypatch.setitem(RESCALES, "half", tags)
    data = file(RAMP, "MONOCHROME2", "12 right", "half", "none", "top", "explicit", True)
    assert any("without intercept" in remark for remark in decode(data, "grey").remarks)


@pytest.mark.parametrize(("shape", "photometric"), [("INVERSE", "MONOCHROME2"), ("IDENTITY", "MONOCHROME1")])
def test_a_header_that_contradicts_itself_on_polarity_is_told(monkeypatch, shape, photometric):
    monkeypatch.setitem(VOIS, "shape", {"PresentationLUTShape": shape})
    decoded = decode(file(RAMP, photometric, "12 right", "none", "shape", "top", "explicit", True), "grey")
    assert any("contradicts itself" in remark for remark in decoded.remarks)


@pytest.mark.parametrize("tag", ["Rows", "BitsStored", "SamplesPerPixel", "PhotometricInterpretation"])
def test_an_emptied_tag_that_is_needed_is_named(tag):
    import pydicom

    dataset = pydicom.dcmread(
        BytesIO(file(RAMP, "MONOCHROME2", "16", "none", "none", "top", "explicit", True))
    )
    setattr(dataset, tag, None)
    buffer = BytesIO()
    dataset.save_as(buffer)
    with pytest.raises(ImageError, match=f"its DICOM header does not say {tag}"):
        decode(buffer.getvalue(), "grey")


@given(st.data())
@settings(max_examples=40)
def test_bytes_that_are_changed_in_a_header_lead_to_a_picture_or_a_reason(data):
    whole = bytearray(
        file(
            RAMP[:16],
            "MONOCHROME1",
            "12 left",
            data.draw(st.sampled_from(list(RESCALES))),
            data.draw(st.sampled_from(list(VOIS))),
            data.draw(st.sampled_from(PLACES)),
            data.draw(st.sampled_from(["explicit", "implicit", "big-endian", "deflated", "RLE"])),
            data.draw(st.booleans()),
        )
    )
    for _ in range(data.draw(st.integers(1, 5))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ImageError):
        assert decode(bytes(whole), "grey").pixels.dtype == np.uint8


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize(
    ("kind", "stored"),
    [("u1", 8), ("u1", 6), ("i1", 8), ("u2", 8), ("i2", 10), ("u4", 32), ("i4", 24), ("u4", 12)],
)
@pytest.mark.parametrize("voi", ["none", "linear"])
def test_other_bit_depths(photometric, kind, stored, voi):
    least = -(2 ** (stored - 1)) if kind[0] == "i" else 0
    values = np.linspace(least, least + 2**stored - 1, 4096).round().astype(kind).reshape(64, 64)
    header = clean(kind[0] == "i", photometric, stored, "none", voi)
    data = dicom(
        values, PhotometricInterpretation=photometric, BitsStored=stored, HighBit=stored - 1, **VOIS[voi]
    )
    assert np.abs(decode(data, "grey").pixels[..., 0] - expected(values, header, None)).max() <= 1


@pytest.mark.parametrize("unsigned", [False, True])
def test_a_table_of_interest_may_begin_below_0(unsigned):
    """Written as a number without a sign, as some scanners do, it is the same table."""
    header = clean(False, "MONOCHROME2", 12, "hounsfield", "none")
    entries = 4095 * np.linspace(0, 1, 4096) ** 2
    with_tags(header, {"VOILUTSequence": (12, entries)}, -1024)
    wanted = expected(RAMP, header, None)
    if unsigned:
        header.VOILUTSequence[0].add_new("LUTDescriptor", "US", [4096, 2**16 - 1024, 12])
    data = dicom(RAMP.astype(np.uint16), VOILUTSequence=header.VOILUTSequence, **RESCALES["hounsfield"])
    assert np.abs(decode(data, "grey").pixels[..., 0] - wanted).max() <= 1


@pytest.mark.parametrize("bits", [8, 7])
def test_entries_of_8_bits_may_be_packed_into_words(bits):
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [256, 0, bits])
    entries = (np.arange(256)[::-1] * (2**bits - 1) // 255).astype(np.uint8)
    item.add_new("LUTData", "OW", entries.tobytes())
    values = np.arange(256, dtype=np.uint8).reshape(16, 16)
    pixels = decode(dicom(values, VOILUTSequence=Sequence([item])), "grey").pixels[..., 0]
    assert np.abs(pixels - entries[values] * 255.0 / (2**bits - 1)).max() <= 1


def table(descriptor, data):
    item = Dataset()
    item.add_new("LUTDescriptor", "US", descriptor)
    item.add_new("LUTData", "US", data)
    return {"VOILUTSequence": Sequence([item])}


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        (table([4096, 0, 12], [1, 2, 3]), "fewer than its 4096 entries"),
        (table([3, 0, 99], [1, 2, 3]), "lookup table of 99 bits"),
        ({"HighBit": 5}, "HighBit 5 of 12 in 16 bits"),
        ({"BitsStored": 20}, "with 20 of 16 bits are not read"),
        ({"PixelData": bytes(4 * RAMP.size)}, "pixels of several frames, although its header says one"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "no palette"),
        ({"PhotometricInterpretation": "RGB"}, "colour as RGB is not read|damaged"),
        ({"Rows": 0}, "says 0x64 pixels"),
    ],
)
def test_headers_that_cannot_be_followed(tags, reason):
    with pytest.raises(ImageError, match=reason):
        decode(dicom(RAMP.astype(np.uint16), **tags), "grey")


@pytest.mark.parametrize(("stored", "reason"), [(8, None), (12, "more than 8"), (6, "fewer than 8")])
def test_colours_in_16_bits(stored, reason):
    values = np.random.default_rng(0).integers(0, 2**stored, (8, 8, 3)).astype(np.uint16)
    data = dicom(values, BitsStored=stored, HighBit=stored - 1)
    if reason:
        with pytest.raises(ImageError, match=reason):
            decode(data, "rgb")
    else:
        np.testing.assert_array_equal(decode(data, "rgb").pixels, values)


@pytest.mark.parametrize("planar", [0, 1, None])
def test_colours_by_planes(planar):
    values = np.random.default_rng(0).integers(0, 256, (8, 6, 3), np.uint8)
    stored = np.ascontiguousarray(np.moveaxis(values, -1, 0)) if planar else values
    data = dicom(values, PlanarConfiguration=planar, PixelData=stored.tobytes())
    np.testing.assert_array_equal(decode(data, "rgb").pixels, values)


def test_what_a_window_of_the_cohort_does_not_reach_is_told():
    values = np.random.default_rng(0).integers(0, 256, (8, 6, 3), np.uint8)
    assert any("does not apply" in remark for remark in decode(dicom(values), "rgb", (0, 9)).remarks)
