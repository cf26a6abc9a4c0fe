import numpy as np
import pytest
from matlab_files import write_mat

from s3f_pipeline.errors import ImageError
from s3f_pipeline.images.decode import decode

IMAGE = np.array([[100, 400, 700], [1000, -200, 1300]], np.int16)


@pytest.fixture
def file(tmp_path):
    def write(image):
        write_mat(tmp_path / "1.mat", image)
        return (tmp_path / "1.mat").read_bytes()

    return write


def test_a_slice_is_scaled_by_its_own_lowest_and_highest(file):
    decoded = decode(file(IMAGE), "grey")
    assert (decoded.format, decoded.mode, decoded.narrow) == ("MAT", "grey 16-bit", None)
    np.testing.assert_array_equal(decoded.pixels[..., 0], [[51, 102, 153], [204, 0, 255]])
    assert decode(file(IMAGE), "rgb").pixels.shape == (2, 3, 3)


def test_a_window_is_heeded(file):
    np.testing.assert_array_equal(
        decode(file(IMAGE), "grey", (0, 1000)).pixels[..., 0], [[26, 102, 178], [255, 0, 255]]
    )


def test_a_constant_slice_is_black(file):
    assert not decode(file(np.full((3, 3), 7, np.int16)), "grey").pixels.any()


def test_what_is_no_slice_is_refused(file):
    with pytest.raises(ImageError, match=r"a MATLAB file without cjdata/image"):
        decode(file(IMAGE)[:700], "grey")
    with pytest.raises(ImageError, match=r"has shape \(2, 2, 2\)"):
        decode(file(np.zeros((2, 2, 2))), "grey")
    with pytest.raises(ImageError, match="not a number"):
        decode(file(np.array([[np.nan, 1.0]])), "grey")
