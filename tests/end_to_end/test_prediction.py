"""A finished experiment is put to use: bundle and prediction, as a user types them."""

import json
import shutil
import zipfile

import pandas as pd
import pytest

from s3f_pipeline.bundle.opening import open_bundle

pytestmark = pytest.mark.slow
IMAGES = "data/demo/01_raw/brisc2025/classification_task"


def predict(project, params, *, succeeds=True):
    return project.kedro("run", "--env=demo", "--pipeline=predict", f"--params={params}", succeeds=succeeds)


def results(project, name):
    folder = project.demo / "07_model_output/predictions" / name
    return pd.read_parquet(folder / "predictions.parquet"), json.loads(
        (folder / "prediction.json").read_text()
    )


@pytest.fixture(scope="module")
def predicted(project):
    return predict(project, f"model=brisc_bilinear,images={IMAGES},label=folder,name=labelled")


def test_a_finished_experiment_has_a_bundle(project):
    folder = project.demo / "06_models" / project.run_folder / "bundle"
    says = open_bundle(folder).preprocessing
    assert (says.name, says.trained_on.synthetic) == ("brisc_bilinear", True)
    assert f"Bundle: {folder}" in project.first_output.replace("\n", "")


def test_predictions_are_those_of_the_evaluation(project, predicted):
    """The same images, once from raw files with the bundle, once from the image store."""
    table, summary = results(project, "labelled")
    evaluated = pd.read_parquet(
        project.demo / "07_model_output" / project.run_folder / "predictions.parquet"
    ).set_index("image_id")
    table["image_id"] = table["image"].str.extract(r"([^/]+)\.\w+$")
    both = table[table["image_id"].isin(evaluated.index)].set_index("image_id")
    assert len(both) > 20
    expected = evaluated.loc[both.index]
    for name in summary["classes"]:
        for column in (f"p_{name}", f"calibrated_{name}"):
            assert both[column].to_numpy() == pytest.approx(expected[column].to_numpy(), abs=0.02)
    assert summary["evaluation"]["metrics"]["n"] == len(table) == summary["listed"]


def test_training_images_are_known_again(project, predicted):
    table, _ = results(project, "labelled")
    splits = pd.read_parquet(project.demo / "05_model_input/brisc/patient_safe/splits.parquet")
    split = splits.set_index("image_id")["split"]
    of_training = table["image"].str.extract(r"([^/]+)\.\w+$")[0].map(split) == "train"
    assert of_training.any()
    assert (table.loc[of_training, "twin_bits"] == 0).all()
    assert table.loc[of_training, "nearest_distance"].max() < table["nearest_distance"].max() / 4


def test_the_output_tells_what_came_out(predicted):
    for words in ("Predicted 128 of 128 images", "Against the labels: accuracy", "Table: ", "Page:  "):
        assert words in predicted


def test_a_bundle_is_enough_wherever_it_lies(project, tmp_path):
    """A copy of the bundle, a zip file, a broken image."""
    bundle = shutil.copytree(project.demo / "06_models" / project.run_folder / "bundle", tmp_path / "given")
    with zipfile.ZipFile(tmp_path / "images.zip", "w") as archive:
        for path in sorted((project.root / IMAGES / "test/glioma").iterdir())[:3]:
            archive.write(path, path.name)
        archive.writestr("broken.png", b"no image")
    output = predict(project, f"model={bundle},images={tmp_path / 'images.zip'}")
    assert "1 images could not be read and have no prediction, such as broken.png" in output
    table, summary = results(project, "given_images.zip")
    assert len(table) == 3
    assert [each["path"] for each in summary["unreadable"]] == ["broken.png"]
    again = predict(project, f"model={bundle},images={tmp_path / 'images.zip'}")
    assert "Predicted 3 of 4 images (3 of them by an earlier run)" in again
    folder = project.demo / "07_model_output/predictions/given_images.zip"
    assert not (folder / ".unpacked").exists()


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ("model=brisc_bilinear", "images is not named"),
        (f"model=brisc_spatial,images={IMAGES}", "--env=demo --pipeline=brisc_spatial --params=seed=0"),
        ("model=brisc_bilinear,images=nowhere", "images=nowhere: there is no such file or folder"),
    ],
)
def test_what_is_wrong_is_one_message(project, params, told):
    output = predict(project, params, succeeds=False)
    assert told in " ".join(output.split())
    assert "Traceback" not in output
