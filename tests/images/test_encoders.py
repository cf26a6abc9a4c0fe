from io import BytesIO

import cv2
import numpy as np
import pytest
from PIL import Image

from s3f_pipeline.images.encoders import encoder_traces

RNG = np.random.default_rng(0)
PICTURES = RNG.integers(0, 256, (2, 24, 32, 3), np.uint8)


def by_opencv(picture, ending=".jpg", *options):
    return cv2.imencode(ending, picture, list(options))[1].tobytes()


def by_pillow(picture, **options):
    file = BytesIO()
    Image.fromarray(picture).save(file, **{"format": "JPEG", **options})
    return file.getvalue()


@pytest.mark.parametrize("write", [by_opencv, by_pillow])
def test_two_pictures_of_one_program_have_the_same_traces(write):
    first, second = (encoder_traces(write(picture)) for picture in PICTURES)
    assert first == second


def test_jpeg_traces_tell_quality_sampling_and_way():
    one = PICTURES[0]
    written = {
        "75": by_pillow(one, quality=75),
        "90": by_pillow(one, quality=90),
        "whole colours": by_pillow(one, quality=75, subsampling=0),
        "progressive": by_pillow(one, quality=75, progressive=True),
        "comment": by_pillow(one, quality=75, comment=b"Jane Doe"),
        "grey": by_opencv(one[..., 0]),
    }
    traces = {name: encoder_traces(data) for name, data in written.items()}
    assert len(set(traces.values())) == len(written)
    assert traces["75"].startswith("JPEG baseline 2x2,1x1,1x1 tables ")
    assert traces["75"].endswith("JFIF")
    assert "baseline 1x1,1x1,1x1" in traces["whole colours"]
    assert "progressive" in traces["progressive"]
    assert "comment" in traces["comment"]
    assert "Jane" not in traces["comment"]


def test_png_traces_tell_level_interlacing_and_chunks():
    one = Image.fromarray(PICTURES[0])
    files = {name: BytesIO() for name in ("fast", "small", "with density")}
    one.save(files["fast"], "PNG", compress_level=1)
    one.save(files["small"], "PNG", compress_level=9)
    one.save(files["with density"], "PNG", compress_level=9, dpi=(72, 72))
    traces = {name: encoder_traces(file.getvalue()) for name, file in files.items()}
    assert traces == {
        "fast": "PNG level 0", "small": "PNG level 3", "with density": "PNG level 3 pHYs",
    }  # fmt: skip


def test_other_formats_have_none():
    assert encoder_traces(by_opencv(PICTURES[0], ".bmp")) is None


@pytest.mark.parametrize("ending", [".jpg", ".png"])
def test_changed_bytes_never_raise_nor_hang(ending):
    whole = by_opencv(PICTURES[0], ending)
    for seed in range(300):
        rng = np.random.default_rng(seed)
        changed = bytearray(whole[: rng.integers(2, len(whole))])
        for place in rng.integers(2, len(changed) + 1, 5) - 1:
            changed[place] = rng.integers(256)
        encoder_traces(bytes(changed))
