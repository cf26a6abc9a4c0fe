"""Packages of others that decide what a stage writes, with their versions."""

import os
from collections.abc import Collection
from functools import cache
from importlib import metadata
from importlib.metadata import PackageNotFoundError

from s3f_pipeline.errors import ConfigError

DECISIVE = {
    "PIL": "pillow",
    "cv2": "opencv-python-headless",
    "faiss": "faiss-cpu",
    "h5py": "h5py",
    "keras": "keras",
    "matplotlib": "matplotlib",
    "numpy": "numpy",
    "pydicom": "pydicom",
    "scipy": "scipy",
    "sklearn": "scikit-learn",
}
"""By the name under which they are imported; docs/finished.md says why these."""
BACKEND = "backend"

version = cache(metadata.version)


def versions_of(imported: Collection[str]) -> dict[str, str]:
    """Versions of the decisive packages among those that are imported.

    Returns:
        By distribution; ``none`` where it is not installed. Where Keras is one of them, ``backend`` is the
        Keras backend with its version.

    Raises:
        ConfigError: If the backend is not installed.
    """
    versions = {name: _version(name) for key, name in DECISIVE.items() if key in imported}
    if "keras" in versions:
        versions[BACKEND] = _backend()
    return versions


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


def _backend() -> str:
    name = os.environ["KERAS_BACKEND"]
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError as error:
        raise ConfigError(
            f"KERAS_BACKEND is '{name}', which is not installed. Take tensorflow or jax."
        ) from error
