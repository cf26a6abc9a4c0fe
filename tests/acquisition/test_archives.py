import stat
import zipfile

import pytest

from s3f_pipeline.acquisition.archives import unpack
from s3f_pipeline.errors import AcquisitionError


def write_zip(path, entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def test_only_the_folder_is_unpacked(tmp_path):
    archive = write_zip(tmp_path / "a.zip", {"busi/x/1.png": b"1", "other/2.png": b"2"})
    folder = unpack(archive, tmp_path / "raw", "busi")
    assert (folder / "x/1.png").read_bytes() == b"1"
    assert [path.name for path in (tmp_path / "raw").iterdir()] == ["busi"]


@pytest.mark.parametrize("name", ["busi/../../evil.txt", "/etc/evil.txt", "busi\\..\\evil.txt"])
def test_paths_that_escape_are_refused(tmp_path, name):
    archive = write_zip(tmp_path / "a.zip", {"busi/1.png": b"1", name: b"evil"})
    with pytest.raises(AcquisitionError, match="not safe to unpack"):
        unpack(archive, tmp_path / "raw", "busi")
    assert not (tmp_path / "raw").exists()


def test_what_completes_the_folder_is_there_when_it_appears(tmp_path):
    archive = write_zip(tmp_path / "a.zip", {"busi/1.png": b"1"})

    def complete(folder):
        assert not (tmp_path / "raw/busi").exists()
        (folder / "provenance.json").write_text("{}")

    assert (unpack(archive, tmp_path / "raw", "busi", complete) / "provenance.json").is_file()


def test_links_are_refused(tmp_path):
    link = zipfile.ZipInfo("busi/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(AcquisitionError, match="not safe to unpack"):
        unpack(tmp_path / "a.zip", tmp_path / "raw", "busi")


def test_absurd_expansion_is_refused(tmp_path):
    archive = write_zip(tmp_path / "a.zip", {"busi/zeros": bytes(10_000_000)})
    with pytest.raises(AcquisitionError, match="expands to 10000000 bytes"):
        unpack(archive, tmp_path / "raw", "busi")


def test_a_damaged_entry_leaves_no_folder(tmp_path):
    archive = write_zip(tmp_path / "a.zip", {"busi/1.txt": b"first", "busi/2.txt": bytes(range(256))})
    data = bytearray(archive.read_bytes())
    position = data.index(bytes(range(100, 120)))
    data[position : position + 4] = b"\xff\xff\xff\xff"
    archive.write_bytes(data)
    with pytest.raises(AcquisitionError, match="damaged or not a zip file"):
        unpack(archive, tmp_path / "raw", "busi")
    assert list((tmp_path / "raw").iterdir()) == []


def test_no_zip_file(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"<html>not found</html>")
    with pytest.raises(AcquisitionError, match=r"damaged or not a zip file.*nothing was unpacked"):
        unpack(tmp_path / "a.zip", tmp_path / "raw", "busi")


def test_the_folder_is_not_in_the_archive(tmp_path):
    archive = write_zip(tmp_path / "a.zip", {"Busi/1.png": b"1"})
    with pytest.raises(AcquisitionError, match="holds no folder 'busi'"):
        unpack(archive, tmp_path / "raw", "busi")


def test_what_a_killed_process_left_is_cleared(tmp_path):
    half = tmp_path / "raw" / ".busi.partial-x" / "busi"
    half.mkdir(parents=True)
    archive = write_zip(tmp_path / "a.zip", {"busi/1.png": b"1"})
    unpack(archive, tmp_path / "raw", "busi")
    assert [path.name for path in (tmp_path / "raw").iterdir()] == ["busi"]
