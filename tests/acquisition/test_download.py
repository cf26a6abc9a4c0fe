import json

import numpy as np
import pytest

from s3f_pipeline.acquisition.dataverse import find_file
from s3f_pipeline.acquisition.download import fetch
from s3f_pipeline.errors import AcquisitionError

DATA = np.random.default_rng(0).bytes(3_000_000)


def get(served, tmp_path, **options):
    served.files["/file.npz"] = DATA
    fetch(f"{served.url}/file.npz", tmp_path / "raw/file.npz", pause=0.01, **options)
    return tmp_path / "raw/file.npz"


def left_behind(path):
    return sorted(other.name for other in path.parent.iterdir() if other != path)


def test_a_file_comes_whole(served, tmp_path):
    path = get(served, tmp_path)
    assert path.read_bytes() == DATA
    assert left_behind(path) == []


def test_it_goes_on_where_the_connection_was_dropped(served, tmp_path):
    served.drops = [1_000_000, 500_000]
    path = get(served, tmp_path)
    assert path.read_bytes() == DATA
    assert served.asked[0] is None
    starts = [int(asked.removeprefix("bytes=").rstrip("-")) for asked in served.asked[1:]]
    assert 0 < starts[0] < starts[1]
    assert left_behind(path) == []


def test_a_later_run_goes_on_too(served, tmp_path):
    served.drops = [1_000_000]
    with pytest.raises(AcquisitionError, match="failed"):
        get(served, tmp_path, attempts=1)
    assert not (tmp_path / "raw/file.npz").exists()
    assert get(served, tmp_path).read_bytes() == DATA
    assert served.asked[-1].startswith("bytes=")


@pytest.mark.parametrize("change", [{"ranges": False}, {"tag": None}])
def test_without_ranges_or_tag_it_begins_again(served, tmp_path, change):
    for name, value in change.items():
        setattr(served, name, value)
    served.drops = [1_000_000]
    assert get(served, tmp_path).read_bytes() == DATA


def test_a_file_that_changed_meanwhile_is_not_glued(served, tmp_path):
    served.drops = [1_000_000]
    with pytest.raises(AcquisitionError):
        get(served, tmp_path, attempts=1)
    served.tag = '"two"'
    assert get(served, tmp_path).read_bytes() == DATA


def test_a_changed_file_is_not_glued_even_where_the_server_offers_it(served, tmp_path):
    served.drops, served.obeys_if_range = [1_000_000], False
    with pytest.raises(AcquisitionError):
        get(served, tmp_path, attempts=1)
    served.tag = '"two"'
    assert get(served, tmp_path).read_bytes() == DATA
    assert served.asked[-1] is None


def test_another_piece_than_asked_for_is_not_glued(served, tmp_path):
    served.drops, served.shift = [1_000_000], 7
    assert get(served, tmp_path).read_bytes() == DATA
    assert served.asked[-1] is None


def test_what_another_address_left_is_not_gone_on_with(served, tmp_path):
    served.drops = [1_000_000]
    with pytest.raises(AcquisitionError):
        get(served, tmp_path, attempts=1)
    served.files["/other"] = DATA[::-1]
    fetch(f"{served.url}/other", tmp_path / "raw/file.npz")
    assert (tmp_path / "raw/file.npz").read_bytes() == DATA[::-1]


def test_fewer_bytes_than_announced_are_no_download(served, tmp_path):
    served.lost, served.tag = 10, None
    with pytest.raises(AcquisitionError, match="failed"):
        get(served, tmp_path, attempts=2)
    assert not (tmp_path / "raw/file.npz").exists()


def test_a_busy_server_is_asked_again(served, tmp_path):
    served.errors = [503, 429, 500]
    assert get(served, tmp_path).read_bytes() == DATA


@pytest.mark.parametrize(("code", "asked"), [(404, 1), (403, 1), (500, 3)])
def test_a_refusal_is_told(served, tmp_path, code, asked):
    served.errors = [code] * 5
    with pytest.raises(AcquisitionError, match=f"failed: the server answers {code}"):
        get(served, tmp_path, attempts=3)
    assert len(served.asked) == asked
    assert list((tmp_path / "raw").iterdir()) == []


def test_no_connection_is_told_in_one_line(tmp_path):
    with pytest.raises(AcquisitionError, match="failed: no connection to the server") as caught:
        fetch("http://127.0.0.1:9/file", tmp_path / "file", attempts=2, pause=0.01)
    assert "\n" not in caught.value.message


def test_what_fails_the_check_is_not_kept(served, tmp_path):
    def refuse(path):
        raise AcquisitionError("no archive")

    with pytest.raises(AcquisitionError, match="no archive"):
        get(served, tmp_path, check=refuse)
    assert list((tmp_path / "raw").iterdir()) == []


ANSWER = {
    "data": {
        "latestVersion": {
            "files": [
                {"label": "HAM10000_images_part_1.zip", "dataFile": {"id": 1}},
                {"label": "HAM10000_metadata.tab", "dataFile": {"id": 2, "originalFileFormat": "text/csv"}},
            ]
        }
    }
}


def test_a_file_of_a_dataverse_is_found_by_its_name(served):
    doi = "doi:10.7910/DVN/DBW86T"
    served.files["/api/datasets/:persistentId/?persistentId=doi%3A10.7910%2FDVN%2FDBW86T"] = json.dumps(
        ANSWER
    ).encode()
    table = f"{served.url}/api/access/datafile/2?format=original"
    assert find_file(doi, "HAM10000_metadata", server=served.url) == table
    images = find_file(doi, "HAM10000_images_part_1", server=served.url)
    assert images == f"{served.url}/api/access/datafile/1"
    with pytest.raises(AcquisitionError, match="has no file HAM10000_masks"):
        find_file(doi, "HAM10000_masks", server=served.url)


def test_an_answer_of_another_form_is_told(served):
    served.files["/api/datasets/:persistentId/?persistentId=doi%3A1%2F2"] = b'{"data": null}'
    with pytest.raises(AcquisitionError, match="has another form than known"):
        find_file("doi:1/2", "file", server=served.url)


def test_a_dataverse_that_does_not_answer(served):
    with pytest.raises(AcquisitionError, match="gave no answer that can be read"):
        find_file("doi:1/2", "file", server=served.url)
