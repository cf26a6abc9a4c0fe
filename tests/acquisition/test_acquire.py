import errno
import json
import shutil
import zipfile

import pytest

from s3f_pipeline.acquisition.acquire import acquire
from s3f_pipeline.config.schema import PhantomsConfig
from s3f_pipeline.errors import AcquisitionError

FEW = PhantomsConfig(images_per_class={"train": 2, "test": 1}, seed=0)


def copy_without_provenance(source, target):
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("provenance.json"))


def test_nothing_there_names_the_three_ways(tmp_path, brisc):
    with pytest.raises(AcquisitionError) as caught:
        acquire("brisc", brisc, tmp_path / "01_raw", tmp_path, None)
    for word in ["1. put the folder 'brisc2025'", "2. name a folder", "S3F_ARCHIVES",
                 str(tmp_path / "brisc2025.zip"), "3. download it from", brisc.source]:  # fmt: skip
        assert word in caught.value.message


def test_an_archive_is_unpacked_with_its_checksum(tmp_path, brisc):
    with zipfile.ZipFile(tmp_path / "brisc2025.zip", "w") as archive:
        archive.writestr("brisc2025/classification_task/readme.txt", "x")
    acquired = acquire("brisc", brisc, tmp_path / "raw", tmp_path, None)
    folder = tmp_path / "raw" / "brisc2025"
    assert (folder / "classification_task/readme.txt").is_file()
    written = json.loads((folder / "provenance.json").read_text())
    assert acquired["provenance"] == written
    assert len(written["sha256"]) == 64
    assert written["synthetic"] is False


def test_a_folder_put_there_by_hand_is_taken(tmp_path, brisc, phantom_folder):
    copy_without_provenance(phantom_folder, tmp_path / "brisc2025")
    acquired = acquire("brisc", brisc, tmp_path, None, None)
    assert acquired["folder"] == "brisc2025"
    assert "by hand" in acquired["provenance"]["source"]


def test_a_changed_file_changes_the_listing(tmp_path, brisc, phantom_folder):
    copy_without_provenance(phantom_folder, tmp_path / "brisc2025")
    before = acquire("brisc", brisc, tmp_path, None, None)
    assert acquire("brisc", brisc, tmp_path, None, None) == before
    next((tmp_path / "brisc2025").rglob("*.jpg")).write_bytes(b"new")
    assert acquire("brisc", brisc, tmp_path, None, None)["listing_sha256"] != before["listing_sha256"]


def test_phantoms_are_drawn_where_asked_for_and_refused_elsewhere(tmp_path, brisc):
    acquired = acquire("brisc", brisc, tmp_path, None, FEW)
    assert acquired["provenance"]["synthetic"] is True
    assert len(list(tmp_path.rglob("*.jpg"))) == 12 == acquired["provenance"]["images"]
    with pytest.raises(AcquisitionError, match="drawn phantoms, not patients' images"):
        acquire("brisc", brisc, tmp_path, None, None)


def test_a_demonstration_refuses_real_images(tmp_path, brisc, phantom_folder):
    copy_without_provenance(phantom_folder, tmp_path / "brisc2025")
    with pytest.raises(AcquisitionError, match="holds real images, but this demonstration"):
        acquire("brisc", brisc, tmp_path, None, FEW)


def test_other_phantoms_are_drawn_anew(tmp_path, brisc):
    acquire("brisc", brisc, tmp_path, None, FEW)
    more = PhantomsConfig(images_per_class={"train": 3, "test": 1}, seed=0)
    acquire("brisc", brisc, tmp_path, None, more)
    assert len(list(tmp_path.rglob("*.jpg"))) == 16


def test_a_read_only_folder_goes_without_provenance(tmp_path, brisc, phantom_folder, monkeypatch):
    copy_without_provenance(phantom_folder, tmp_path / "brisc2025")

    def refuse(path):
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr("s3f_pipeline.acquisition.provenance.atomic_path", refuse)
    first = acquire("brisc", brisc, tmp_path, None, None)
    assert first == acquire("brisc", brisc, tmp_path, None, None)
    assert not (tmp_path / "brisc2025/provenance.json").exists()
