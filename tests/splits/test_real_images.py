"""Twins planted in real images: how many are found, and what is found besides."""

import zipfile

import cv2
import numpy as np
import pytest

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
