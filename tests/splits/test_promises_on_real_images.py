"""No subject and no copy on two sides: an independent check on the real archives.

The splits are the pipeline's. What is checked of them is found here by other means: subjects are read from
the sources, copies are found by comparing all pairs of images in all eight flips and right-angle rotations.

A copy is a pair of images whose 48×48 grey thumbnails correlate at .99 or above in one of the orientations,
and whose 96×96 thumbnails, after a fit of brightness and contrast, differ in the mean by at most .16 of an
image's standard deviation, so that smooth images that agree in their shading alone are none.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import cv2
import numpy as np
import pandas as pd
import pytest
from end_to_end_project import Project

from s3f_pipeline.pipelines.splitting.nodes import split

SMALL, LARGE = 48, 96
LEAST_CORRELATION = 0.99
MOST_DIFFERENCE = 0.16
CHUNK = 1000
FOLDS = range(5)
ARCHIVES = {
    "brisc": "brisc2025",
    "chest": "chest_xray",
    "busi": "busi",
    "ham": "ham10000",
    "dermamnist_reconstructed": "dermamnist_reconstructed",
}
SUBJECTS = {"brisc": 204, "chest": 4097, "busi": 0, "ham": 7470, "dermamnist_reconstructed": 7470}

pytestmark = [pytest.mark.real_data, pytest.mark.long]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A copy of the project, in which audits are run."""
    return Project(tmp_path_factory.mktemp("promises"))


@pytest.mark.parametrize("cohort", ARCHIVES)
def test_no_subject_and_no_copy_is_on_two_sides(cohort, archives, runs, load_config):
    sides = sides_of(cohort, archives, runs, load_config)
    subjects = subjects_of(cohort, archives, sides["patient_safe"].index)
    assert subjects.nunique() == SUBJECTS[cohort]
    copies = find_copies(dict(pictures_of(cohort, archives)))
    assert len(copies) > 20
    for name, side in sides.items():
        assert {"train", "validation", "test"} <= set(side), name
        kept = side[side != "excluded"]
        torn = kept.groupby(subjects.reindex(kept.index)).nunique()
        assert torn[torn > 1].index.tolist() == [], name
        first, second = (kept.reindex(copies[column]).to_numpy(object) for column in ("first", "second"))
        is_torn = pd.notna(first) & pd.notna(second) & (first != second)
        assert copies[is_torn].to_dict("records") == [], name


def test_a_planted_copy_is_found_and_a_neighbour_is_not(slice_of_head):
    images = {f"head {number}": slice_of_head(number) for number in range(5)}
    for turns in range(4):
        for name, flipped in {"": images["head 0"], " mirrored": images["head 0"][:, ::-1]}.items():
            brighter = np.clip(np.rot90(flipped, turns) * 0.9 + 5, 0, 255).astype(np.uint8)
            images[f"turned {turns}{name}"] = brighter
    copies = find_copies(images | {"neighbour": slice_of_head(0, 1.0)})
    assert set(copies["first"]) | set(copies["second"]) == {
        "head 0", *(name for name in images if name.startswith("turned"))
    }  # fmt: skip
    assert len(copies[["first", "second"]].drop_duplicates()) == 9 * 8 / 2


def sides_of(cohort: str, archives: Path, runs: Project, load_config) -> dict[str, pd.Series]:
    """The side of each image in the split and in every fold, as the pipeline makes them."""
    runs.kedro("run", f"--pipeline={cohort}_audit", "--params=image_size=32", S3F_ARCHIVES=str(archives))
    data = runs.root / "data"
    index = pd.read_parquet(data / "02_intermediate" / cohort / "index.parquet")
    groups = pd.read_parquet(data / "05_model_input" / cohort / "groups.parquet")
    made = {"patient_safe": pd.read_parquet(data / "05_model_input" / cohort / "patient_safe/splits.parquet")}
    loader = load_config()
    splitting = loader.parameter(f"{cohort}.splitting")
    for fold in FOLDS:
        settings = splitting.model_copy(update={"fold": fold})
        made[f"fold {fold}"] = split(
            "patient_safe", loader.parameter(f"{cohort}.data"), settings, index, groups
        )
    return {name: table.set_index("image_id")["split"].astype(object) for name, table in made.items()}


def subjects_of(cohort: str, archives: Path, images: pd.Index) -> pd.Series:
    """Patient or lesion of each image by id, read from where it is published; unknown ones are left out."""
    if cohort == "brisc":
        table = read_csv(archives / "brisc_patients.zip", "brisc_patients/brisc_patients.csv")
        known = table.dropna(subset="patient_group")
        return known.set_index(known["image"].map(stem))["patient_group"]
    if cohort == "chest":
        known = {
            image: re.match(r"person\d+_(?:bacteria|virus)|(?:NORMAL2-)?IM-\d+", image) for image in images
        }
        return pd.Series({image: found[0] for image, found in known.items() if found})
    if cohort == "ham":
        table = read_csv(archives / "ham10000.zip", "HAM10000/HAM10000_metadata.csv")
        return table.set_index("image_id")["lesion_id"]
    if cohort == "dermamnist_reconstructed":
        table = read_csv(archives / f"{cohort}.zip", f"{cohort}/dermamnist_split.csv")
        position = table["index"].astype(int).map("{:05d}".format)
        return table.set_index(table["split"] + "_" + position)["lesion_id"]
    return pd.Series(dtype=str)


def read_csv(archive: Path, name: str) -> pd.DataFrame:
    with zipfile.ZipFile(archive) as opened:
        return pd.read_csv(io.BytesIO(opened.read(name)), dtype=str)


def stem(path: str) -> str:
    return PurePosixPath(path).stem


def pictures_of(cohort: str, archives: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Yield id and grey pixels of every image of an archive."""
    with zipfile.ZipFile(archives / f"{ARCHIVES[cohort]}.zip") as archive:
        for name in archive.namelist():
            if name.endswith(".npz"):
                arrays = np.load(io.BytesIO(archive.read(name)))
                for part in ("train", "val", "test"):
                    for number, image in enumerate(arrays[f"{part}_images"]):
                        yield f"{part}_{number:05d}", cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
            elif name.endswith((".jpg", ".jpeg", ".png")) and "_mask" not in name:
                data = np.frombuffer(archive.read(name), np.uint8)
                yield stem(name), cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)


def find_copies(images: dict[str, np.ndarray]) -> pd.DataFrame:
    """Compare all pairs: ``first``, ``second``, ``orientation``, ``correlation`` of each that is a copy."""
    names = np.array(list(images))
    small = np.stack([shrink(image, SMALL) for image in images.values()])
    large = np.stack([shrink(image, LARGE) for image in images.values()])
    found = []
    vectors = standardised(small)
    for orientation in range(8):
        turned = standardised(oriented(small, orientation))
        for start in range(0, len(names), CHUNK):
            alike = vectors[start : start + CHUNK] @ turned[start:].T / SMALL**2
            first, second = start + np.array(np.nonzero(np.triu(alike >= LEAST_CORRELATION, 1)))
            if not len(first):
                continue
            difference = differences(large[first], oriented(large[second], orientation))
            is_copy = difference <= MOST_DIFFERENCE
            table = {
                "first": names[first],
                "second": names[second],
                "orientation": orientation,
                "correlation": alike[first - start, second - start],
                "difference": difference,
            }
            found.append(pd.DataFrame(table)[is_copy])
    return pd.concat(found, ignore_index=True)


def shrink(image: np.ndarray, side: int) -> np.ndarray:
    return cv2.resize(image.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA)


def oriented(images: np.ndarray, orientation: int) -> np.ndarray:
    """One of the eight flips and right-angle rotations of images, (N, S, S)."""
    flipped = images[:, :, ::-1] if orientation >= 4 else images
    return np.rot90(flipped, orientation % 4, (1, 2))


def standardised(images: np.ndarray) -> np.ndarray:
    """Images as rows of mean 0 and variance 1."""
    rows = images.reshape(len(images), -1)
    centred = rows - rows.mean(axis=1, keepdims=True)
    return centred / np.maximum(centred.std(axis=1, keepdims=True), 1e-6)


def differences(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Mean absolute difference after a linear fit of grey values, in standard deviations; shape (N,)."""
    a, b = standardised(first), standardised(second)
    slope = (a * b).mean(axis=1, keepdims=True)
    return np.abs(a - slope * b).mean(axis=1)
