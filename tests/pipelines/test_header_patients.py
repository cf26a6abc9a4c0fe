"""Patients of DICOM headers, from the raw folder to the split, in the nodes that carry them."""

import json
import logging

import cv2
import numpy as np
import pandas as pd
import pytest
from dicom_files import dicom
from hypothesis import given, settings
from hypothesis import strategies as st

from s3f_pipeline.cohorts.header_subjects import join_header_ids
from s3f_pipeline.errors import SplitError
from s3f_pipeline.pipelines.ingestion.nodes import ingest_cohort
from s3f_pipeline.pipelines.splitting.nodes import audit, group, search_twins, split
from s3f_pipeline.splits.groups import make_groups
from s3f_pipeline.splits.patient_safe import patient_safe_split

SALT = bytes(range(32))
COHORT = {
    "name": "mine",
    "layout": "folders",
    "color": "grey",
    "image_size": (16, 16),
    "classes": ("ill", "well"),
}
SPLITTING = {"validation_share": 0.2, "test_share": 0.2, "contradictory": "exclude", "folds": 5, "seed": 0}
TWINS = {"unexplained": 6, "local_similarity": 0.9}
PATIENTS, IMAGES = 20, 6


def picture(number: int) -> np.ndarray:
    texture = cv2.GaussianBlur(np.random.default_rng(number).normal(size=(48, 48)), (0, 0), 3)
    return np.clip(2000 + 6000 * texture, 0, 4095).astype(np.uint16)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """20 patients in class folders, six images each; file names tell nothing."""
    folder = tmp_path_factory.mktemp("raw")
    numbers = np.random.default_rng(0).permutation(PATIENTS * IMAGES)
    for number in range(PATIENTS * IMAGES):
        patient = number // IMAGES
        file = folder / "scans" / ("ill" if patient % 2 else "well") / f"IM{numbers[number]:04d}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(dicom(picture(number), PatientID=f"hospital-{patient}"))
    return folder


@pytest.fixture
def ingested(folder, tmp_path, caplog):
    def run(salt=SALT, **changes):
        with caplog.at_level(logging.INFO):
            return ingest_cohort(
                COHORT | changes,
                {"max_rejected_share": 0.0, "workers": 1},
                {"folder": "scans", "provenance": {"synthetic": False}},
                {},
                folder,
                tmp_path / "images",
                tmp_path,
                salt,
            )

    return run


@pytest.fixture(autouse=True)
def places(tmp_path):
    (tmp_path / "images").mkdir()


def patient_of(path) -> str:
    import pydicom

    return str(pydicom.dcmread(path, stop_before_pixels=True).PatientID)


def split_of(index, thumbnails, **changes):
    twins = search_twins(TWINS, index, np.load(thumbnails))
    groups = group(COHORT | changes, index, twins)
    found = audit(COHORT | changes, TWINS, index, groups, twins)
    return split("patient_safe", COHORT | changes, {**SPLITTING, "fold": None}, index, groups), found


def patients_on_two_sides(folder, index, splits) -> int:
    table = splits.merge(index[["image_id", "path"]], on="image_id")
    patients = table["path"].map(lambda path: patient_of(folder / "scans" / path))
    used = table["split"] != "excluded"
    return int((table[used].groupby(patients[used])["split"].nunique() > 1).sum())


def test_twenty_patients_in_class_folders(folder, ingested, caplog):
    index, quality, _, thumbnails = ingested()
    splits, found = split_of(index, thumbnails)
    assert patients_on_two_sides(folder, index, splits) == 0
    assert set(splits["guarantee"]) == {"patient"}
    assert index["subject"].nunique() == PATIENTS
    assert found["readings"][0]["groups"] == PATIENTS
    assert "120 DICOM files name 20 patients in their headers; images are grouped by them" in caplog.text
    assert quality["header_ids"]["without"] == 0
    assert "hospital-" not in caplog.text + json.dumps(quality) + index.to_csv()


def test_ids_that_are_to_be_ignored_are_counted_and_forgotten(folder, ingested, caplog):
    index, quality, _, thumbnails = ingested(salt=None, header_patients="ignore")
    splits, _ = split_of(index, thumbnails)
    assert patients_on_two_sides(folder, index, splits) > 0
    assert index["subject"].isna().all()
    assert set(splits["guarantee"]) == {"near_duplicate"}
    counted = quality["header_ids"]
    assert (counted["patients"], counted["images"], counted["used"]) == (20, 120, False)
    assert "120 DICOM files name 20 patients in their headers; these ids are not used" in caplog.text
    assert "The split knows no patient" in caplog.text


def test_the_table_comes_first_and_the_header_stays_beside_it(folder, ingested, caplog):
    """Patients hospital-0 and hospital-2 share p0; hospital-4 is called p4 and p99."""
    rows = []
    for path in sorted((folder / "scans").rglob("IM*")):
        number = int(patient_of(path).removeprefix("hospital-"))
        name = {0: "p0", 2: "p0", 4: f"p{4 if len(rows) % 2 else 99}"}.get(number, f"p{number}")
        rows.append(
            {"path": path.relative_to(folder / "scans").as_posix(), "label": path.parent.name, "who": name}
        )
    pd.DataFrame(rows).to_csv(folder / "scans" / "images.csv", index=False)
    index, quality, _, thumbnails = ingested(layout="table", table={"file": "images.csv", "patient": "who"})
    (folder / "scans" / "images.csv").unlink()
    assert set(index["subject"]) == {row["who"] for row in rows}
    torn = quality["header_ids"]["contradictions"]
    assert torn["several_ids_in_one"]["ids"] == 1
    assert torn["several_ids_in_one"]["images"] == 12
    assert torn["one_id_in_several"] | {"examples": []} == {"ids": 1, "images": 6, "examples": []}
    assert torn["one_id_in_several"]["examples"][0] in index["path"].tolist()
    assert "1 patients of the DICOM headers have several ids in the table" in caplog.text
    splits, found = split_of(index, thumbnails)
    assert patients_on_two_sides(folder, index, splits) == 0
    used = splits[splits["split"] != "excluded"].merge(index[["image_id", "subject"]])
    assert used.groupby("subject")["split"].nunique().max() == 1
    assert [reading["reading"] for reading in found["readings"]] == ["subject", "subject_by_header"]
    assert "hospital-" not in caplog.text + json.dumps(quality) + index.to_csv()


ids = st.one_of(st.none(), st.integers(0, 12).map("patient {}".format))


@settings(max_examples=80)
@given(
    st.lists(st.tuples(ids, ids, st.sampled_from([None, "s0", "s1"])), min_size=30, max_size=60),
    st.booleans(),
    st.sampled_from(["patient", "lesion"]),
    st.sampled_from([None, 0, 1]),
)
def test_no_patient_of_a_header_is_on_two_sides(rows, has_table, subject, fold):
    """Whatever the table says: none, some or all of the patients, and other ones than the header."""
    table = pd.DataFrame(rows, columns=["subject", "patient", "study"]).astype("string")
    index = table[["subject"]] if has_table else table[["subject"]].assign(subject=pd.NA).astype("string")
    index = index.assign(
        image_id=[f"{n:03d}" for n in range(len(rows))],
        path=[f"{n:03d}" for n in range(len(rows))],
        label=["ill" if n % 2 else "well" for n in range(len(rows))],
        official_split=pd.NA,
        format="DICOM",
    )
    pseudonyms = table[["patient", "study"]].assign(patient_of_any_issuer=table["patient"])
    joined, _ = join_header_ids(index, pseudonyms, subject=subject, use=True)
    groups = make_groups(joined, pd.DataFrame(columns=["first", "second", "kind"]), subject=subject)
    for names in (table["patient"], index["subject"]):
        assert groups["group"].groupby(names).nunique().le(1).all()
    unknown = table["patient"].isna() & index["subject"].isna()
    assert groups["group"][unknown].groupby(table["study"][unknown]).nunique().le(1).all()
    assert groups["guarantee"][unknown & table["study"].notna()].eq("study").all()
    try:
        splits = patient_safe_split(joined, groups, **(SPLITTING | {"folds": 3}), fold=fold)
    except SplitError:  # all images in too few groups
        return
    used = splits["split"] != "excluded"
    assert splits["split"][used].groupby(table["patient"][used]).nunique().le(1).all()
