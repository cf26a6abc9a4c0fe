"""A user's own images: a block of YAML, a table, and files of all kinds."""

import json
from io import BytesIO

import cv2
import numpy as np
import pandas as pd
import pytest
from end_to_end_project import Project
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

pytestmark = pytest.mark.slow
PERSON, BORN = "Mustermann^Erika", "19640812"
BLOCK = """
cohorts:
  mine:
    layout: table
    raw_folder: my_images
    table: {file: images.csv, path: file, label: diagnosis, patient: patient_id}
    color: grey
    image_size: 32
    classes: [healthy, ill]
    window: [0, 4095]
"""


def dicom(values: np.ndarray) -> bytes:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "1.2.3"
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    dataset.PatientName, dataset.PatientID, dataset.PatientBirthDate = PERSON, "4711", BORN
    dataset.Rows, dataset.Columns = values.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME1"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 12, 11, 0
    dataset.PixelData = values.tobytes()
    file = BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()


def draw(rng: np.random.Generator, ill: bool) -> np.ndarray:
    texture = cv2.GaussianBlur(rng.normal(size=(48, 40)).astype(np.float32), (0, 0), 3)
    image = 1500 + 4000 * texture
    if ill:
        cv2.circle(image, (int(rng.integers(10, 30)), int(rng.integers(10, 38))), 6, 3900, -1)
    return np.clip(image, 0, 4095).astype(np.uint16)


@pytest.fixture
def project(tmp_path) -> Project:
    project = Project(tmp_path)
    (tmp_path / "conf/base/parameters_mine.yml").write_text(BLOCK)
    folder = tmp_path / "data/01_raw/my_images"
    (folder / "Bilder größer").mkdir(parents=True)
    rng = np.random.default_rng(0)
    rows = []
    for number in range(40):
        ill, ending = bool(number % 2), (".png", ".tif", ".dcm", ".jpg")[number % 4]
        name = f"Bilder größer/{'sehr_lang_' * 20}{number:02d}{ending}"
        values = draw(rng, ill)
        if ending == ".dcm":
            (folder / name).write_bytes(dicom(values))
        else:
            pixels = (values // 16).astype(np.uint8) if ending == ".jpg" else values
            (folder / name).write_bytes(cv2.imencode(ending, pixels)[1].tobytes())
        label = "ill" if ill else "healthy"
        rows.append({"file": name, "diagnosis": label, "patient_id": f"p{number // 2 % 10}", "name": PERSON})
    pd.DataFrame(rows).to_csv(folder / "images.csv", index=False)
    return project


def test_a_block_of_yaml_is_all_it_takes(project):
    output = project.kedro(
        "run", "--pipeline=mine_spatial", "--params=training.epochs=1,training.batch_size=8"
    )
    assert "Traceback" not in output
    project.kedro("run", "--pipeline=mine_audit")
    index = pd.read_parquet(project.root / "data/02_intermediate/mine/index.parquet")
    assert index["subject"].nunique() == 10
    assert set(index["format"]) == {"PNG", "TIFF", "DICOM", "JPEG"}
    assert "name" not in index
    metrics = project.root / "data/08_reporting/mine/patient_safe/spatial/seed-0/metrics.json"
    guarantee = json.loads(metrics.read_text())["guarantee"]
    assert set(guarantee) == {"train", "validation", "test"}
    assert {level for side in guarantee.values() for levels in side.values() for level in levels} == {
        "patient"
    }
    splits = pd.read_parquet(project.root / "data/05_model_input/mine/patient_safe/splits.parquet")
    patients = index.set_index("image_id")["subject"].loc[splits["image_id"]].to_numpy()
    used = splits["split"] != "excluded"
    assert splits[used].groupby(patients[used])["split"].nunique().max() == 1
    raw = project.root / "data/01_raw"
    for path in (project.root / "data").rglob("*"):
        if path.is_file() and raw not in path.parents:
            data = path.read_bytes()
            assert PERSON.encode() not in data, path
            assert BORN.encode() not in data, path
    assert PERSON not in output


def test_two_sessions_of_one_process_follow_their_own_parameters(project):
    """What a notebook does: the second session asks for another image size."""
    script = """
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from s3f_pipeline.pipelines.runner import StageRunner
import os
bootstrap_project(os.getcwd())
for size in (16, 24):
    with KedroSession.create(runtime_params={"image_size": size}) as session:
        session.run(pipeline_names=["mine_audit"], runner=StageRunner())
"""
    project.python("-c", script)
    names = {path.name for path in (project.root / "data/03_primary/mine").iterdir()}
    assert names == {"images_16x16.npy", "images_24x24.npy"}
