import hashlib

import cv2
import numpy as np

from s3f_pipeline.acquisition.phantoms import draw_head, draw_phantoms
from s3f_pipeline.config.schema import PhantomsConfig


def digests(folder):
    return {
        path.relative_to(folder): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*.jpg")
    }


def test_the_same_seed_draws_the_same_images(tmp_path, brisc):
    few = PhantomsConfig(images_per_class={"train": 2, "test": 1}, seed=3)
    draw_phantoms(tmp_path / "a", brisc, few)
    draw_phantoms(tmp_path / "b", brisc, few)
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    assert len(digests(tmp_path / "a")) == 12


def test_tumours_are_bright(brisc):
    def bright(label):
        heads = [draw_head(label, "ax", np.random.default_rng(seed)) for seed in range(5)]
        return np.mean([(cv2.erode(head, np.ones((7, 7))) > 190).sum() for head in heads])

    assert bright("meningioma") > 100 > bright("no_tumor")
