"""Bundles of small networks that were not trained."""

import json
import shutil
from functools import cache
from pathlib import Path

import keras
import numpy as np
from result_files import metrics_file, split_metrics, training_file
from uncertainty_files import uncertainty_file

from s3f_pipeline.bundle.contents import CHECKSUMS, MODEL, PREPROCESSING, write_bundle
from s3f_pipeline.bundle.making import Description, Pixels, make_bundle
from s3f_pipeline.bundle.preprocessing import InputFormat
from s3f_pipeline.files import sha256_of
from s3f_pipeline.images.thumbnails import thumbnail
from s3f_pipeline.models import build_model
from s3f_pipeline.results import RunId
from s3f_pipeline.results.metrics import Metrics
from s3f_pipeline.results.training import TrainingFacts

SHAPE = (16, 16, 1)
CLASSES = ("a", "b")


def images_of(count: int, *, seed: int = 0, shape=SHAPE) -> np.ndarray:
    """Blurred noise, uint8 (count, H, W, C)."""
    noise = np.random.default_rng(seed).uniform(0, 255, (count, *shape))
    smooth = (
        noise + np.roll(noise, 1, axis=1) + np.roll(noise, 1, axis=2) + np.roll(noise, (1, 1), axis=(1, 2))
    )
    return np.rint(smooth / 4).astype(np.uint8)


@cache
def network(seed: int = 0, outputs: int = 2, shape=SHAPE) -> keras.Model:
    """A network whose probabilities differ from image to image, and from seed to seed."""
    keras.utils.set_random_seed(seed)
    model = build_model("spatial", shape, outputs)
    logits = model.get_layer("logits")
    logits.set_weights([1000 * weights for weights in logits.get_weights()])
    return model


def description(**changed) -> Description:
    told = {
        "name": "c_v", "network": "spatial", "input": InputFormat("grey", SHAPE[:2], "stretch", None),
        "class_titles": {"a": "class A"}, "positive_class": None, "title": "A cohort",
        "licence": "CC BY 4.0", "citation": "Somebody, 2025", "source": "somewhere",
        "card": {"population": "People *like* us", "dates": None},
    }  # fmt: skip
    return Description(**{**told, **changed})


def metrics_of(*, synthetic: bool, positive: bool = False, validation: int = 60) -> Metrics:
    blocks = uncertainty_file(is_binary=positive, validation=validation)
    content = {**metrics_file(RunId("c", "p", "v", 0)), "test": split_metrics(), **blocks}
    return Metrics.of({**content, "synthetic": synthetic}, "metrics.json")


def files_of(
    *,
    synthetic=False,
    positive=False,
    training=40,
    validation=60,
    seed=0,
    shape=SHAPE,
    imported=None,
    **described,
) -> dict[str, bytes]:
    """The files of a bundle without network and checksums."""
    images = images_of(training + validation, shape=shape)
    thumbnails = np.stack([thumbnail(image[..., 0]) for image in images])
    rows = np.arange(len(images))
    return make_bundle(
        network(seed, 1 if positive else 2, shape),
        Pixels(images, thumbnails, rows[:training], rows[training:], {"grey 8-bit": training}),
        description(positive_class="b" if positive else None, **described),
        TrainingFacts.of({**training_file(RunId("c", "p", "v", 0)), "imported": imported}, "training.json"),
        metrics_of(synthetic=synthetic, positive=positive, validation=validation),
    )


def write(folder: Path, *, seed=0, positive=False, shape=SHAPE, **how) -> Path:
    """Write a bundle below a folder, and return its own folder."""
    model = folder / MODEL
    network(seed, 1 if positive else 2, shape).save(model)
    files = files_of(seed=seed, positive=positive, shape=shape, **how)
    write_bundle(folder / "bundle", model, files)
    return folder / "bundle"


def copy(bundle: Path, folder: Path) -> Path:
    """A copy that shares no bytes, so that a test may change it."""
    return Path(shutil.copytree(bundle, folder / "copy"))


def edit_preprocessing(bundle: Path, edit) -> None:
    """Change what a bundle says of itself, checksums included, as someone would who knows how."""
    path = bundle / PREPROCESSING
    content = json.loads(path.read_text())
    edit(content)
    path.write_text(json.dumps(content))
    renew(bundle, PREPROCESSING)


def renew(bundle: Path, name: str) -> None:
    """Make the checksum of a file that of its content now."""
    path = bundle / CHECKSUMS
    content = json.loads(path.read_text())
    content["sha256"][name] = sha256_of(bundle / name)
    path.write_text(json.dumps(content))
