import cv2
import made_bundles
import pytest

from s3f_pipeline.prediction.ensemble import Ensemble


@pytest.fixture(scope="session")
def bundles(tmp_path_factory):
    """Bundles of two networks of one experiment."""
    root = tmp_path_factory.mktemp("predicting")
    folders = [root / f"seed-{seed}" for seed in (0, 1)]
    for seed, folder in enumerate(folders):
        folder.mkdir()
        made_bundles.write(folder, seed=seed)
    return [folder / "bundle" for folder in folders]


@pytest.fixture
def one(bundles):
    return Ensemble.open(bundles[:1])


@pytest.fixture
def two(bundles):
    return Ensemble.open(bundles)


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Twelve images of other sizes than the input, in folders named after the classes."""
    root = tmp_path_factory.mktemp("images")
    images = made_bundles.images_of(12, seed=3, shape=(40, 50, 1))
    for number, image in enumerate(images):
        path = root / made_bundles.CLASSES[number % 2] / f"{number:02d}.png"
        path.parent.mkdir(exist_ok=True)
        cv2.imwrite(str(path), image)
    return root
