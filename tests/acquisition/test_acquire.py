import errno
import hashlib
import io
import json
import os
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from s3f_pipeline.acquisition.acquire import acquire
from s3f_pipeline.acquisition.provenance import listing_hash, tree_hash
from s3f_pipeline.config.schema import DownloadConfig, PhantomsConfig
from s3f_pipeline.errors import AcquisitionError


def packed(**arrays):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


NPZ = packed(train_images=np.zeros((2, 3, 3), np.uint8))
FEW = PhantomsConfig(images_per_class={"train": 2, "test": 1}, seed=0)


def copy_without_provenance(source, target):
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("provenance.json"))


@pytest.fixture
def single(load_config):
    """A cohort that comes as one file."""
    block = load_config().cohort("breastmnist")
    return lambda **download: block.model_copy(update={"download": DownloadConfig(**download)})


def test_nothing_there_names_the_three_ways(tmp_path, brisc):
    with pytest.raises(AcquisitionError) as caught:
        acquire(brisc, tmp_path / "01_raw", tmp_path, None, offline=True)
    for word in ["1. put the folder brisc2025 into", "2. name a folder", "S3F_ARCHIVES", "brisc_acquire",
                 str(tmp_path / "brisc2025.zip"), "3. download it from", brisc.source,
                 "downloads are switched off"]:  # fmt: skip
        assert word in caught.value.message


def test_own_images_have_two_ways(tmp_path, brisc):
    own = brisc.model_copy(update={"download": DownloadConfig()})
    with pytest.raises(AcquisitionError, match="one of these 2") as caught:
        acquire(own, tmp_path / "01_raw", None, None)
    assert "no folder with archives is named" in caught.value.message


def test_one_file_comes_from_an_archive(tmp_path, single):
    with zipfile.ZipFile(tmp_path / "medmnist.zip", "w") as archive:
        archive.writestr("breastmnist.npz", NPZ)
        archive.writestr("bloodmnist.npz", NPZ)
    acquire(single(), tmp_path / "raw", tmp_path, None)
    files = sorted(path.name for path in (tmp_path / "raw/breastmnist").iterdir())
    assert files == ["breastmnist.npz", "provenance.json"]


def test_a_published_file_is_compared_with_its_published_checksum(tmp_path, single):
    (tmp_path / "breastmnist_64.npz").write_bytes(NPZ)
    cohort = single().model_copy(update={"inside": "breastmnist_64.npz"})
    files = acquire(cohort, tmp_path / "raw", tmp_path, None)["provenance"]["files"]
    assert files["breastmnist_64.npz"]["expected"] == "742edef2a1fd1524b2efff4bd7ba9364"
    assert files["breastmnist_64.npz"]["matches"] is False


def test_a_folder_of_this_layout_is_no_published_file(tmp_path, load_config):
    cohort = load_config().cohort("dermamnist_reconstructed")
    with pytest.raises(AcquisitionError, match=r"put the folder dermamnist_reconstructed into") as caught:
        acquire(cohort, tmp_path / "raw", tmp_path, None)
    assert "download it" not in caught.value.message
    with zipfile.ZipFile(tmp_path / "dermamnist_reconstructed.zip", "w") as archive:
        archive.writestr("dermamnist_reconstructed/dermamnist.npz", NPZ)
    acquired = acquire(cohort, tmp_path / "raw", tmp_path, None)
    assert acquired["provenance"]["files"] == {}


def test_a_file_of_another_name_is_not_the_one(tmp_path, single):
    (tmp_path / "raw/breastmnist").mkdir(parents=True)
    (tmp_path / "raw/breastmnist/breastmnist_64.npz").write_bytes(NPZ)
    with pytest.raises(AcquisitionError, match=r"put the file breastmnist\.npz into"):
        acquire(single(), tmp_path / "raw", None, None, offline=True)


def test_one_file_is_copied_from_the_folder_of_archives(tmp_path, single):
    (tmp_path / "breastmnist.npz").write_bytes(NPZ)
    acquired = acquire(single(), tmp_path / "raw", tmp_path, None)
    assert (tmp_path / "raw/breastmnist/breastmnist.npz").read_bytes() == NPZ
    assert acquired["provenance"]["source"] == "file breastmnist.npz"


def test_one_file_is_downloaded_and_compared_with_its_checksum(tmp_path, served, single):
    served.files["/b.npz"] = NPZ
    (tmp_path / "raw/breastmnist").mkdir(parents=True)  # a folder without the file
    cohort = single(files={"breastmnist.npz": f"{served.url}/b.npz"}, md5={"breastmnist.npz": "0" * 32})
    provenance = acquire(cohort, tmp_path / "raw", None, None)["provenance"]
    assert provenance["source"] == f"download {cohort.source}"
    assert provenance["files"]["breastmnist.npz"]["matches"] is False
    found = hashlib.md5(served.files["/b.npz"]).hexdigest()
    assert provenance["files"]["breastmnist.npz"]["found"] == found


def test_a_damaged_file_is_not_taken_from_the_archives(tmp_path, single):
    (tmp_path / "breastmnist.npz").write_bytes(NPZ[:-60])
    with pytest.raises(AcquisitionError, match=r"breastmnist\.npz cannot be used"):
        acquire(single(), tmp_path / "raw", tmp_path, None)
    assert not list((tmp_path / "raw").rglob("*.npz*"))


def test_half_a_download_is_not_taken_for_whole(tmp_path, served, brisc):
    files = {"one.csv": f"{served.url}/one", "two.csv": f"{served.url}/two"}
    cohort = brisc.model_copy(update={"download": DownloadConfig(files=files)})
    served.files["/one"] = b"1"
    for _ in range(2):
        with pytest.raises(AcquisitionError, match="answers 404"):
            acquire(cohort, tmp_path / "raw", None, None)
        assert not (tmp_path / "raw/brisc2025").exists()
    served.files["/two"] = b"2"
    acquire(cohort, tmp_path / "raw", None, None)
    names = {path.name for path in (tmp_path / "raw/brisc2025").iterdir()}
    assert names == {"one.csv", "two.csv", "provenance.json"}


def test_an_empty_folder_is_no_data(tmp_path, brisc):
    (tmp_path / "brisc2025").mkdir()
    with pytest.raises(AcquisitionError, match="are not here"):
        acquire(brisc, tmp_path, None, None, offline=True)


def test_a_web_page_in_place_of_an_archive_is_no_download(tmp_path, served, single):
    served.files["/b.npz"] = b"<html>Please log in</html>"
    cohort = single(files={"breastmnist.npz": f"{served.url}/b.npz"})
    with pytest.raises(AcquisitionError, match=r"no archive .* begins with b'<html>") as caught:
        acquire(cohort, tmp_path / "raw", None, None)
    assert "1. put the file breastmnist.npz into" in caught.value.message
    assert not list((tmp_path / "raw").rglob("*.npz*"))


def test_a_table_that_is_missing_is_fetched_or_left(tmp_path, served, brisc, phantom_folder, caplog):
    copy_without_provenance(phantom_folder, tmp_path / "brisc2025")
    lacking = brisc.model_copy(update={"download": DownloadConfig(files={"table.csv": f"{served.url}/t"})})
    with caplog.at_level("WARNING"):
        acquire(lacking, tmp_path, None, None)
    assert "table.csv could not be downloaded" in caplog.text
    served.files["/t"] = b"a,b"
    acquire(lacking, tmp_path, None, None)
    assert (tmp_path / "brisc2025/table.csv").read_bytes() == b"a,b"
    pinned = json.loads((tmp_path / "brisc2025.table.csv.source.json").read_text())
    assert pinned["sha256"] == hashlib.sha256(b"a,b").hexdigest()
    (tmp_path / "brisc2025/table.csv").unlink()
    served.files["/t"] = b"c,d"
    acquire(lacking, tmp_path, None, None)
    assert "brisc2025.table.csv is not what it was" in caplog.text


def test_a_web_page_in_place_of_a_table_is_not_kept(tmp_path, served, brisc, phantom_folder, caplog):
    copy_without_provenance(phantom_folder, tmp_path / "brisc2025")
    served.files["/t"] = b"\n<!DOCTYPE html><title>Log in</title>"
    lacking = brisc.model_copy(update={"download": DownloadConfig(files={"table.csv": f"{served.url}/t"})})
    acquire(lacking, tmp_path, None, None)
    assert "What came is a web page, not a table" in caplog.text
    assert not list((tmp_path / "brisc2025").glob("*table*"))


@pytest.mark.parametrize("place", ["brisc2025.source.json", "brisc2025/provenance.json"])
def test_a_record_that_is_not_json_is_named(tmp_path, brisc, phantom_folder, place):
    copy_without_provenance(phantom_folder, tmp_path / "brisc2025")
    (tmp_path / place).write_text("<<<<<<< HEAD")
    with pytest.raises(AcquisitionError, match=f"{place} is not JSON .* Remove it"):
        acquire(brisc, tmp_path, None, None)


def test_a_failed_download_is_one_of_three_ways(tmp_path, served, single):
    cohort = single(files={"breastmnist.npz": f"{served.url}/gone.npz"})
    with pytest.raises(AcquisitionError, match="one of these 3") as caught:
        acquire(cohort, tmp_path / "raw", tmp_path, None)
    for words in ["medmnist.zip or breastmnist.npz", "medmnist.zip is not there", "the server answers 404"]:
        assert words in caught.value.message


def test_a_demonstration_never_removes_files(tmp_path, single):
    (tmp_path / "breastmnist").mkdir()
    (tmp_path / "breastmnist/notes.txt").write_text("mine")
    with pytest.raises(AcquisitionError, match="holds real images"):
        acquire(single(), tmp_path, None, FEW)
    assert (tmp_path / "breastmnist/notes.txt").is_file()


def test_the_source_is_remembered_and_a_change_is_told(tmp_path, brisc, caplog):
    def pack(text):
        with zipfile.ZipFile(tmp_path / "brisc2025.zip", "w") as archive:
            archive.writestr("brisc2025/readme.txt", text)

    pack("one")
    raw = tmp_path / "raw"
    acquire(brisc, raw, tmp_path, None)
    remembered = (raw / "brisc2025.source.json").read_bytes()
    acquire(brisc, raw, tmp_path, None)
    shutil.rmtree(raw / "brisc2025")
    acquire(brisc, raw, tmp_path, None)
    assert (raw / "brisc2025.source.json").read_bytes() == remembered
    assert "is not what it was" not in caplog.text
    shutil.rmtree(raw / "brisc2025")
    pack("two")
    acquire(brisc, raw, tmp_path, None)
    assert "brisc2025 is not what it was" in caplog.text
    assert (raw / "brisc2025.source.json").read_bytes() == remembered


@pytest.mark.parametrize("place", ["raw", "raw/brisc2025"])
def test_a_file_in_place_of_a_folder_is_named(tmp_path, brisc, place):
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_text("x")
    with pytest.raises(AcquisitionError, match=f"{place} is a file, but a folder must be there"):
        acquire(brisc, tmp_path / "raw", None, None)


def test_an_archive_is_unpacked_with_its_checksum(tmp_path, brisc):
    with zipfile.ZipFile(tmp_path / "brisc2025.zip", "w") as archive:
        archive.writestr("brisc2025/classification_task/readme.txt", "x")
    acquired = acquire(brisc, tmp_path / "raw", tmp_path, None)
    folder = tmp_path / "raw" / "brisc2025"
    assert (folder / "classification_task/readme.txt").is_file()
    written = json.loads((folder / "provenance.json").read_text())
    assert acquired["provenance"] == {**written, "files": {}}
    assert len(written["sha256"]) == 64
    assert written["synthetic"] is False


def test_a_folder_put_there_by_hand_is_taken(tmp_path, brisc, phantom_folder):
    copy_without_provenance(phantom_folder, tmp_path / "brisc2025")
    acquired = acquire(brisc, tmp_path, None, None)
    assert acquired["folder"] == "brisc2025"
    assert "by hand" in acquired["provenance"]["source"]


def test_a_changed_file_changes_the_listing(tmp_path, brisc, phantom_folder):
    copy_without_provenance(phantom_folder, tmp_path / "brisc2025")
    before = listing_hash(tmp_path / "brisc2025")
    acquire(brisc, tmp_path, None, None)
    assert listing_hash(tmp_path / "brisc2025") == before
    next((tmp_path / "brisc2025").rglob("*.jpg")).write_bytes(b"new")
    assert listing_hash(tmp_path / "brisc2025") != before


def test_another_file_of_equal_size_and_time_changes_the_listing(tmp_path):
    """As when a corrected release is unpacked over the first one."""
    path = tmp_path / "scan.dcm"
    path.write_bytes(b"first")
    before, times = listing_hash(tmp_path), path.stat()
    path.write_bytes(b"other")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert listing_hash(tmp_path) != before


def test_phantoms_are_drawn_where_asked_for_and_refused_elsewhere(tmp_path, brisc):
    acquired = acquire(brisc, tmp_path, None, FEW)
    assert acquired["provenance"]["synthetic"] is True
    assert len(list(tmp_path.rglob("*.jpg"))) == 12 == acquired["provenance"]["images"]
    with pytest.raises(AcquisitionError, match="drawn phantoms, not patients' images"):
        acquire(brisc, tmp_path, None, None)


def test_phantoms_are_not_compared_with_published_checksums(tmp_path, single):
    assert acquire(single(), tmp_path, None, FEW)["provenance"]["files"] == {}


def test_a_demonstration_refuses_real_images(tmp_path, brisc, phantom_folder):
    copy_without_provenance(phantom_folder, tmp_path / "brisc2025")
    with pytest.raises(AcquisitionError, match="holds real images, but this demonstration"):
        acquire(brisc, tmp_path, None, FEW)


def test_other_phantoms_are_drawn_anew(tmp_path, brisc):
    acquire(brisc, tmp_path, None, FEW)
    more = PhantomsConfig(images_per_class={"train": 3, "test": 1}, seed=0)
    acquire(brisc, tmp_path, None, more)
    assert len(list(tmp_path.rglob("*.jpg"))) == 16


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:-9])])
def test_phantoms_that_are_damaged_are_drawn_anew(tmp_path, brisc, caplog, damage):
    folder = tmp_path / acquire(brisc, tmp_path, None, FEW)["folder"]
    drawn = tree_hash(folder)
    damage(next(folder.rglob("*.jpg")))
    assert tree_hash(folder) != drawn
    acquire(brisc, tmp_path, None, FEW)
    assert tree_hash(folder) == drawn
    assert "missing, damaged or changed: they are drawn anew" in caplog.text
    caplog.clear()
    acquire(brisc, tmp_path, None, FEW)
    assert "drawn anew" not in caplog.text


def test_a_read_only_folder_goes_without_provenance(tmp_path, brisc, phantom_folder, monkeypatch):
    copy_without_provenance(phantom_folder, tmp_path / "brisc2025")

    def refuse(path):
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr("s3f_pipeline.acquisition.provenance.atomic_path", refuse)
    first = acquire(brisc, tmp_path, None, None)
    assert first == acquire(brisc, tmp_path, None, None)
    assert not (tmp_path / "brisc2025/provenance.json").exists()


def test_a_folder_of_links_is_data(tmp_path, brisc, phantom_folder):
    (tmp_path / "raw/brisc2025").mkdir(parents=True)
    for path in phantom_folder.iterdir():
        if path.is_dir():
            (tmp_path / "raw/brisc2025" / path.name).symlink_to(path, target_is_directory=True)
    acquired = acquire(brisc, tmp_path / "raw", None, None, offline=True)
    assert "by hand" in acquired["provenance"]["source"]


def test_a_table_for_a_read_only_folder_is_left(tmp_path, served, brisc, phantom_folder, caplog, monkeypatch):
    copy_without_provenance(phantom_folder, tmp_path / "brisc2025")
    lacking = brisc.model_copy(update={"download": DownloadConfig(files={"t[1].csv": f"{served.url}/t"})})

    def refuse(*arguments, **options):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("s3f_pipeline.acquisition.fetching.fetch", refuse)
    acquire(lacking, tmp_path, None, None)
    assert "t[1].csv could not be downloaded" in caplog.text
    (tmp_path / "brisc2025/t[1].csv").write_text("a,b")
    caplog.clear()
    acquire(lacking, tmp_path, None, None)
    assert "could not be downloaded" not in caplog.text


@pytest.fixture
def own(brisc):
    """A cohort of one's own; its raw folder lies in another one."""
    block = {"title": "own", "layout": "folders", "color": "grey", "image_size": 32, "classes": ["a", "b"]}
    return lambda **changed: type(brisc).model_validate(
        {**block, "name": "own", "raw_folder": "ours/b\u00e4der", **changed}
    )


def test_a_raw_folder_in_another_one_comes_out_of_an_archive(tmp_path, own):
    decomposed = "ba\u0308der"
    with zipfile.ZipFile(tmp_path / f"{decomposed}.zip", "w") as archive:
        archive.writestr(f"{decomposed}/a/1.png", b"1")
        archive.writestr("elsewhere/2.png", b"2")
    acquired = acquire(own(), tmp_path / "raw", tmp_path, None)
    assert acquired["folder"] == "ours/b\u00e4der"
    kept = {path.relative_to(tmp_path / "raw").as_posix() for path in (tmp_path / "raw").rglob("*.*")}
    folder = "ours/b\u00e4der"
    assert kept == {f"{folder}/a/1.png", f"{folder}/provenance.json", f"{folder}.source.json"}


def test_a_part_of_an_archive_can_be_the_raw_folder(tmp_path, own):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("top/[1]/a/1.png", b"1")
        archive.writestr("top/other/2.png", b"2")
    acquire(own(archive="x", inside="top/[1]", raw_folder="raw[2]"), tmp_path / "raw", tmp_path, None)
    assert [path.name for path in (tmp_path / "raw/raw[2]").iterdir()] == ["a", "provenance.json"]


def test_a_raw_folder_whose_name_the_disk_has_decomposed(tmp_path, own):
    (tmp_path / "ours/ba\u0308der/a").mkdir(parents=True)
    (tmp_path / "ours/ba\u0308der/a/1.png").touch()
    acquired = acquire(own(), tmp_path, None, None)
    assert acquired["folder"] == "ours/ba\u0308der"
    assert (tmp_path / "ours/ba\u0308der.source.json").is_file()


def test_a_download_into_a_folder_in_another_one(tmp_path, served, own):
    served.files["/one"] = b"1"
    download = DownloadConfig(files={"tables/one.csv": f"{served.url}/one"})
    acquire(own(download=download), tmp_path / "raw", None, None)
    folder = tmp_path / "raw/ours/b\u00e4der"
    assert (folder / "tables/one.csv").read_bytes() == b"1"
    (folder / "tables/one.csv").rename(folder / "a.png")
    acquire(own(download=download), tmp_path / "raw", None, None)
    assert (folder / "tables/one.csv").read_bytes() == b"1"
    assert sorted(path.name for path in (tmp_path / "raw").rglob("*.json")) == [
        "b\u00e4der.source.json",
        "b\u00e4der.tables.one.csv.source.json",
        "provenance.json",
    ]


@pytest.mark.parametrize("raw_folder", ["ours/phantoms", "\u00fc"])
def test_phantoms_of_ones_own_cohort(tmp_path, own, raw_folder):
    acquired = acquire(own(raw_folder=raw_folder), tmp_path, None, FEW)
    assert acquired["folder"] == raw_folder
    assert len(list((tmp_path / raw_folder / "a").iterdir())) == 3
