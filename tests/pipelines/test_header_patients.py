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

from s3f_pipeline.cohorts.header_subjects import read_headers
from s3f_pipeline.cohorts.identities import join_identities
from s3f_pipeline.config.schema import CohortData, ImageStoreConfig, IngestionConfig, SplittingOfRun
from s3f_pipeline.errors import SplitError
from s3f_pipeline.identity import BY_LINK
from s3f_pipeline.pipelines.ingestion.nodes import ingest_cohort
from s3f_pipeline.pipelines.splitting.nodes import audit, group, search_twins, split
from s3f_pipeline.splits.groups import make_groups
from s3f_pipeline.splits.patient_safe import patient_safe_split
from s3f_pipeline.splits.settings import TwinSettings

SALT = bytes(range(32))
COHORT = {
    "name": "mine",
    "layout": "folders",
    "color": "grey",
    "classes": ("ill", "well"),
}
SPLITTING = {"validation_share": 0.2, "test_share": 0.2, "contradictory": "exclude", "folds": 5, "seed": 0}
WITHOUT_FOLD = SplittingOfRun(**SPLITTING, fold=None)
TWINS = TwinSettings(unexplained=6, local_similarity=0.9)
PATIENTS, IMAGES = 20, 6
NO_TWINS = pd.DataFrame(columns=["first", "second", "kind"])


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
                CohortData(**COHORT | changes),
                IngestionConfig(max_rejected_share=0.0, workers=1),
                {"folder": "scans", "provenance": {"synthetic": False}},
                {},
                folder,
                tmp_path / "images",
                tmp_path,
                salt,
                store=ImageStoreConfig(image_size=(16, 16), color="grey"),
            )

    return run


@pytest.fixture(autouse=True)
def places(tmp_path):
    (tmp_path / "images").mkdir()


def patient_of(path) -> str:
    import pydicom

    return str(pydicom.dcmread(path, stop_before_pixels=True).PatientID)


def split_of(index, thumbnails, **changes):
    cohort = CohortData(**COHORT | changes)
    twins = search_twins(TWINS, index, np.load(thumbnails))
    groups = group(cohort, index, twins)
    found = audit(cohort, TWINS, index, groups, twins)
    return split("patient_safe", cohort, WITHOUT_FOLD, index, groups), found


def patients_on_two_sides(folder, index, splits) -> int:
    table = splits.merge(index[["image_id", "path"]], on="image_id")
    patients = table["path"].map(lambda path: patient_of(folder / "scans" / path))
    used = table["split"] != "excluded"
    return int((table[used].groupby(patients[used])["split"].nunique() > 1).sum())


def test_twenty_patients_in_class_folders(folder, ingested, caplog):
    thumbnails, index, quality = ingested()
    splits, found = split_of(index, thumbnails)
    assert patients_on_two_sides(folder, index, splits) == 0
    assert set(splits["guarantee"]) == {"patient"}
    assert index["subject"].nunique() == PATIENTS
    assert found["readings"][0]["subjects"] == PATIENTS
    assert "120 DICOM files name 20 patients in their headers; images are grouped by them" in caplog.text
    assert quality["header_ids"]["without"] == 0
    assert "hospital-" not in caplog.text + json.dumps(quality) + index.to_csv()


def test_ids_that_are_to_be_ignored_are_counted_and_forgotten(folder, ingested, caplog):
    thumbnails, index, quality = ingested(salt=None, header_patients="ignore")
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
    thumbnails, index, quality = ingested(layout="table", table={"file": "images.csv", "patient": "who"})
    (folder / "scans" / "images.csv").unlink()
    assert set(index["subject"]) == {row["who"] for row in rows}
    several, one = quality["contradictions"]
    assert (several["ids"], several["images"], several["parts"]) == (1, 12, "patients in the DICOM headers")
    assert (one["ids"], one["images"], one["whole"]) == (1, 6, "patients in the DICOM headers")
    assert one["examples"][0] in index["path"].tolist()
    assert "1 patients in the DICOM headers have several ids in the table" in caplog.text
    splits, found = split_of(index, thumbnails)
    assert patients_on_two_sides(folder, index, splits) == 0
    used = splits[splits["split"] != "excluded"].merge(index[["image_id", "subject"]])
    assert used.groupby("subject")["split"].nunique().max() == 1
    assert [reading["reading"] for reading in found["readings"]] == ["subject", "subject_by_header"]
    assert "hospital-" not in caplog.text + json.dumps(quality) + index.to_csv()


def test_a_link_table_stands_beside_the_headers(folder, ingested, caplog):
    """It calls hospital-0 and hospital-2 one patient, and says nothing of the others."""
    _, index, _ = ingested()
    patients = index["path"].map(lambda path: patient_of(folder / "scans" / path))
    linked = index.assign(image=index["image_id"], subject="one")[patients.isin(["hospital-0", "hospital-2"])]
    linked[["image", "subject", "phash"]].to_csv(folder / "scans" / "linked.csv", index=False)
    thumbnails, index, quality = ingested(link={"to": "others", "table": "linked.csv"})
    (folder / "scans" / "linked.csv").unlink()
    splits, _ = split_of(index, thumbnails)
    assert splits["split"][index["path"].isin(linked["path"])].nunique() == 1
    assert patients_on_two_sides(folder, index, splits) == 0
    assert "12 of 120 images have a subject by the table linked.csv" in caplog.text
    assert "grouped by them and by the ids in the link table" in caplog.text
    assert "1 ids in the link table have several patients in the DICOM headers (12 images" in caplog.text
    assert [told["ids"] for told in quality["contradictions"]] == [1]


def test_a_run_that_patients_tear_is_not_said_to_be_whole():
    """Two patients take turns; every fifth file names nobody, and every third run of 20 nobody at all."""
    number = np.arange(200)
    patient = pd.Series(number // 20 * 2 + number % 2).map("p{}".format).astype("string")
    unknown = (number % 5 == 0) | (number // 20 % 3 == 0)
    index = pd.DataFrame(
        {
            "image_id": [f"{n:03d}" for n in number],
            "path": [f"IM{n:03d}.png" for n in number],
            "label": np.where(number < 100, "ill", "well"),
            "subject": patient.mask(unknown),
            "official_split": pd.NA,
        }
    )
    grouping = {"grouping": {"sequence": 20}}
    cohort = CohortData(**COHORT | grouping)
    groups = group(cohort, index, NO_TWINS)
    splits = split("patient_safe", cohort, WITHOUT_FOLD, index, groups)
    runs = pd.Series(number // 20)
    is_torn = splits["split"].groupby(runs).transform("nunique").gt(1)
    assert 0 < is_torn.mean() < 1
    assert splits["guarantee"].eq("sequence").tolist() == (unknown & ~is_torn).tolist()
    assert set(splits["guarantee"][~unknown]) == {"patient"}


@pytest.mark.parametrize("official_test", ["keep", "cut"])
def test_a_run_with_official_test_images_between_its_files_is_not_said_to_be_whole(official_test):
    """Every fifth file of the one row of numbers is a test image, but of the last 60."""
    number = np.arange(300)
    is_test = (number % 5 == 0) & (number % 150 < 120)
    index = pd.DataFrame(
        {
            "image_id": [f"{n:03d}" for n in number],
            "path": [f"IM{n:03d}.png" for n in number],
            "label": np.where(number < 150, "ill", "well"),
            "subject": pd.Series(pd.NA, range(300), "string"),
            "official_split": np.where(is_test, "test", "train"),
        }
    )
    cohort = CohortData(**COHORT, grouping={"sequence": 10}, official_test=official_test)
    groups = group(cohort, index, NO_TWINS)
    splits = split("patient_safe", cohort, WITHOUT_FOLD, index, groups)
    sure = splits["guarantee"].eq("sequence")
    if official_test == "keep":
        assert not sure[number % 150 < 115].any()
        assert sure[number % 150 >= 140].all()
    else:
        assert sure.all()


ids = st.one_of(st.none(), st.integers(0, 40).map("id {}".format))


@settings(max_examples=40)
@given(
    st.lists(st.tuples(ids, ids, ids, ids, ids), min_size=30, max_size=60),
    st.sampled_from(["patient", "lesion"]),
    st.sampled_from([None, 0, 1]),
    st.booleans(),
    st.integers(0, 5).flatmap(lambda count: st.sets(st.integers(0, 4), min_size=count, max_size=count)),
)
def test_no_known_id_of_any_kind_is_on_two_sides(rows, subject, fold, has_test, blank):
    """Whatever is known by the others: nothing, the same, less, more, or other things."""
    columns = ["subject", BY_LINK, "patient", "study", "series"]
    table = pd.DataFrame(rows, columns=columns).astype("string")
    table[[columns[place] for place in blank]] = pd.NA
    names = [f"{number:03d}" for number in range(len(rows))]
    index = table[["subject"]].assign(
        image_id=names,
        path=names,
        label=["ill" if number % 2 else "well" for number in range(len(rows))],
        official_split=["test" if has_test and number < 4 else "train" for number in range(len(rows))],
    )
    headers = read_headers(table.assign(patient_of_any_issuer=table["patient"]))
    joined, _ = join_identities(index, {BY_LINK: table[BY_LINK], **headers}, subject=subject)
    groups = make_groups(joined, NO_TWINS, subject=subject)
    for name in columns:
        assert groups["group"].groupby(table[name]).nunique().le(1).all(), name
    levels = groups["guarantee"]
    assert levels[table["patient"].notna()].eq("patient").all()
    is_linked = table["subject"].notna() | table[BY_LINK].notna()
    assert levels[is_linked & table["patient"].isna()].eq(subject).all()
    is_examined = table["study"].notna() | table["series"].notna()
    assert levels[is_examined & ~is_linked & table["patient"].isna()].eq("study").all()
    try:
        splits = patient_safe_split(joined, groups, **(SPLITTING | {"folds": 3}), fold=fold)
    except SplitError:  # all images in too few groups
        return
    used = splits["split"] != "excluded"
    for name in columns:
        assert splits["split"][used].groupby(table[name][used]).nunique().le(1).all(), name
