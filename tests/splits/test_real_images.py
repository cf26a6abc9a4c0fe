"""Twins planted in real images: how many are found, and what is found besides; real names and their order."""

import zipfile

import cv2
import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.splits.sequence import orders_of
from s3f_pipeline.splits.twins import find_twins

IMAGES = 60
ARCHIVES = {
    "brisc2025": "brisc2025/classification_task/train/",
    "busi": "Dataset_BUSI_with_GT/",
    "chest_xray": "chest_xray/train/",
    "ham10000": "HAM10000/images/",
}

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module", params=ARCHIVES)
def pictures(request, archives):
    """Some images of an archive, spread over all of its classes."""
    with zipfile.ZipFile(archives / f"{request.param}.zip") as archive:
        names = sorted(
            name
            for name in archive.namelist()
            if name.startswith(ARCHIVES[request.param])
            and name.endswith((".jpg", ".jpeg", ".png"))
            and "_mask" not in name
        )
        chosen = np.random.default_rng(0).choice(names, IMAGES, replace=False)
        data = [np.frombuffer(archive.read(name), np.uint8) for name in chosen]
    return [cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE) for encoded in data]


def test_nearly_all_planted_twins_are_found(pictures, distortion, indexed, settings):
    originals = {f"a{number:02d}": picture for number, picture in enumerate(pictures)}
    copies = {f"b{number:02d}": distortion(picture) for number, picture in enumerate(pictures)}
    twins = find_twins(*indexed(originals | copies), settings)
    is_planted = twins["first"].str[1:] == twins["second"].str[1:]
    assert is_planted.sum() >= 0.97 * IMAGES


NUMBERS = {
    "brisc2025": r"_(\d{5})_",
    "busi": r"\((\d+)\)",
    "chest_xray": r"(?:IM-|bacteria_|virus_)(\d+)",
    "ham10000": r"ISIC_(\d+)",
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_real_names_have_the_one_order_of_their_running_number(archives, name):
    with zipfile.ZipFile(archives / f"{name}.zip") as archive:
        found = [path for path in archive.namelist() if path.endswith((".jpg", ".jpeg", ".png"))]
    paths = pd.Series([path for path in found if "_mask" not in path and "segmentation" not in path])
    folder = paths.str.rsplit("/", n=1).str[0]
    index = pd.DataFrame({"image_id": paths, "path": paths, "label": folder, "official_split": None})
    orders = orders_of(index.astype("string"))
    assert list(orders) == [1]
    table = orders[1].assign(number=paths.str.extract(NUMBERS[name])[0].astype(int))
    assert table["rank"].notna().all()
    for _, files in table.groupby("pattern"):
        assert files.sort_values("rank")["number"].is_monotonic_increasing
