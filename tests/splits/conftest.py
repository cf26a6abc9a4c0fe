import hashlib
import importlib.util
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.images.phash import perceptual_hash
from s3f_pipeline.images.thumbnails import halve, thumbnail
from s3f_pipeline.splits.settings import TwinSettings

HEIGHT, WIDTH = 208, 176


def draw_slice(head: int, depth: float = 0.0) -> np.ndarray:
    """A head with a rim, organs and tissue texture; ``depth`` moves through it as slices do."""
    rng = np.random.default_rng(head)
    picture = np.zeros((HEIGHT, WIDTH), np.float32)
    centre, axes = (WIDTH // 2, HEIGHT // 2), (rng.integers(60, 76), rng.integers(78, 92))
    cv2.ellipse(picture, centre, tuple(map(int, axes)), 0, 0, 360, 200, -1)
    cv2.ellipse(picture, centre, tuple(int(a) - 6 for a in axes), 0, 0, 360, 90, -1)
    for _ in range(14):
        x, y = rng.normal(centre, (24, 30)) + depth * rng.normal(0, 10, 2)
        size = np.maximum(rng.integers(5, 26, 2) * (1 + depth * rng.normal(0, 0.4, 2)), 2)
        angle, brightness = rng.uniform(0, 180), rng.uniform(30, 190)
        box = ((float(x), float(y)), tuple(map(float, 2 * size)), float(angle))
        cv2.ellipse(picture, box, float(brightness), -1)
    tissue = cv2.GaussianBlur(rng.normal(size=picture.shape).astype(np.float32), (0, 0), 2.5)
    other = cv2.GaussianBlur(rng.normal(size=picture.shape).astype(np.float32), (0, 0), 2.5)
    texture = (np.cos(depth) * tissue + np.sin(depth) * other) * 120
    picture = np.where(picture > 0, picture + texture, rng.uniform(0, 4, picture.shape))
    return np.clip(cv2.GaussianBlur(picture.astype(np.float32), (0, 0), 0.8), 0, 255).astype(np.uint8)


def jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE)


def resized(image: np.ndarray, factor: float) -> np.ndarray:
    interpolation = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    return cv2.resize(image, None, fx=factor, fy=factor, interpolation=interpolation)


def levels(image: np.ndarray, gain: float, offset: float) -> np.ndarray:
    return np.clip(np.rint(image.astype(float) * gain + offset), 0, 255).astype(np.uint8)


def contrasted(image: np.ndarray, gain: float) -> np.ndarray:
    return levels(image, gain, image.mean() * (1 - gain))


def shifted(image: np.ndarray, right: float, down: float) -> np.ndarray:
    """By so many 256ths of the width and height; what comes into view is black."""
    height, width = image.shape
    move = np.array([[1, 0, right * width / 256], [0, 1, down * height / 256]])
    return cv2.warpAffine(image, move, (width, height))


def cropped(image: np.ndarray, share: float) -> np.ndarray:
    """Without ``share`` of the height and width at each side."""
    rows, columns = (round(share * length) for length in image.shape)
    return np.ascontiguousarray(image[rows : len(image) - rows, columns : image.shape[1] - columns])


DISTORTIONS = {
    "jpeg_90": lambda image: jpeg(image, 90),
    "jpeg_40": lambda image: jpeg(image, 40),
    "half_size": lambda image: resized(image, 0.5),
    "larger": lambda image: resized(image, 1.5),
    "brighter": lambda image: levels(image, 1.1, 0),
    "darker": lambda image: levels(image, 0.9, 0),
    "offset": lambda image: levels(image, 1, 25),
    "more_contrast": lambda image: contrasted(image, 1.1),
    "less_contrast": lambda image: contrasted(image, 0.9),
    "shift_right_down": lambda image: shifted(image, 3, 3),
    "shift_left": lambda image: shifted(image, -3, 1),
    "crop_1": lambda image: cropped(image, 0.01),
    "crop_2": lambda image: cropped(image, 0.02),
    "all_at_once": lambda image: jpeg(resized(levels(shifted(image, 1, -1), 1.05, 3), 0.8), 75),
}


@pytest.fixture(scope="session")
def slice_of_head():
    return draw_slice


@pytest.fixture(scope="session")
def distortions():
    """All ways of making a near twin, by name."""
    return DISTORTIONS


@pytest.fixture(params=DISTORTIONS)
def distortion(request):
    """Each way of making a near twin in turn."""
    return DISTORTIONS[request.param]


@pytest.fixture(scope="session")
def settings():
    return TwinSettings(unexplained=6, local_similarity=0.9)


@pytest.fixture(scope="session")
def indexed():
    """Turn images, by id, into an index and thumbnails as the ingestion does."""

    def build(images: dict[str, np.ndarray]) -> tuple[pd.DataFrame, np.ndarray]:
        halved = [halve(image[..., None])[..., 0] for image in images.values()]
        index = pd.DataFrame(
            {
                "image_id": list(images),
                "sha256": [hashlib.sha256(image.tobytes()).hexdigest() for image in images.values()],
                "phash": [perceptual_hash(image) for image in halved],
            }
        )
        return index, np.stack([thumbnail(image) for image in halved])

    return build


@pytest.fixture(scope="session")
def table():
    """An index from rows of (image_id, label, subject, official_split)."""

    def build(*rows: tuple[str, str, str | None, str | None]) -> pd.DataFrame:
        columns = ["image_id", "label", "subject", "official_split"]
        return pd.DataFrame(rows, columns=columns).astype("string")

    return build


@pytest.fixture(scope="session")
def pairs():
    """Twins from (first, second, kind) and, where it is another than ``same``, their relation."""

    def build(*rows: tuple[str, ...]) -> pd.DataFrame:
        told = [row if len(row) == 4 else (*row, "same") for row in rows]
        return pd.DataFrame(told, columns=["first", "second", "kind", "relation"]).astype("string")

    return build


@pytest.fixture(scope="session")
def straddle_benchmark():
    """The script that draws cohorts with hidden patients."""
    script = Path(__file__).parents[2] / "benchmarks" / "straddle.py"
    spec = importlib.util.spec_from_file_location("straddle_benchmark", script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def draw_cohort(straddle_benchmark):
    """Draw an index, thumbnails and groups of a cohort whose files are in the order of patients, or not."""

    def draw(seed=0, *, share=0.3, in_order=True, **options):
        rng = np.random.default_rng(seed)
        return straddle_benchmark.draw_cohort(rng, share=share, in_order=in_order, **options)

    return draw
