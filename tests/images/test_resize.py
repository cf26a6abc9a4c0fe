"""A second size: the same images in the same order, and nothing else is made again."""

import shutil

import numpy as np
import pytest

from s3f_pipeline.cohorts import list_files
from s3f_pipeline.errors import ImageError
from s3f_pipeline.images.ingest import ingest
from s3f_pipeline.images.resize import resize


@pytest.fixture
def folder(tmp_path, phantom_folder):
    return shutil.copytree(phantom_folder, tmp_path / "brisc2025")


@pytest.fixture
def ingested(tmp_path, folder, brisc):
    """The index of 35 images, because one is damaged, and their store at a size."""

    def run(**settings):
        damaged = next((folder / "classification_task/train/glioma").iterdir())
        damaged.write_bytes(damaged.read_bytes()[:100])
        return ingest(
            list_files("brisc", folder, brisc.classes),
            folder,
            **settings,
            store=tmp_path / "first.npy",
            thumbnails=tmp_path / "thumbnails.npy",
            max_rejected_share=0.1,
        )

    return run


@pytest.mark.parametrize("aspect", ["stretch", "pad"])
@pytest.mark.parametrize("color", ["grey", "rgb"])
def test_the_store_is_the_one_that_the_first_pass_writes(ingested, folder, tmp_path, color, aspect):
    settings = {"image_size": (24, 32), "color": color, "aspect": aspect}
    index = ingested(**settings).index
    resize(index, folder, **settings, store=tmp_path / "again.npy", workers=2)
    assert len(index) == 35
    assert (tmp_path / "again.npy").read_bytes() == (tmp_path / "first.npy").read_bytes()


def test_no_result_but_the_store_depends_on_the_size(ingested, tmp_path):
    small = ingested(image_size=(8, 8), color="grey")
    thumbnails = (tmp_path / "thumbnails.npy").read_bytes()
    large = ingested(image_size=(48, 64), color="grey")
    assert small.index.equals(large.index)
    assert small.findings == large.findings
    assert thumbnails == (tmp_path / "thumbnails.npy").read_bytes()
    assert np.load(large.store).shape == (35, 48, 64, 1)


@pytest.mark.parametrize("content", ["other image", "cut off", "gone"])
def test_an_image_that_is_not_the_one_of_the_index_is_named(ingested, folder, tmp_path, content):
    index = ingested(image_size=(8, 8), color="grey").index
    path, other = (folder / index["path"].iloc[number] for number in (7, 8))
    if content == "gone":
        path.unlink()
    else:
        path.write_bytes(other.read_bytes()[: None if content == "other image" else 200])
    with pytest.raises(ImageError, match=rf"{path} is not what it was when .*force=true"):
        resize(index, folder, image_size=(16, 16), color="grey", store=tmp_path / "again.npy")
    assert not (tmp_path / "again.npy").exists()
