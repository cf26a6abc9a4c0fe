import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3f_pipeline.images.row_file import row_file

ROWS = np.random.default_rng(0).integers(0, 256, (1200, 3, 2), np.uint8)


@given(st.integers(0, 1200), st.integers(0, 1200))
def test_the_file_has_the_rows_that_were_appended(tmp_path_factory, most, count):
    path = tmp_path_factory.mktemp("rows") / "new" / "rows.npy"
    with row_file(path, max(most, count), (3, 2)) as append:
        for row in ROWS[:count]:
            append(row)
    found = np.load(path, mmap_mode="r") if count else np.load(path)
    np.testing.assert_array_equal(found, ROWS[:count])
    assert path.stat().st_size == 128 + 6 * count


def test_after_an_exception_the_file_is_gone(tmp_path):
    with pytest.raises(AttributeError), row_file(tmp_path / "rows.npy", 9, (3, 2)) as append:
        append("no array")
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_place_of_the_folder_stays(tmp_path):
    place = tmp_path / "store"
    place.write_text("not a folder")
    with pytest.raises(FileExistsError, match="store"), row_file(place / "rows.npy", 9, (3, 2)):
        pass
    assert place.read_text() == "not a folder"
