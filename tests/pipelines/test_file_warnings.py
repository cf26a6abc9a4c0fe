"""What people have in their class folders, from the raw folder to the warnings that they read."""

import json
import logging

import cv2
import numpy as np
import pytest
from dicom_files import dicom

from s3f_pipeline.config.schema import CohortData, ImageStoreConfig, IngestionConfig
from s3f_pipeline.errors import CohortError, ImageError
from s3f_pipeline.pipelines.ingestion.nodes import ingest_cohort

CLASSES = ("ill", "well")
COUNT = 12


def picture(number, high=255):
    texture = cv2.GaussianBlur(np.random.default_rng(number).normal(size=(48, 48)), (0, 0), 3)
    return (high * (texture - texture.min()) / np.ptp(texture)).astype(np.uint8 if high == 255 else np.uint16)


def write(path, pixels, ending=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(ending or path.suffix, pixels)[1].tobytes())


@pytest.fixture
def folder(tmp_path):
    """Twelve grey PNG files of each class."""
    for number in range(2 * COUNT):
        write(tmp_path / "scans" / CLASSES[number % 2] / f"{number}.png", picture(number))
    return tmp_path / "scans"


@pytest.fixture
def warnings_of(folder, tmp_path, caplog):
    def run(max_rejected_share=0.0, **changes):
        (tmp_path / "images").mkdir()
        cohort = {"layout": "folders", "color": "grey", "classes": CLASSES}
        with caplog.at_level(logging.WARNING):
            _, index, quality = ingest_cohort(
                CohortData(name="mine", **cohort, **changes),
                IngestionConfig(max_rejected_share=max_rejected_share, workers=1),
                {"folder": "scans", "provenance": {"synthetic": False}},
                {},
                tmp_path,
                tmp_path / "images",
                tmp_path,
                store=ImageStoreConfig(image_size=(16, 16), color="grey"),
            )
        json.dumps(quality)
        assert all(warning in caplog.text for warning in quality["warnings"])
        return index, quality["warnings"]

    return run


def test_a_clean_folder_warns_of_nothing(warnings_of):
    index, warnings = warnings_of()
    assert len(index) == 2 * COUNT
    assert warnings == []


def test_other_endings_are_read_and_classes_of_other_formats_are_told(warnings_of, folder):
    for number in range(COUNT):
        write(folder / "ill" / f"a{number}.jfif", picture(100 + number), ".jpg")
        write(folder / "ill" / f"b{number}.webp", picture(200 + number))
    index, warnings = warnings_of()
    assert len(index) == 4 * COUNT
    (warning,) = warnings
    assert "ill: 12 JPEG, 12 PNG, 12 WebP; well: 12 PNG" in warning


def test_formats_that_are_not_read_count_as_rejected(warnings_of, folder):
    for number in range(COUNT):
        write(folder / "ill" / f"a{number}.gif", np.dstack([picture(number)] * 3))
    with pytest.raises(ImageError, match=r"(?s)12 of 36 files .* GIF files are not read"):
        warnings_of(max_rejected_share=0.3)


def test_thumbnails_of_a_network_storage_are_passed_over_and_told(warnings_of, folder):
    write(folder / "ill/@eaDir/1.png/SYNOPHOTO_THUMB_SM.jpg", picture(1))
    index, (warning,) = warnings_of()
    assert len(index) == 2 * COUNT
    assert warning.startswith("Passed over: 1 images that are hidden, or thumbnails")


def test_masks_are_named(warnings_of, folder):
    for label in CLASSES:
        for number in range(COUNT):
            image = picture(50 + number + 50 * (label == "ill"))
            write(folder / label / "images" / f"x{number}.png", image)
            write(folder / label / "masks" / f"x{number}.png", (image > 120).astype(np.uint8))
    _, (few, beside) = warnings_of()
    assert "24 images have nearly two grey values, as masks have: 12 in ill/masks, 12 in well/masks" in few
    assert "ill/images and ill/masks (12 names); well/images and well/masks (12 names)" in beside


def test_links_to_parents_are_told(warnings_of, folder):
    for label in CLASSES:
        (folder / label / "all").symlink_to("..")
    index, (warning,) = warnings_of()
    assert len(index) == 2 * COUNT
    assert warning.endswith("are passed over: ill/all, well/all")


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        ({}, "12 images of more than 8 bits have no window"),
        ({"WindowCenter": 40, "WindowWidth": 0}, "12 images: the window in their header is unusable"),
        ({"WindowCenter": -9000, "WindowWidth": 5}, "12 images: the window leaves one grey of them"),
        ({"WindowCenter": 1000, "WindowWidth": 2000}, None),
    ],
)
def test_computed_tomography_in_16_bits(warnings_of, folder, tags, told):
    for number in range(COUNT):
        for label in CLASSES:
            (folder / label / f"{2 * number + (label == 'well')}.png").unlink()
            values = picture(number + 99 * (label == "ill"), high=2000).astype(np.int16)
            header = tags if label == "ill" else {"WindowCenter": 1000, "WindowWidth": 2000}
            data = dicom(values, BitsStored=16, HighBit=15, PatientID=f"{label}{number}", **header)
            (folder / label / f"{number}.dcm").write_bytes(data)
    _, warnings = warnings_of()
    assert any(told in warning for warning in warnings) if told else warnings == []


def test_nothing_stays_of_an_ingestion_that_fails_after_the_last_image(warnings_of, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise CohortError("ids contradict each other")

    monkeypatch.setattr("s3f_pipeline.cohorts.identify.identify", fail)
    with pytest.raises(CohortError):
        warnings_of()
    assert [path for path in tmp_path.rglob("*") if ".partial" in path.name] == []
