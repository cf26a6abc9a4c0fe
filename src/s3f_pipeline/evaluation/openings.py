"""How often the images of a test set have been predicted: a figure from the 13th look says so.

The record is a file of JSON lines that only grows, one line per opening, for all cohorts and protocols: it
is images that are looked at, whatever image size, protocol or test set they stand in. No stage depends on it,
and what is lost of it cannot be made again.
"""

import json
import logging
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median_low
from typing import Any

from filelock import FileLock, Timeout

from s3f_pipeline.files import atomic_path

FILE_NAME = "test_openings.jsonl"
LOCK_NAME = ".test_openings.lock"
PATIENCE = 60.0
"""Seconds to wait for other processes that write to the record."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Opening:
    """One evaluation that has predicted a test set.

    Attributes:
        test_set: Hash of the files of the test images. Splits that differ in training and validation alone
            share it, and so do cohorts that differ in image size alone.
        variant: Which network looked.
        seed: Of the training.
        fold: Of the cross-validation, ``None`` outside of one.
        config_hash: Hash of the experiment's configuration.
        result: Hash of the predictions.
        splits_hash: Hash of the whole split.
        selection_split: Which split chose the epoch.
        mlflow_run_id: The run with the figures, ``None`` if MLflow has none.
        date: When it was, ISO 8601.
        images: Short hashes of the files of the test images, divided by spaces. In a record the first
            opening of a test set alone has them.
    """

    test_set: str
    variant: str
    seed: int
    fold: int | None
    config_hash: str
    result: str
    splits_hash: str
    selection_split: str
    mlflow_run_id: str | None
    date: str
    images: str = ""

    def is_same_look(self, other: "Opening") -> bool:
        """Whether both show the same predictions of the same experiment, so that one tells nothing new."""
        names = ("test_set", "variant", "seed", "fold", "config_hash", "result")
        return all(getattr(self, name) == getattr(other, name) for name in names)


def read_openings(lines: bytes) -> tuple[list[Opening], int]:
    """Read the content of a record.

    Returns:
        The openings, the oldest first, and how many lines are damaged.
    """
    openings, damaged = [], 0
    for line in lines.splitlines():
        try:
            openings.append(Opening(**json.loads(line)))
        except (TypeError, ValueError):
            damaged += 1
    return openings, damaged


def count_openings(before: Sequence[Opening], opening: Opening) -> dict[str, int]:
    """Count which look at its test images an opening is.

    Test sets that differ may share images. As many looks came before as more than half of these images have
    been in, whichever looks these were.

    Args:
        before: What the record holds, the oldest first.
        opening: Of now. A look that the record holds already keeps its number.

    Returns:
        ``by_variant`` and ``by_any_variant``, counted from 1.
    """
    images = {one.test_set: set(one.images.split()) for one in (*before, opening) if one.images}
    known = next((number for number, past in enumerate(before) if past.is_same_look(opening)), len(before))
    looks = before[:known]
    own_looks = [past for past in looks if past.variant == opening.variant]
    return {
        "by_variant": 1 + _earlier_looks(images, own_looks, opening.test_set),
        "by_any_variant": 1 + _earlier_looks(images, looks, opening.test_set),
    }


def _earlier_looks(images: Mapping[str, Set[str]], looks: Sequence[Opening], test_set: str) -> int:
    """The largest number of looks that more than half of the images of a test set have been in."""
    own = images[test_set]
    often = Counter(image for past in looks for image in own & images.get(past.test_set, set()))
    return median_low(often[image] for image in own)


def record_opening(folder: Path, opening: Opening) -> Mapping[str, Any]:
    """Add an opening to the record, unless it is there, and count.

    A record that cannot be read never stops an evaluation: the opening is added where that is possible, a
    warning names the file, and the counts are unknown.

    Args:
        folder: Where the record lies; processes that write at once wait for one another.
        opening: Of now.

    Returns:
        As ``count_openings``; both ``None`` where the record cannot be read or written.
    """
    path = folder / FILE_NAME
    try:
        with FileLock(folder / LOCK_NAME, timeout=PATIENCE):
            lines = path.read_bytes() if path.exists() else b""
            before, damaged = read_openings(lines)
            if not any(past.is_same_look(opening) for past in before):
                is_known = any(past.images and past.test_set == opening.test_set for past in before)
                _append(path, lines, replace(opening, images="") if is_known else opening)
            if damaged:
                raise ValueError(f"damaged lines: {damaged}")
            return count_openings(before, opening)
    except (OSError, ValueError, Timeout) as error:
        logger.warning(
            "How often the test set was opened before is not known: %s cannot be read or written (%s). Mend "
            "its damaged lines or restore it from a copy; results of this run are not affected.",
            path, error,
        )  # fmt: skip
        return {"by_variant": None, "by_any_variant": None}


def _append(path: Path, lines: bytes, opening: Opening) -> None:
    if lines and not lines.endswith(b"\n"):
        lines += b"\n"
    with atomic_path(path) as temporary:
        temporary.write_bytes(lines + json.dumps(asdict(opening)).encode() + b"\n")
