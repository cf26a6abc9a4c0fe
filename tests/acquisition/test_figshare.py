import hashlib
import io
import json
import zipfile

import pytest

from s3f_pipeline.acquisition.figshare import fetch_article
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
