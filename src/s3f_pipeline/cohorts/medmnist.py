"""MedMNIST (Yang et al., Scientific Data 10, 41, 2023): all images of a cohort in one NumPy archive.

``<flag>.npz`` (28 pixels) or ``<flag>_{64,128,224}.npz``, with ``{train,val,test}_images`` of shape (N, H, W)
or (N, H, W, 3), uint8, and ``{train,val,test}_labels`` of shape (N, 1). Labels are numbers. Beside it a user
may put the list of DermaMNIST's images, ``dermamnist_split.csv``, which names their lesions.
"""

import math
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd

from s3f_pipeline.cohorts.listing import COLUMNS, count_passed_over, files_below
from s3f_pipeline.cohorts.medmnist_lesions import SPLIT_LIST, read_lesions
from s3f_pipeline.cohorts.split_names import PUBLISHED_SPLITS
from s3f_pipeline.errors import CohortError
from s3f_pipeline.images.numpy_files import UNREADABLE, read_array_header

ORGANS = (
    "bladder", "femur_left", "femur_right", "heart", "kidney_left", "kidney_right", "liver", "lung_left",
    "lung_right", "pancreas", "spleen",
)  # fmt: skip
LABELS = {
    "bloodmnist": (
        "basophil", "eosinophil", "erythroblast", "immature_granulocyte", "lymphocyte", "monocyte",
        "neutrophil", "platelet",
    ),
    "breastmnist": ("malignant", "normal_benign"),
    "dermamnist": (
        "actinic_keratosis", "basal_cell_carcinoma", "benign_keratosis", "dermatofibroma", "melanoma",
        "melanocytic_nevus", "vascular_lesion",
    ),
    "organcmnist": ORGANS,
    "organsmnist": ORGANS,
    "pneumoniamnist": ("normal", "pneumonia"),
}  # fmt: skip
"""Class names by number (medmnist 3.0.2), with underscores."""


def list_files(folder: Path, classes: Sequence[str]) -> pd.DataFrame:
    """List every image of the archive. Labels are read, images are not.

    Args:
        folder: The raw folder, with one ``.npz`` file.
        classes: Class names, in any order.

    Returns:
        The columns of every layout; ``image_id`` is ``train_00012``, ``path``
        ``breastmnist.npz/train_images/00012``, and ``subject`` the lesion where ``dermamnist_split.csv``
        lies beside an archive of DermaMNIST, else null.

    Raises:
        CohortError: If there is not one archive, it cannot be read, an array is missing or has another
            type, or a shape that does not fit the file's name, the classes are others, or the list of
            lesions contradicts the archive.
    """
    files = files_below(folder)
    archives = [path for path in files if "/" not in path and path.endswith(".npz")]
    if len(archives) != 1:
        found = ", ".join(archives) or "none"
        raise CohortError(f"{folder} must have one .npz file, and has {found}. Leave the one that you mean.")
    path = folder / archives[0]
    names = _class_names(path, classes)
    try:
        with zipfile.ZipFile(path) as archive:
            tables = [_list_split(path, archive, split, names) for split in PUBLISHED_SPLITS]
    except UNREADABLE as error:
        raise CohortError(f"Cannot read {path}: {error}. Get it again.") from error
    table = pd.concat(tables, ignore_index=True)
    known = {path.name}
    if SPLIT_LIST in files and flag_and_size(path.name)[0] == "dermamnist":
        table["subject"] = read_lesions(folder / SPLIT_LIST, table)
        known.add(SPLIT_LIST)
    table.attrs["passed_over"] = count_passed_over(set(files) - known, lambda _: "other files")
    return table


def flag_and_size(name: str) -> tuple[str, int]:
    """Read ``breastmnist_64.npz`` as ``("breastmnist", 64)``; without a number the size is 28 pixels."""
    stem = name.removesuffix(".npz")
    found = re.fullmatch(r"(.+)_(64|128|224)", stem)
    return (found[1], int(found[2])) if found else (stem, 28)


def _class_names(path: Path, classes: Sequence[str]) -> tuple[str, ...]:
    flag, _ = flag_and_size(path.name)
    if flag not in LABELS:
        raise CohortError(f"{path} is none of the MedMNIST files {', '.join(LABELS)}. Correct its name.")
    if set(classes) != set(LABELS[flag]):
        raise CohortError(
            f"The classes of {path} are {', '.join(LABELS[flag])}, and those of the cohort "
            f"{', '.join(classes)}. Use the former, in any order."
        )
    return LABELS[flag]


def _list_split(path: Path, archive: zipfile.ZipFile, split: str, names: tuple[str, ...]) -> pd.DataFrame:
    images, labels = f"{split}_images", f"{split}_labels"
    count = _count_images(path, archive, images)
    numbers = _read_labels(path, archive, labels, count)
    if len(numbers) and not 0 <= numbers.min() <= numbers.max() < len(names):
        raise CohortError(
            f"{labels} of {path} are numbers from {numbers.min()} to {numbers.max()}; "
            f"expected are 0 to {len(names) - 1}. Get it again."
        )
    rows = [
        (
            f"{split}_{number:05d}",
            f"{path.name}/{images}/{number:05d}",
            names[label],
            None,
            PUBLISHED_SPLITS[split],
        )
        for number, label in enumerate(numbers)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype="string")


def _count_images(path: Path, archive: zipfile.ZipFile, member: str) -> int:
    with _open(path, archive, member) as file:
        header = read_array_header(file)
    shape, dtype = header.shape, header.dtype
    if archive.getinfo(f"{member}.npy").file_size < math.prod(shape) * dtype.itemsize:
        raise CohortError(f"{member} of {path} is cut off: it has fewer bytes than its shape. Get it again.")
    is_grey, is_rgb = len(shape) == 3, len(shape) == 4 and shape[-1] == 3
    if dtype != np.uint8 or not (is_grey or is_rgb):
        raise CohortError(
            f"{member} of {path} has shape {shape} and type {dtype}; expected is (N, H, W) or (N, H, W, 3) "
            f"of uint8. Get it again."
        )
    _, size = flag_and_size(path.name)
    if shape[1:3] != (size, size):
        raise CohortError(
            f"{member} of {path} are {shape[1]}x{shape[2]} pixels, but a file of this name has "
            f"{size}x{size}. Correct its name, or get it again."
        )
    return int(shape[0])


def _read_labels(path: Path, archive: zipfile.ZipFile, member: str, count: int) -> np.ndarray:
    """Read the labels of ``count`` images, after a look at how many there are said to be."""
    with _open(path, archive, member) as file:
        header = read_array_header(file)
    if len(header.shape) != 2 or header.shape[1] != 1 or header.dtype.kind not in "ui":
        raise CohortError(
            f"{member} of {path} has shape {header.shape} and type {header.dtype}; expected is (N, 1) of "
            f"whole numbers. Get it again."
        )
    if header.shape[0] != count:
        raise CohortError(
            f"{path} has {count} {member.replace('_labels', '_images')} but {header.shape[0]} {member}. "
            f"Get it again."
        )
    with _open(path, archive, member) as file:
        return np.asarray(np.lib.format.read_array(file, allow_pickle=False)[:, 0])


def _open(path: Path, archive: zipfile.ZipFile, member: str) -> IO[bytes]:
    try:
        return archive.open(f"{member}.npy")
    except KeyError as error:
        expected = ", ".join(f"{split}_images, {split}_labels" for split in PUBLISHED_SPLITS)
        raise CohortError(
            f"{path} has no array {member}. Expected are {expected}; it has "
            f"{', '.join(name.removesuffix('.npy') for name in archive.namelist())}."
        ) from error
