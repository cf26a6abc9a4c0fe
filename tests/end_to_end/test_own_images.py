"""A user's own images: a block of YAML, a table, and files of all kinds."""

import json
import shutil

import cv2
import numpy as np
import pandas as pd
import pytest
from dicom_files import BORN, PERSON, dicom
from end_to_end_project import Project

from s3f_pipeline.config.loader import PROJECT

pytestmark = pytest.mark.slow
HEADER_ID, STUDY = "hospital-4711-", "1.22.333.4711"
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
            header = {"PatientID": f"{HEADER_ID}{number // 2 % 10}", "IssuerOfPatientID": "Hospital^Nord"}
            header |= {"StudyInstanceUID": STUDY, "PhotometricInterpretation": "MONOCHROME1"}
            (folder / name).write_bytes(dicom(values, **header))
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
    quality = json.loads((project.root / "data/02_intermediate/mine/quality.json").read_text())
    assert (quality["header_ids"]["images"], quality["header_ids"]["used"]) == (10, True)
    assert_nothing_of_a_header_left(project)
    assert not any(word in output for word in HEADER)


HEADER = (PERSON, BORN, HEADER_ID, STUDY, "Hospital^Nord")


def assert_nothing_of_a_header_left(project):
    """Nowhere but in the raw files: not in tables, logs, pages, MLflow's files or the configuration.

    The secret under which ids are hashed is nowhere else either.
    """
    raw, salt = project.root / "data/01_raw", project.root / "conf/local/patient_salt"
    secret = salt.read_bytes()
    words = [word.encode() for word in HEADER] + [secret, secret.hex().encode()]
    for path in project.root.rglob("*"):
        if path.is_file() and raw not in path.parents and path != salt:
            data = path.read_bytes()
            assert not any(word in data for word in words), path


def test_patients_of_dicom_headers_are_kept_together_under_a_lasting_secret(project):
    """Ingestion is done again when the secret is lost or no longer asked for, and only then."""
    folder = project.root / "data/01_raw/scans"
    for path in sorted((project.root / "data/01_raw/my_images").rglob("*.dcm")):
        number = int(path.stem[-2:])
        target = folder / ("ill" if number // 8 % 2 else "well") / f"IM{number}"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    block = (project.root / "conf/base/parameters_mine.yml").read_text()
    block = block.replace("layout: table", "layout: folders").replace("[healthy, ill]", "[well, ill]")
    lines = [line.replace("my_images", "scans") for line in block.splitlines() if "table:" not in line]
    (project.root / "conf/base/parameters_mine.yml").write_text("\n".join(lines))
    salt, index = project.root / "conf/local/patient_salt", "data/02_intermediate/mine/index.parquet"

    def prepared(*arguments):
        output = project.kedro("run", "--pipeline=mine_audit", "--tags=acquisition,ingestion", *arguments)
        assert_nothing_of_a_header_left(project)
        return output, pd.read_parquet(project.root / index)["subject"]

    output, first = prepared()
    assert "10 DICOM files name 5 patients in their headers; images are grouped by them" in output
    assert first.nunique() == 5
    shutil.rmtree(project.root / "data/02_intermediate/mine")
    output, again = prepared()
    assert again.equals(first)
    assert "Finished before: ingestion of mine" in prepared()[0]
    assert "is newer than they are" not in output
    salt.unlink()
    output, other = prepared()
    assert "Finished before: ingestion" not in output
    assert "patient_salt, the secret under which patient ids are hashed, is newer than they are" in output
    assert other.nunique() == 5
    assert not set(other) & set(first)
    salt.write_bytes(b"")
    failed = project.kedro("run", "--pipeline=mine_audit", succeeds=False)
    assert "patient_salt, is damaged: it has 0 bytes, not 32" in failed
    assert "Traceback" not in failed
    salt.unlink()
    prepared()
    output, none = prepared("--params=cohorts.mine.header_patients=ignore")
    assert "10 DICOM files name 5 patients in their headers; these ids are not used" in output
    assert none.isna().all()


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
    assert names == {f"images_{size}.{end}" for size in ("16x16", "24x24") for end in ("npy", "json")}


def test_the_documented_file_makes_a_cohort_of_class_folders(tmp_path):
    """What docs/own_images.md says, to the letter."""
    project = Project(tmp_path)
    page = (PROJECT / "docs/own_images.md").read_text(encoding="utf-8")
    block = page.partition("```yaml\n")[2].partition("```")[0]
    (tmp_path / "conf/local").mkdir(exist_ok=True)
    (tmp_path / "conf/local/parameters_cohorts.yml").write_text(block)
    rng = np.random.default_rng(0)
    for number in range(24):
        folder = tmp_path / "data/01_raw/my_images" / ("ill" if number % 2 else "healthy")
        folder.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / f"{number}.png"), (draw(rng, bool(number % 2)) // 16).astype(np.uint8))
    project.kedro("run", "--pipeline=mine_audit", "--params=image_size=32")
    splits = pd.read_parquet(tmp_path / "data/05_model_input/mine/patient_safe/splits.parquet")
    assert len(splits) == 24
    listed = project.kedro("cohorts").splitlines()
    assert next(line for line in listed if line.startswith("mine ")).split()[:4] == [
        "mine",
        "128x128",
        "2",
        "yes",
    ]
