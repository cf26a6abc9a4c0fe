"""What strangers send is an input, or is refused in a few words that do not repeat it."""

import tracemalloc

import numpy as np
import pytest
from dicom_files import dicom
from payloads import encoded, file_of, png_of

from s3f_pipeline.bundle.preprocessing import InputFormat
from s3f_pipeline.errors import PayloadError
from s3f_pipeline.images.ingest import Reader
from s3f_pipeline.serving import payload
from s3f_pipeline.serving.payload import LONGEST_REASON, read_inputs

GREY = InputFormat("grey", (16, 16), "stretch", None)
RGB = InputFormat("rgb", (12, 20), "pad", None)


@pytest.mark.parametrize("takes", [GREY, RGB])
@pytest.mark.parametrize("ending", [".png", ".jpg", ".dcm"])
def test_a_file_becomes_the_pixels_of_training(tmp_path, takes, ending):
    data = dicom() if ending == ".dcm" else file_of(ending)
    path = tmp_path / f"image{ending}"
    path.write_bytes(data)
    expected = Reader(takes.color, takes.image_size, takes.aspect, takes.window, b"salt")(path).image
    for sent in (encoded(data), {"image": data}):
        (found,) = read_inputs([sent], takes)
        assert found.dtype == np.float32
        assert np.array_equal(found, expected.astype(np.float32) / np.float32(255))


def test_arrays_are_taken_as_they_are():
    array = np.random.default_rng(0).uniform(size=(16, 16, 1)).astype(np.float32)
    items = [array, array[..., 0], array.tolist(), array[..., 0].tolist()]
    found = read_inputs([{"array": item} for item in items], GREY)
    assert all(np.array_equal(one, array) for one in found)
    colours = [[[0, 1, 0.5]] * 20] * 12
    assert np.array_equal(read_inputs([{"array": colours}], RGB)[0], np.float32(colours))


def grey(pixel=0.5):
    array = [[0.5] * 16 for _ in range(16)]
    array[3][4] = pixel
    return {"array": array}


OTHER = "array must hold numbers, of shape 16x16x1"
REFUSED = {
    "no list": ({"image": "x"}, "inputs must be a list of items"),
    "no item": ([], "inputs must be a list of items"),
    "text": (["abc"], "inputs[0]: an item must be"),
    "wrong key": ([{"img": "abc"}], "inputs[0]: an item must be"),
    "two keys": ([{"image": "abc", "array": []}], "inputs[0]: an item must be"),
    "too many": ([grey()] * 65, "65 images in one request; at most 64"),
    "the second": ([grey(), {}], "inputs[1]: an item must be"),
    "a number": ([{"image": 7}], "image must be text"),
    "garbage in base64": ([{"image": "aGFs!bG8="}], "image is no base64"),
    "base64 without its end": ([{"image": "aGFsbG8"}], "image is no base64"),
    "other letters": ([{"image": "äöü"}], "image is no base64"),
    "empty": ([{"image": ""}], "the image is empty"),
    "no image": ([encoded(b"hello " * 100)], "the file is none of PNG, JPEG, DICOM"),
    "another format": ([encoded(file_of(".bmp"))], "the file is none of PNG, JPEG, DICOM"),
    "cut off": ([encoded(file_of(".png")[:100])], "truncated"),
    "bomb": ([encoded(png_of(60_000, 60_000))], "its header says 60000x60000 pixels"),
    "other shape": ([{"array": [[0.5] * 16] * 15}], OTHER),
    "ragged": ([{"array": [[0.5] * 16] * 15 + [[0.5] * 15]}], OTHER),
    "flat": ([{"array": [0.5] * 256}], OTHER),
    "deep": ([{"array": [[[[0.5]]] * 16] * 16}], OTHER),
    "text in an array": ([grey("0.5")], OTHER),
    "null": ([grey(None)], OTHER),
    "truth": ([grey(True)], OTHER),
    "a list as a pixel": ([grey([0.5])], OTHER),
    "channels": ([{"array": np.zeros((16, 16, 3))}], OTHER),
    "objects": ([{"array": np.full((16, 16, 1), "x", object)}], OTHER),
    "not a number": ([grey(float("nan"))], "not finite"),
    "infinite": ([grey(float("inf"))], "not finite"),
    "endless": ([grey(10**400)], "outside [0, 1]"),
    "8 bits": ([grey(255)], "outside [0, 1]; divide pixels of 8 bits by 255"),
    "negative": ([grey(-0.1)], "outside [0, 1]"),
}


@pytest.mark.parametrize(("items", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_is_none_is_refused_in_few_words(items, reason):
    with pytest.raises(PayloadError) as error:
        read_inputs(items, GREY)
    assert reason in error.value.message
    assert len(error.value.message) <= LONGEST_REASON


def test_files_are_counted_before_they_are_decoded(monkeypatch):
    monkeypatch.setattr(payload, "MOST_BYTES", 1_500_000)
    with pytest.raises(PayloadError, match="larger than 1 MB together"):
        read_inputs([{"image": "A" * 800_000}] * 2, GREY)


def test_a_bomb_takes_no_memory():
    items = [encoded(png_of(8001, 8000))]
    tracemalloc.start()
    with pytest.raises(PayloadError, match="more than"):
        read_inputs(items, GREY)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**20


def test_a_lack_of_memory_is_a_reason(monkeypatch):
    def fail(*_):
        raise MemoryError

    monkeypatch.setattr(payload, "decode", fail)
    with pytest.raises(PayloadError, match="not enough memory"):
        read_inputs([encoded(file_of(".png"))], GREY)
