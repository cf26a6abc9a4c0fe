"""A user's own two cohorts, one of which knows who is who: by YAML alone."""

import json

import cv2
import numpy as np
import pandas as pd
import pytest
from end_to_end_project import Project

pytestmark = pytest.mark.slow
BLOCKS = """
cohorts:
  new:
    layout: folders
    raw_folder: new_images
    color: grey
    image_size: 32
    classes: [healthy, ill]
    link: {to: archive}
  archive:
    layout: table
    raw_folder: archive_images
    table: {file: images.csv, path: file, label: diagnosis, patient: patient_id}
    color: grey
    image_size: 32
    classes: [healthy, ill]
"""
ADOPTED = BLOCKS.replace("{to: archive}", "{to: archive, table: linked_patients.csv}")
FLIPS = (lambda image: image, lambda image: image[:, ::-1], np.rot90, np.flipud)


def draw(number: int) -> np.ndarray:
    rng = np.random.default_rng(number)
    coarse = cv2.GaussianBlur(rng.normal(size=(96, 96)).astype(np.float32), (0, 0), 6)
    return np.clip(110 + 400 * coarse, 0, 255).astype(np.uint8)


@pytest.fixture
def project(tmp_path) -> Project:
    """40 new images, of which 32 are in the archive under other names, turned and in another size."""
    project = Project(tmp_path)
    (tmp_path / "conf/base/parameters_own.yml").write_text(BLOCKS)
    new, archive = tmp_path / "data/01_raw/new_images", tmp_path / "data/01_raw/archive_images"
    archive.mkdir(parents=True)
    rows = []
    for number in range(40):
        image, label = draw(number), ("healthy", "ill")[number % 2]
        (new / label).mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(new / label / f"{number:02d}.png"), image)
        if number < 32:
            known = cv2.resize(np.ascontiguousarray(FLIPS[number % 4](image)), (128, 128))
            cv2.imwrite(str(archive / f"x{number * 7 % 40:02d}.jpg"), known)
            label = "healthy" if number == 5 else label
            row = {"file": f"x{number * 7 % 40:02d}.jpg", "diagnosis": label, "patient_id": f"p{number // 4}"}
            rows.append({**row, "site": "north"})
    pd.DataFrame(rows).to_csv(archive / "images.csv", index=False)
    return project


def test_ids_are_found_and_adopted(project):
    output = project.kedro("run", "--pipeline=new_link_patients")
    assert "32 of 40 images of new are in archive, of 8 patients" in output
    assert "1 images have another label there: ill/05.png: ill, there healthy" in output
    folder = project.root / "data/02_intermediate/new"
    report = json.loads((folder / "link_report.json").read_text())
    assert (report["matched"], report["unmatched"], report["ambiguous"]) == (32, 8, 0)
    assert set(report["orientations"].values()) == {8}
    assert report["agreement"]["found_but_not_in_use"] == 32
    adopted = project.root / "data/01_raw/new_images/linked_patients.csv"
    assert f"To use this table: copy it to {adopted}" in output

    adopted.write_bytes((folder / "linked_patients.csv").read_bytes())
    (project.root / "conf/base/parameters_own.yml").write_text(ADOPTED)
    project.kedro("run", "--pipeline=new_audit")
    index = pd.read_parquet(folder / "index.parquet")
    numbers = index["image_id"].str.extract(r"(\d+)\.png", expand=False).astype(int)
    expected = [f"p{number // 4}" if number < 32 else None for number in numbers]
    assert index["subject"].astype(object).where(index["subject"].notna(), None).tolist() == expected
    assert index["site"].count() == 32
    splits = pd.read_parquet(project.root / "data/05_model_input/new/patient_safe/splits.parquet")
    assert splits["guarantee"].value_counts().to_dict() == {"patient": 32, "near_duplicate": 8}
    assert splits.groupby(index["subject"])["split"].nunique().max() == 1

    output = project.kedro("run", "--pipeline=new_link_patients")
    assert "Beside the ids in use (table linked_patients.csv): 32 same, 0 different" in output


def test_a_table_that_is_not_there_is_named(project):
    (project.root / "conf/base/parameters_own.yml").write_text(ADOPTED)
    output = project.kedro("run", "--pipeline=new_audit", succeeds=False)
    assert "The table linked_patients.csv, which the cohort's link names, is neither in" in output
