import errno
import stat
import zipfile

import numpy as np
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
    folder = unpack(archive, tmp_path / "raw", "busi", "busi")
    assert (folder / "x/1.png").read_bytes() == b"1"
    assert [path.name for path in (tmp_path / "raw").iterdir()] == ["busi"]


@pytest.mark.parametrize("name", ["busi/../../evil.txt", "/etc/evil.txt", "busi\\..\\evil.txt"])
def test_paths_that_escape_are_refused(tmp_path, name):
    archive = write_zip(tmp_path / "a.zip", {"busi/1.png": b"1", name: b"evil"})
    with pytest.raises(AcquisitionError, match="not safe to unpack"):
        unpack(archive, tmp_path / "raw", "busi", "busi")
    assert not (tmp_path / "raw").exists()


def test_what_completes_the_folder_is_there_when_it_appears(tmp_path):
    archive = write_zip(tmp_path / "a.zip", {"busi/1.png": b"1"})

    def complete(folder):
        assert not (tmp_path / "raw/busi").exists()
        (folder / "provenance.json").write_text("{}")

    assert (unpack(archive, tmp_path / "raw", "busi", "busi", complete) / "provenance.json").is_file()


def test_links_are_refused(tmp_path):
    link = zipfile.ZipInfo("busi/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(AcquisitionError, match="not safe to unpack"):
        unpack(tmp_path / "a.zip", tmp_path / "raw", "busi", "busi")


def test_absurd_expansion_is_refused(tmp_path):
    archive = write_zip(tmp_path / "a.zip", {"busi/zeros": bytes(10_000_000)})
    with pytest.raises(AcquisitionError, match="expands to 10000000 bytes"):
        unpack(archive, tmp_path / "raw", "busi", "busi")


def test_a_damaged_entry_leaves_no_folder(tmp_path):
    archive = write_zip(tmp_path / "a.zip", {"busi/1.txt": b"first", "busi/2.txt": bytes(range(256))})
    data = bytearray(archive.read_bytes())
    position = data.index(bytes(range(100, 120)))
    data[position : position + 4] = b"\xff\xff\xff\xff"
    archive.write_bytes(data)
    with pytest.raises(AcquisitionError, match="damaged, encrypted or not a zip file"):
        unpack(archive, tmp_path / "raw", "busi", "busi")
    assert list((tmp_path / "raw").iterdir()) == []


def test_no_zip_file(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"<html>not found</html>")
    with pytest.raises(AcquisitionError, match=r"damaged, encrypted or not a zip file.*nothing was unpacked"):
        unpack(tmp_path / "a.zip", tmp_path / "raw", "busi", "busi")


def test_the_folder_is_not_in_the_archive(tmp_path):
    archive = write_zip(tmp_path / "a.zip", {"Busi/1.png": b"1"})
    with pytest.raises(AcquisitionError, match="holds no 'busi'"):
        unpack(archive, tmp_path / "raw", "busi", "busi")


def test_what_a_killed_process_left_is_cleared(tmp_path):
    half = tmp_path / "raw" / ".busi.partial-x" / "busi"
    half.mkdir(parents=True)
    archive = write_zip(tmp_path / "a.zip", {"busi/1.png": b"1"})
    unpack(archive, tmp_path / "raw", "busi", "busi")
    assert [path.name for path in (tmp_path / "raw").iterdir()] == ["busi"]


def test_a_folder_of_another_name_is_unpacked(tmp_path):
    archive = write_zip(tmp_path / "a.zip", {"BUSI/1.png": b"1"})
    assert (unpack(archive, tmp_path / "raw", "BUSI", "busi") / "1.png").is_file()


def test_one_file_is_put_into_the_folder(tmp_path):
    archive = write_zip(tmp_path / "a.zip", {"a.npz": b"1", "b.npz": b"2"})
    folder = unpack(archive, tmp_path / "raw", "b.npz", "b")
    assert [path.name for path in folder.iterdir()] == ["b.npz"]
    assert unpack(archive, tmp_path / "raw", "a.npz", "b") == folder
    assert sorted(path.name for path in folder.iterdir()) == ["a.npz", "b.npz"]


def test_many_small_bombs_are_refused(tmp_path):
    archive = write_zip(tmp_path / "a.zip", {f"busi/{n}": bytes(150_000) for n in range(400)})
    with pytest.raises(AcquisitionError, match=r"it expands to 60000000 bytes"):
        unpack(archive, tmp_path / "raw", "busi", "busi")


def test_an_encrypted_archive_is_refused(tmp_path):
    archive = write_zip(tmp_path / "a.zip", {"busi/1.txt": b"secret"})
    data = bytearray(archive.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    archive.write_bytes(data)
    with pytest.raises(AcquisitionError, match="encrypted"):
        unpack(archive, tmp_path / "raw", "busi", "busi")
    assert list((tmp_path / "raw").iterdir()) == []


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_occurs_twice_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("busi/1.png", b"benign")
        archive.writestr("busi/1.png", b"malignant")
    with pytest.raises(AcquisitionError, match=r"more than one 'busi/1\.png'"):
        unpack(tmp_path / "a.zip", tmp_path / "raw", "busi", "busi")
    assert not (tmp_path / "raw").exists()


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    archive = write_zip(tmp_path / "a.zip", {"busi/1.png": b"1", "busi/2.png": b"2"})
    extract = zipfile.ZipFile.extract

    def full(opened, member, path):
        if member.filename.endswith("2.png"):
            raise OSError(errno.ENOSPC, "No space left on device")
        return extract(opened, member, path)

    monkeypatch.setattr(zipfile.ZipFile, "extract", full)
    with pytest.raises(OSError, match="No space left"):
        unpack(archive, tmp_path / "raw", "busi", "busi")
    assert list((tmp_path / "raw").iterdir()) == []


def test_a_black_image_is_no_bomb(tmp_path):
    noise = np.random.default_rng(0).bytes(900_000)
    archive = write_zip(tmp_path / "a.zip", {"busi/1.png": noise, "busi/1_mask.bmp": bytes(524_288)})
    assert (unpack(archive, tmp_path / "raw", "busi", "busi") / "1_mask.bmp").is_file()


@pytest.mark.parametrize("second", ["busi/A.png", "busi/a.png/x"])
def test_names_that_would_be_one_file_are_refused(tmp_path, second):
    archive = write_zip(tmp_path / "a.zip", {"busi/a.png": b"1", second: b"2"})
    with pytest.raises(
        AcquisitionError, match=r"more than one 'busi/a\.png'|a name that cannot be a file here"
    ):
        unpack(archive, tmp_path / "raw", "busi", "busi")
    assert not list((tmp_path / "raw").glob("*"))


def test_a_name_that_is_too_long_is_refused(tmp_path):
    archive = write_zip(tmp_path / "a.zip", {f"busi/{'x' * 300}.png": b"1"})
    with pytest.raises(AcquisitionError, match="File name too long"):
        unpack(archive, tmp_path / "raw", "busi", "busi")
