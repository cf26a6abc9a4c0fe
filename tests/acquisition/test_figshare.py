import hashlib
import io
import json
import zipfile
from functools import partial

import numpy as np
import pytest
from matlab_files import write_mat

from s3f_pipeline.acquisition import fetching
from s3f_pipeline.acquisition.acquire import acquire
from s3f_pipeline.acquisition.figshare import fetch_article
from s3f_pipeline.cohorts import list_files
from s3f_pipeline.cohorts.cheng import LABELS
from s3f_pipeline.errors import AcquisitionError

DOI = "10.6084/m9.figshare.1512427"
LIST = "/v2/articles/1512427/files?page_size=1000"


def packed(**files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(f"{name}.mat", data)
    return buffer.getvalue()


@pytest.fixture
def article(served):
    """Serve files as an article, by the form of the public API."""

    def publish(**more):
        files = {"part.zip": packed(one=b"1", two=b"2"), "README.txt": b"read me"}
        listed = []
        for number, (name, data) in enumerate(files.items()):
            served.files[f"/files/{number}"] = data
            md5 = hashlib.md5(data).hexdigest()
            url = f"{served.url}/files/{number}"
            listed.append(
                {"name": name, "download_url": url, "supplied_md5": md5, "computed_md5": md5, **more}
            )
        served.files[LIST] = json.dumps(listed).encode()
        served.files["/v2/articles/1512427/versions/5"] = json.dumps({"files": listed}).encode()
        return served

    return publish


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("doi", [DOI, f"{DOI}.v5"])
def test_all_files_come_and_archives_are_unpacked(tmp_path, article, doi):
    fetch_article(doi, tmp_path, article().url)
    assert names(tmp_path) == ["README.txt", "one.mat", "two.mat"]
    assert (tmp_path / "two.mat").read_bytes() == b"2"


def test_it_goes_on_after_an_interruption(tmp_path, article):
    served = article()
    readme = served.files.pop("/files/1")
    with pytest.raises(AcquisitionError, match="404"):
        fetch_article(DOI, tmp_path, served.url)
    served.files["/files/1"] = readme
    del served.files["/files/0"]  # has come before
    fetch_article(DOI, tmp_path, served.url)
    assert names(tmp_path) == ["README.txt", "one.mat", "two.mat"]


def test_an_archive_that_was_not_unpacked_is(tmp_path, article):
    served = article()
    (tmp_path / "part.zip").write_bytes(served.files.pop("/files/0"))
    fetch_article(DOI, tmp_path, served.url)
    assert names(tmp_path) == ["README.txt", "one.mat", "two.mat"]


def test_another_checksum_is_refused(tmp_path, article):
    with pytest.raises(AcquisitionError, match=r"Its MD5 is \w{32}, and should be 0{32}"):
        fetch_article(DOI, tmp_path, article(supplied_md5="0" * 32).url)
    assert not names(tmp_path)


@pytest.mark.parametrize("answer", [[], [{"title": "x"}], {"message": "not found"}])
def test_other_answers_are_refused(tmp_path, served, answer):
    served.files[LIST] = json.dumps(answer).encode()
    with pytest.raises(AcquisitionError, match=r"has no files|another form than known"):
        fetch_article(DOI, tmp_path, served.url)


def test_another_doi_is_refused(tmp_path):
    with pytest.raises(AcquisitionError, match="no DOI of figshare"):
        fetch_article("10.7910/DVN/DBW86T", tmp_path)


def test_a_cohort_is_downloaded_and_read(tmp_path, served, cheng, monkeypatch):
    slices = {"1": ("meningioma", "100360"), "2": ("glioma", "MR7B"), "3": ("pituitary", "9")}
    numbers = {label: number for number, label in LABELS.items()}
    files = {}
    for name, (label, patient) in slices.items():
        write_mat(
            tmp_path / f"{name}.mat", np.arange(64, dtype=np.int16).reshape(8, 8), patient, numbers[label]
        )
        files[name] = (tmp_path / f"{name}.mat").read_bytes()
    served.files["/zip"] = packed(**files)
    served.files[LIST] = json.dumps([{"name": "a.zip", "download_url": f"{served.url}/zip"}]).encode()
    monkeypatch.setattr(fetching, "fetch_article", partial(fetch_article, server=served.url))
    acquired = acquire(cheng, tmp_path / "raw", None, None)
    assert acquired["provenance"]["source"] == f"figshare {DOI}"
    folder = tmp_path / "raw" / acquired["folder"]
    assert names(folder) == ["1.mat", "2.mat", "3.mat", "provenance.json"]
    table = list_files(cheng.layout, folder, cheng.classes)
    assert list(zip(table["label"], table["subject"], strict=True)) == [
        ("meningioma", "100360"), ("glioma", "MR7"), ("pituitary", "9"),
    ]  # fmt: skip
    assert not table.attrs["passed_over"]


@pytest.mark.parametrize("name", ["..", "", "a/..", ". .", "a\0b"])
def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path, served, name):
    listed = [{"name": name, "download_url": f"{served.url}/one"}]
    served.files |= {LIST: json.dumps(listed).encode(), "/one": b"1"}
    with pytest.raises(AcquisitionError, match="has another form than known"):
        fetch_article(DOI, tmp_path / "folder", served.url)
    assert not names(tmp_path)
