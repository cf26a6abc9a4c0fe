import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.errors import ImageError
from s3f_pipeline.files import sha256_of
from s3f_pipeline.images.store import STORE_KEY, check_store


@pytest.fixture
def written(tmp_path):
    np.save(tmp_path / "images.npy", np.zeros((3, 4, 5, 1), np.uint8))
    index = pd.DataFrame({"image_id": list("abc")})
    index.attrs[STORE_KEY] = sha256_of(tmp_path / "images.npy")
    return index, np.load(tmp_path / "images.npy", mmap_mode="r")


def test_a_store_fits_its_index(written):
    check_store(*written, (4, 5, 1))


def test_another_size_is_refused(written):
    with pytest.raises(ImageError, match=r"shape \(3, 4, 5, 1\), expected is \(3, 8, 8, 1\)"):
        check_store(*written, (8, 8, 1))


def test_a_store_of_another_index_is_refused(written):
    index, images = written
    index.attrs[STORE_KEY] = "0" * 64
    with pytest.raises(ImageError, match="was not written with the index beside it"):
        check_store(index, images, (4, 5, 1))
